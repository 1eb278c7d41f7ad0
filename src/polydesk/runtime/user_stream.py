"""The user stream of a live desk: kept up, read, and passed on with the markets it needs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from polydesk.domain.ids import TokenId
from polydesk.domain.venue import VenueFill, VenueOrder
from polydesk.errors import PolydeskError, SignerLost, SignerRefused, WireError
from polydesk.execution import inputs as told
from polydesk.ports import Clock
from polydesk.runtime.control import encode_status
from polydesk.runtime.desk import Desk
from polydesk.runtime.known_markets import KnownMarkets
from polydesk.signer.client import SignerProcess
from polydesk.signer.line_client import LineSource, UserLineProcess
from polydesk.signer.line_messages import LineStart
from polydesk.venues.polymarket.wire.user import OwnIdentity, read_user_frame

AGAIN_S: Final = 2.0
"""Before another line is started, or the catalogue is asked again."""
Heard = told.UserOrderSeen | told.UserFillSeen


class UserStream:
    """Keeps the user line; what it says goes to the executor."""

    def __init__(
        self,
        desk: Desk,
        markets: KnownMarkets,
        clock: Clock,
        own: OwnIdentity,
        *,
        tell: Callable[[told.Input], None],
        start: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """Take whom to tell.

        Args:
            desk: Shows what cannot be read.
            markets: Learns the rows of unknown tokens.
            clock: The desk's.
            own: By what rows are known to be ours.
            tell: Takes what was heard.
            start: Does something beside.
        """
        self._desk = desk
        self._markets = markets
        self._clock = clock
        self._own = own
        self._tell = tell
        self._start = start

    async def keep(self, signer: SignerProcess, source: LineSource, url: str) -> None:
        """Keep a line running until cancelled, or until the signer has ended.

        Args:
            signer: Writes each new line's subscription.
            source: The pipe between the two.
            url: Of the user socket.
        """
        while True:
            try:
                await self._subscribe(signer)
                line = UserLineProcess.start(
                    source, LineStart(url=url), on_text=self.on_text, on_change=self._on_line
                )
            except (PolydeskError, OSError) as error:
                self._on_line(0, False, str(error))
                if isinstance(error, SignerLost) and not signer.is_alive:
                    return
            else:
                try:
                    await line.lost.wait()
                finally:
                    await line.close()
            await self._clock.sleep(AGAIN_S)

    async def _subscribe(self, signer: SignerProcess) -> None:
        """Have the subscription written. If it is refused, the pipe may be full of earlier ones.

        A line that dies early leaves its own unread, and the next line can use that.
        """
        try:
            await signer.subscribe_user()
        except SignerRefused as error:
            self._on_line(0, False, str(error))

    def _on_line(self, _: int, up: bool, detail: str) -> None:
        now = self._clock.now_ns()
        self._desk.runner.put(encode_status("user", up, now, detail))
        self._tell(told.UserLineChanged(up, detail))

    def on_text(self, _: int, text: bytes) -> None:
        """Take a text of the user socket."""
        source = self._desk.source
        source.note_traffic("user", self._clock.now_ns())
        try:
            rows = read_user_frame(text, self._own)
        except WireError as error:
            source.notify("warning", f"The user stream sent what cannot be read: {error}")
            return
        for reason in rows.broken:
            source.notify("warning", f"The user stream sent a malformed row: {reason}")
        inputs = [_heard(row) for row in rows.rows]
        missing = self._markets.missing(map(_token, inputs))
        if missing:
            self._start(self._tell_known(inputs, missing))
        else:
            self._tell_all(inputs)

    async def _tell_known(self, inputs: Sequence[Heard], missing: Sequence[TokenId]) -> None:
        while not await self._markets.learn(missing):
            await self._clock.sleep(AGAIN_S)
        self._tell_all(inputs)

    def _tell_all(self, inputs: Sequence[Heard]) -> None:
        for given in inputs:
            self._tell(given)


def _heard(row: VenueOrder | VenueFill) -> Heard:
    return told.UserOrderSeen(row) if isinstance(row, VenueOrder) else told.UserFillSeen(row)


def _token(given: Heard) -> TokenId:
    if isinstance(given, told.UserOrderSeen):
        return given.order.token_id
    return given.fill.token_id
