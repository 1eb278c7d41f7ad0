"""A desk that trades live: gateway, user line and the watch over both, around the same desk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from polydesk.domain import events as ev
from polydesk.domain.commands import Kill, TradingState
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.orders import Order
from polydesk.domain.text import clean
from polydesk.domain.units import format_micros
from polydesk.domain.venue import VenueMode
from polydesk.errors import PolydeskError
from polydesk.execution import inputs as told
from polydesk.execution.pending import IN_HAND, Phase
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.desk import Desk, first_of
from polydesk.runtime.execution_frames import encode_input
from polydesk.runtime.gateway import Gateway
from polydesk.runtime.known_markets import KnownMarkets
from polydesk.runtime.recovery import Recovery
from polydesk.runtime.rehearsal import Rehearsal
from polydesk.runtime.rim import Rim
from polydesk.runtime.user_stream import UserStream
from polydesk.runtime.venue_time import VenueTime
from polydesk.runtime.venue_words import VenueWords
from polydesk.signer.client import SignerProcess
from polydesk.signer.line_client import LineSource
from polydesk.store.journal import SqliteJournal
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user import OwnIdentity
from polydesk.views.models import SignerState, VenueView

ACCOUNT_EVERY_S: Final = 60.0
"""Between two looks at closed-only mode."""
ON_THE_WAY: Final = frozenset({Phase.SENDING, Phase.UNKNOWN})
HEARTBEAT_S: Final = 5.0
"""Source: ``trading.md`` section 5.9, 2026-11."""
HEARTBEAT_LATE_S: Final = 10.0
HEARTBEAT_ANSWER_S: Final = 3.0
HEARTBEAT_AGAIN_S: Final = 1.0
"""A lost heartbeat must leave time for another one."""


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
        rehearse: bool,
        at: Callable[[str], None],
    ) -> None:
        """Wire everything; nothing runs yet.

        Args:
            desk: The desk, with its opening.
            parts: Signer, user line, REST and journal.
            hosts: Where the venue is.
            clock: The desk's clock, which is the venue's.
            heartbeat: Whether the venue's dead man's switch is used.
            rehearse: Whether copies are rehearsed while the streams are busy.
            at: Told each named point an order passes on its way.
        """
        self.desk = desk
        self.parts = parts
        self._hosts = hosts
        self._clock = clock
        self._wants_heartbeat = heartbeat
        self._heartbeat = "on" if heartbeat else "off"
        self._words = VenueWords(clock)
        self._words.show = desk.source.notify
        markets = KnownMarkets(desk)
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
            held=self._held,
            learn=markets.learn_for,
        )
        self.gateway = Gateway(self._rim, order_time_ms=lambda: clock.now_ns() // 1_000_000)
        self._stream = UserStream(
            desk, markets, clock, parts.own, tell=self.tell, start=self.gateway.start
        )
        self._time = VenueTime(clock, parts.rest, parts.signer, desk.source.notify)
        self.recovery = Recovery(desk.engine, desk.opening.earlier, self._names)
        desk.pipeline.live.act = self.gateway.take
        desk.pipeline.announce_copies(self.gateway.prepare, self.gateway.expect)
        self._may_copy = False
        self.rehearsal = Rehearsal(
            clock,
            is_wanted=lambda: self._may_copy and not self.gateway.busy,
            signer=parts.signer,
            on_trouble=partial(desk.source.notify, "warning"),
        )
        if rehearse:
            desk.runner.on_drained = self.rehearsal.run
        desk.listeners += [self.recovery.on_event, self._on_event]
        desk.on_opened = self.gateway.open
        desk.source.recovered = self.recovery.view
        desk.source.venue = self.view
        desk.samplers.append(self._look)

    def _held(self) -> list[TokenId]:
        """Return what the venue is to count besides; the start waits for no such count."""
        engine = self.desk.engine
        return engine.account.held_tokens() if engine.venue.ready else []

    def tell(self, given: told.Input) -> None:
        """Let the executor hear something, in its turn and recorded."""
        if isinstance(given, told.ReadFailed):
            self._words.say(f"the venue's {given.what} could not be read: {given.reason}")
        self.desk.runner.put(encode_input(given, self._clock.now_ns()))

    async def run(self) -> None:
        """Trade until cancelled.

        Raises:
            PolydeskError: Something that cannot be gone on from.
        """
        try:
            await self._run_all()
        except ExceptionGroup as group_error:
            raise first_of(group_error) from group_error

    async def _run_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.gateway.run(), name="gateway")
            group.create_task(
                self._stream.keep(self.parts.signer, self.parts.line, self._hosts.user_ws),
                name="user line",
            )
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
            self.gateway.start(self._learn_again(order.intent.token_id))

    async def _learn_again(self, token_id: TokenId) -> None:
        await self.desk.learn_markets([token_id])

    def _look(self) -> None:
        """Look once a second."""
        engine = self.desk.engine
        self._may_copy = (
            engine.venue.ready
            and engine.trading_state is TradingState.ACTIVE
            and not engine.killed
            and engine.copier.is_copying
            and self._signer_state() is SignerState.SIGNING
        )
        if self.parts.signer.lost.is_set() and not self.desk.is_halted:
            self.desk.halt(
                "the signer has ended; nothing can be signed until the desk is restarted"
            )

    # Account, clock, heartbeat

    async def _watch_account(self) -> None:
        """Look at what the account and the place may do; an order's refusal tells it too."""
        while True:
            try:
                await self._look_at_account()
            except PolydeskError as error:
                self.desk.source.notify("warning", f"The account's mode is not known: {error}")
            await self._clock.sleep(ACCOUNT_EVERY_S)

    async def _look_at_account(self) -> None:
        """Learn of closed-only mode; of the account nothing counts while the place is blocked."""
        state, rest = self.desk.pipeline.live.executor.state, self.parts.rest
        closed = await rest.closed_only()
        modes = {state.mode, state.mode_after}
        words = "the venue says so of this account"
        if VenueMode.GEOBLOCKED in modes:
            if (await rest.geoblock()).blocked:
                return
            words = "the venue takes orders from here again"
        elif closed is (VenueMode.CLOSED_ONLY in modes):
            return
        self.tell(told.ModeTold(VenueMode.CLOSED_ONLY if closed else VenueMode.NORMAL, words))

    async def _beat(self) -> None:
        """Keep the venue's dead man's switch from going off; without it no new orders."""
        beat_id, last = "", self._clock.monotonic_ns()
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_ANSWER_S):
                    beat_id = await self.parts.rest.heartbeat(beat_id)
                last, self._heartbeat = self._clock.monotonic_ns(), "on"
                await self._clock.sleep(HEARTBEAT_S)
            except (PolydeskError, TimeoutError) as error:
                self._heartbeat = clean(str(error), 120) or "no answer in time"
                if self._clock.monotonic_ns() - last > HEARTBEAT_LATE_S * 1e9:
                    words = "the heartbeat does not get through; the venue cancels everything"
                    self.tell(told.ModeTold(VenueMode.CANCEL_ONLY, words, HEARTBEAT_LATE_S))
                await self._clock.sleep(HEARTBEAT_AGAIN_S)

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
            signer=self._signer_state(),
            looked_at=state.balance_read_at,
        )

    def _signer_state(self) -> SignerState:
        signer = self.parts.signer
        if signer.lost.is_set():
            return SignerState.LOST
        return SignerState.SHUT if signer.is_latched else SignerState.SIGNING

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
            "copies_rehearsed": self.rehearsal.count,
            "drift": None if drift is None else format_micros(drift),
        }

    def left_behind(self) -> str:
        """Return what a session that ends leaves at the venue, empty when nothing may still fill."""
        state = self.desk.pipeline.live.executor.state
        at_venue = sum(pending.phase not in IN_HAND for pending in state.live.values())
        if not at_venue:
            return ""
        on_way = sum(pending.phase in ON_THE_WAY for pending in state.live.values())
        unsure = f" ({on_way} of them not answered yet)" if on_way else ""
        noun = "order is" if at_venue == 1 else "orders are"
        return (
            f"{at_venue} {noun} left at the venue{unsure} and may fill while no desk runs. Leaving "
            "cancels nothing: `polydesk live` takes them up again, or cancel them on the venue's page."
        )

    def _names(self, order: Order) -> tuple[str, str]:
        market = self.desk.engine.token_markets.get(order.intent.token_id)
        if market is None:
            return ("unknown market", "")
        return (market.question, market.outcome(order.intent.token_id).label)
