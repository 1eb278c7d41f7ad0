"""A desk that trades live: gateway, user line and the watch over both, around the same desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from polydesk.domain import events as ev
from polydesk.domain.commands import Kill, TradingState
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.orders import Order
from polydesk.domain.text import clean
from polydesk.domain.units import format_micros
from polydesk.domain.venue import VenueFill, VenueMode, VenueOrder
from polydesk.errors import PolydeskError, SignerLost, WireError
from polydesk.execution import inputs as told
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.control import encode_status
from polydesk.runtime.desk import Desk
from polydesk.runtime.execution_frames import encode_input
from polydesk.runtime.gateway import Gateway, Rim
from polydesk.runtime.recovery import Recovery
from polydesk.runtime.venue_time import VenueTime
from polydesk.signer.client import SignerProcess
from polydesk.signer.line_client import LineSource, UserLineProcess
from polydesk.signer.line_messages import LineStart
from polydesk.store.journal import SqliteJournal
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user import OwnIdentity, read_user_frame
from polydesk.views.models import VenueView

ACCOUNT_EVERY_S: Final = 60.0
"""Between two looks at closed-only mode."""
HEARTBEAT_S: Final = 5.0
"""Source: ``trading.md`` section 5.9, 2026-11."""
HEARTBEAT_LATE_S: Final = 10.0
LINE_AGAIN_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What only a live desk has."""

    signer: SignerProcess
    line: LineSource
    rest: TradingRest
    journal: SqliteJournal
    own: OwnIdentity
    signature_type: int


class LiveDesk:
    """Wires the executor to the venue. ``run`` is its life."""

    def __init__(
        self,
        desk: Desk,
        parts: Parts,
        hosts: Hosts,
        clock: LiveClock,
        *,
        heartbeat: bool,
        at: Callable[[str], None],
    ) -> None:
        """Wire everything; nothing runs yet.

        Args:
            desk: The desk, with its opening.
            parts: Signer, user line, REST and journal.
            hosts: Where the venue is.
            clock: The desk's clock, which is the venue's.
            heartbeat: Whether the venue's dead man's switch is used.
            at: Told each named point an order passes on its way.
        """
        self.desk = desk
        self.parts = parts
        self._hosts = hosts
        self._clock = clock
        self._wants_heartbeat = heartbeat
        self._heartbeat = "on" if heartbeat else "off"
        self._is_open = False
        self._rim = Rim(
            signer=parts.signer,
            rest=parts.rest,
            signature_type=parts.signature_type,
            journal=parts.journal,
            clock=clock,
            market=desk.engine.token_markets.get,
            tell=self.tell,
            reason_to_hold=self._reason_to_hold,
            is_urgent=lambda: desk.engine.killed,
            on_trouble=desk.halt,
            at=at,
        )
        self.gateway = Gateway(self._rim, order_time_ms=lambda: clock.now_ns() // 1_000_000)
        self._time = VenueTime(clock, parts.rest, parts.signer, desk.source.notify)
        self.recovery = Recovery(desk.engine, desk.opening.earlier, self._names)
        desk.pipeline.live.act = self.gateway.take
        desk.listeners += [self.recovery.on_event, self._on_event]
        desk.on_opened = self.gateway.open
        desk.source.recovered = self.recovery.view
        desk.source.venue = self.view
        desk.samplers.append(self._look)

    def tell(self, given: told.Input) -> None:
        """Let the executor hear something, in its turn and recorded."""
        self.desk.runner.put(encode_input(given, self._clock.now_ns()))

    async def run(self) -> None:
        """Trade until cancelled.

        Raises:
            PolydeskError: Something that cannot be gone on from.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self.gateway.run(), name="gateway")
            group.create_task(self._keep_line(), name="user line")
            group.create_task(self._watch_account(), name="account")
            group.create_task(self._time.keep(), name="clock")
            if self._wants_heartbeat:
                group.create_task(self._beat(), name="heartbeat")
            await self.desk.run(self._hosts)

    # The kill switch

    def _reason_to_hold(self, key: ClientOrderId) -> str:
        """Return why an order that is signed and recorded must not be sent now."""
        engine = self.desk.engine
        if engine.killed:
            return "the kill switch is on"
        if engine.trading_state is TradingState.HALTED:
            return "trading is halted"
        if self.parts.journal.failed:
            return "the journal cannot be written"
        order = engine.account.orders.get(key)
        if order is not None and order.cancel_asked_at:
            return "canceled before it was sent"
        if order is not None and engine.venue.frozen:
            token_id = order.intent.token_id
            market = engine.token_markets.get(token_id)
            if reason := engine.venue.frozen_reason(token_id, market):
                return f"the market is frozen: {reason}"
        executor = self.desk.pipeline.live.executor
        return executor.reason_to_hold(key, self._clock.now_ns())

    def _on_event(self, event: ev.Event) -> None:
        if isinstance(event, ev.UserCommandGiven) and isinstance(event.command, Kill):
            self.parts.signer.latch_now()
        elif isinstance(event, ev.OrderClosed | ev.OrderRejected):
            self._look_at_market(event)

    def _look_at_market(self, event: ev.OrderClosed | ev.OrderRejected) -> None:
        """Read the market of an order that the venue has ended by itself: the market may be over.

        A divided pay-out is not announced on the market stream; only the catalogue tells it.
        """
        order = self.desk.engine.account.orders.get(event.client_order_id)
        if order is not None and not order.cancel_asked_at:
            self.gateway.start(self.desk.learn_markets([order.intent.token_id]))

    def _look(self) -> None:
        if self.parts.signer.lost.is_set() and not self.desk.is_halted:
            self.desk.halt(
                "the signer has ended; nothing can be signed until the desk is restarted"
            )

    # The user stream

    async def _keep_line(self) -> None:
        """Keep the user line up; the signer writes each new line's subscription."""
        while True:
            try:
                await self.parts.signer.subscribe_user()
                line = UserLineProcess.start(
                    self.parts.line,
                    LineStart(url=self._hosts.user_ws),
                    on_text=self._on_text,
                    on_change=self._on_line,
                )
            except PolydeskError as error:
                self._on_line(0, False, str(error))
                if isinstance(error, SignerLost):
                    return
                await self._clock.sleep(LINE_AGAIN_S)
                continue
            try:
                await line.lost.wait()
            finally:
                await line.close()
            await self._clock.sleep(LINE_AGAIN_S)

    def _on_line(self, _: int, up: bool, detail: str) -> None:
        now = self._clock.now_ns()
        self.desk.runner.put(encode_status("user", up, now, detail))
        self.tell(told.UserLineChanged(up, detail))

    def _on_text(self, _: int, text: bytes) -> None:
        self.desk.source.note_traffic("user", self._clock.now_ns())
        try:
            rows = read_user_frame(text, self.parts.own)
        except WireError as error:
            self.desk.source.notify("warning", f"The user stream sent what cannot be read: {error}")
            return
        for reason in rows.broken:
            self.desk.source.notify("warning", f"The user stream sent a malformed row: {reason}")
        inputs = [_heard(row) for row in rows.rows]
        missing = self.unknown_tokens(inputs)
        if missing:
            self.gateway.start(self._tell_known(inputs, missing))
        else:
            for given in inputs:
                self.tell(given)

    def unknown_tokens(
        self, inputs: Sequence[told.UserOrderSeen | told.UserFillSeen]
    ) -> list[TokenId]:
        """Return tokens whose market is not in the catalogue: fees could not be told."""
        known = self.desk.engine.token_markets
        tokens = dict.fromkeys(_token(given) for given in inputs)
        return [token for token in tokens if token not in known]

    async def _tell_known(
        self, inputs: Sequence[told.UserOrderSeen | told.UserFillSeen], missing: list[TokenId]
    ) -> None:
        await self.desk.learn_markets(missing)
        for given in inputs:
            self.tell(given)

    # Account, clock, heartbeat

    async def _watch_account(self) -> None:
        is_closed = False
        while True:
            try:
                closed = await self.parts.rest.closed_only()
                if closed is not is_closed:
                    is_closed = closed
                    mode = VenueMode.CLOSED_ONLY if closed else VenueMode.NORMAL
                    self.tell(told.ModeTold(mode, "the venue says so of this account"))
            except PolydeskError as error:
                self.desk.source.notify("warning", f"The account's mode is not known: {error}")
            await self._clock.sleep(ACCOUNT_EVERY_S)

    async def _beat(self) -> None:
        """Keep the venue's dead man's switch from going off; without it no new orders."""
        beat_id, last = "", self._clock.monotonic_ns()
        while True:
            try:
                beat_id = await self.parts.rest.heartbeat(beat_id)
                last, self._heartbeat = self._clock.monotonic_ns(), "on"
            except PolydeskError as error:
                self._heartbeat = clean(str(error), 120)
                if self._clock.monotonic_ns() - last > HEARTBEAT_LATE_S * 1e9:
                    words = "the heartbeat does not get through; the venue cancels everything"
                    self.tell(told.ModeTold(VenueMode.CANCEL_ONLY, words, HEARTBEAT_LATE_S))
            await self._clock.sleep(HEARTBEAT_S)

    # Views

    def view(self) -> VenueView:
        """Return how the venue stands to this account."""
        engine, budget = self.desk.engine, self.parts.rest.budget.view()
        state = self.desk.pipeline.live.executor.state
        return VenueView(
            mode=engine.venue.mode,
            reason=engine.venue.mode_reason,
            until=engine.venue.mode_until,
            is_ready=engine.venue.ready,
            line_up=state.line_is_up,
            wallet=self.parts.signer.hello.maker,
            order_budget=(budget.orders_left, budget.orders_burst),
            cancel_budget=(budget.cancels_left, budget.cancels_burst),
            unknown_orders=state.unknown,
            provisional_fills=len(state.unsettled),
            clock_offset_ms=self._clock.offset_ns // 1_000_000,
            drift=engine.account.drift or 0,
            heartbeat=self._heartbeat,
        )

    @property
    def open_orders(self) -> int:
        """How many orders may be open at the venue."""
        return len(self.desk.pipeline.live.executor.state.live)

    def summary(self) -> dict[str, object]:
        """Return what a session without a screen tells at its end, beside the desk's summary."""
        drift = self.desk.engine.account.drift
        state = self.desk.pipeline.live.executor.state
        return {
            "wallet": self.parts.signer.hello.maker,
            "ready": self.desk.engine.venue.ready,
            "recovery_ms": self.recovery.took_ms,
            "open_orders": self.open_orders,
            "unknown_orders": state.unknown,
            "unsettled_fills": len(state.unsettled),
            "drift": None if drift is None else format_micros(drift),
        }

    def _names(self, order: Order) -> tuple[str, str]:
        market = self.desk.engine.token_markets.get(order.intent.token_id)
        if market is None:
            return ("unknown market", "")
        return (market.question, market.outcome(order.intent.token_id).label)


def _heard(row: object) -> told.UserOrderSeen | told.UserFillSeen:
    if isinstance(row, VenueOrder):
        return told.UserOrderSeen(row)
    assert isinstance(row, VenueFill)
    return told.UserFillSeen(row)


def _token(given: told.UserOrderSeen | told.UserFillSeen) -> TokenId:
    if isinstance(given, told.UserOrderSeen):
        return given.order.token_id
    return given.fill.token_id
