"""``python -m polydesk.signer.line``: the user socket, in a process of its own.

The venue wants the API secret inside the subscription, so the socket cannot live in the desk.
The text to send comes out of the signer's pipe; what is heard goes to the desk.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import select
import sys
from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from polydesk.domain.frames import Frame
from polydesk.errors import ConfigError
from polydesk.ingest.backoff import BackoffLimits
from polydesk.ingest.supervisor import Supervision
from polydesk.signer.clock import OwnClock
from polydesk.signer.confine import harden
from polydesk.signer.framing import (
    CHUNK,
    HEAD,
    LARGEST_REQUEST,
    LARGEST_TEXT,
    Splitter,
    frame,
    write_all,
)
from polydesk.signer.line_messages import (
    Heard,
    LineChanged,
    LineStart,
    Said,
    check_url,
    decode_line_start,
    encode,
)
from polydesk.venues.polymarket.line import Line, Rim, StreamStatus
from polydesk.venues.polymarket.socket import Link, LinkRules, StreamCounters, Timing, Watch

STDIN, STDOUT = 0, 1
USER: Final = "user"
EXIT_FAILED: Final = 1
_SUBSCRIPTION_S: Final = 5.0
_NEVER_S: Final = 10.0**9
_HIDDEN: Final = b"(hidden)"


class _Auth(msgspec.Struct):
    secret: str
    passphrase: str


class _Subscription(msgspec.Struct):
    auth: _Auth


class Outlet:
    """Tells the desk, in the order of events; a desk that does not read holds the socket up."""

    def __init__(self, clock: OwnClock, secrets: Sequence[bytes]) -> None:
        """Take what must never be told, should the venue repeat it."""
        self._clock = clock
        self._secrets = secrets

    def put(self, heard: Frame) -> None:
        """Tell a text of the user socket."""
        if heard.channel != USER:
            return
        text = heard.text
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        self._say(Said(Heard(heard.ts_init, text)))

    def changed(self, status: StreamStatus) -> None:
        """Tell that the socket went up or down."""
        self._say(Said(LineChanged(self._clock.now_ns(), status.up, status.detail)))

    def _say(self, said: Said) -> None:
        try:
            write_all(STDOUT, frame(encode(said)))
        except BrokenPipeError:
            os._exit(0)  # The desk is gone, and nobody is left to tell.


class UserLine(Line):
    """One user socket that is kept, with the same subscription at each attempt."""

    def __init__(self, rim: Rim, subscription: str) -> None:
        """Take the text that the signer wrote."""
        super().__init__(rim)
        self._subscription = subscription

    async def _open(self, link: Link) -> None:
        await link.send(self._subscription)
        self._rim.report(True, "subscribed", ())

    def _went_down(self, detail: str) -> None:
        self._rim.report(False, detail, ())


class _PongsSuffice:
    """Whose account is quiet hears nothing for days: only the pings' answers are watched."""

    has_data: bool = True

    def opened(self, count: int) -> None:
        """Take a new connection."""

    def check(self, count: int) -> str | None:
        """Find nothing wrong."""
        return None


class _UserSupervision(Supervision):
    def watch(self, first_data_s: float, silence_s: float) -> Watch:  # type: ignore[override]
        return _PongsSuffice()


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep the user socket until standard input ends."""
    harden()
    options = _parser().parse_args(arguments)
    try:
        start = _read_start()
        check_url(start.url)
        subscription = _read_subscription(options.auth_fd)
    except (ConfigError, EOFError, msgspec.MsgspecError) as error:
        clock = OwnClock()
        Outlet(clock, ()).changed(StreamStatus(USER, False, str(error), ()))
        return EXIT_FAILED
    os.close(options.auth_fd)
    asyncio.run(_keep(start, subscription))
    return 0


async def _keep(start: LineStart, subscription: str) -> None:
    """Keep the socket until the desk closes our input, or dies."""
    clock = OwnClock()
    outlet = Outlet(clock, _secrets(subscription))
    limits = BackoffLimits(base_s=start.first_wait_s)
    rim = Rim(
        rules=_rules(start),
        clock=clock,
        sink=outlet,
        supervision=_UserSupervision(clock, Random(start.seed), backoff=limits),
        counters=StreamCounters(),
        on_status=outlet.changed,
    )
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(UserLine(rim, subscription).run())
        _stop_at_end_of_input(keeping)


def _stop_at_end_of_input(keeping: asyncio.Task[None]) -> None:
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(STDIN, CHUNK):
            loop.remove_reader(STDIN)
            keeping.cancel()

    loop.add_reader(STDIN, look)


def _rules(start: LineStart) -> LinkRules:
    timing = Timing(
        ping_s=start.ping_s,
        pong_s=start.silence_s,
        first_data_s=_NEVER_S,
        silence_s=_NEVER_S,
        open_s=start.open_s,
    )
    return LinkRules(start.url, USER, timing, max_bytes=LARGEST_TEXT)


def _secrets(subscription: str) -> tuple[bytes, ...]:
    auth = msgspec.json.decode(subscription, type=_Subscription).auth
    return auth.secret.encode(), auth.passphrase.encode()


def _read_start() -> LineStart:
    splitter = Splitter(LARGEST_REQUEST)
    while data := os.read(STDIN, CHUNK):
        if said := splitter.feed(data):
            return decode_line_start(said[0])
    raise EOFError("the desk said nothing")


def _read_subscription(handle: int) -> str:
    """Read one message of the signer, and not a byte of the next, which is for another line."""
    if not select.select([handle], [], [], _SUBSCRIPTION_S)[0]:
        raise EOFError("the signer has written no subscription")
    length = int.from_bytes(_read_exactly(handle, HEAD), "big")
    if length > LARGEST_REQUEST:
        raise EOFError("the subscription is damaged")
    return _read_exactly(handle, length).decode()


def _read_exactly(handle: int, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = os.read(handle, length - len(data))
        if not more:
            raise EOFError("the subscription ended early")
        data += more
    return data


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="polydesk.signer.line", description=main.__doc__)
    parser.add_argument("--auth-fd", type=int, required=True, help="handle of the signer's pipe")
    return parser


if __name__ == "__main__":
    sys.exit(main())
