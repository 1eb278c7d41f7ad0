"""The path of one frame: decode, engine, paper venue, reports, engine again.

Synchronous and without a clock: the same frames in the same order give the same state,
whether they come from sockets or from a recording. Before an event is applied, everything of
the paper venue that was due by then happens at its own time, so the outcome does not depend
on when timers fire.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.commands import (
    CancelOrder,
    Command,
    RequestMarkets,
    RequestSnapshot,
    SubmitOrder,
    Watch,
)
from polydesk.domain.frames import CONTROL, EXECUTION, Frame
from polydesk.domain.intents import OrderIntent
from polydesk.engine.engine import Engine
from polydesk.engine.restore import restore, restore_latches
from polydesk.engine.state_hash import state_hash
from polydesk.errors import WireError
from polydesk.ports import Recorder
from polydesk.runtime.control import SessionOpened, decode_control
from polydesk.runtime.execution_frames import decode_input
from polydesk.runtime.latency import Latency
from polydesk.runtime.live_venue import LiveVenue, OrderVenue, remembered_of
from polydesk.store.restore import fold
from polydesk.venues.paper import PaperVenue
from polydesk.venues.polymarket.wire.decoder import Decoder

Outward = RequestSnapshot | RequestMarkets


class Pipeline:
    """One desk's core: everything between a received text and a new state."""

    def __init__(
        self,
        engine: Engine,
        *,
        recorder: Recorder | None = None,
        outward: Callable[[Outward], None] | None = None,
        seed: int = 0,
        live: LiveVenue | None = None,
    ) -> None:
        """Wire the core.

        Args:
            engine: Fresh; the session frame opens its account.
            recorder: Takes every frame, before anything else happens with it.
            outward: Told what must be fetched from outside.
            seed: Of the paper venue's delays.
            live: Takes orders in place of the paper venue when the session is live.
        """
        self.engine = engine
        self.decoder = Decoder(wallets=engine.copier.wallets)
        self.live = live or LiveVenue(engine.token_markets.get)
        paper = PaperVenue(book=engine.books.get, market=engine.token_markets.get, seed=seed)
        self.venue: OrderVenue = paper
        self.latency = Latency()
        self.frames = 0
        self.control_errors = 0
        self.opened: SessionOpened | None = None
        self.on_event: Callable[[ev.Event], None] | None = None
        """Told every event after the engine applied it, except plain book changes."""
        self._recorder = recorder
        self._outward = outward
        self._early: list[ev.OrderReport] = []
        """What the venue said of orders taken while their event was being processed."""

    def announce_copies(
        self, followed: Callable[[], None], proposed: Callable[[OrderIntent], None]
    ) -> None:
        """Have somebody told that an order may follow.

        Args:
            followed: Told of a followed wallet's trade before it is decided on; of one that comes a
                second time too.
            proposed: Told a copy before the gate has judged it.
        """
        self.decoder.activity.on_followed = followed
        self.engine.foretell = proposed

    def feed(self, frame: Frame, seen_ns: int = 0) -> None:
        """Take one frame.

        Args:
            frame: What came in.
            seen_ns: Monotonic time of its arrival, for the latency figures; 0 for none.
        """
        if self._recorder is not None:
            self._recorder.write(frame.channel, frame.ts_init, frame.text)
        self.frames += 1
        if frame.channel == CONTROL:
            self._feed_control(frame)
            return
        if frame.channel == EXECUTION:
            self._feed_execution(frame)
            return
        trades = self.engine.leaders.trades
        events = self.decoder.decode(frame)
        for event in events:
            self.apply(event)
        made = self.engine.leaders.trades - trades
        if seen_ns and made:
            self.latency.note_decisions(self.engine.decisions[-made:], seen_ns)

    def _feed_control(self, frame: Frame) -> None:
        try:
            given = decode_control(frame)
        except WireError:
            self.control_errors += 1
            return
        if isinstance(given, SessionOpened):
            self._open(given, frame.ts_init)
        elif given is not None:
            self.apply(given)

    def _feed_execution(self, frame: Frame) -> None:
        try:
            given = decode_input(frame)
        except WireError:
            self.control_errors += 1
            return
        self.run_due(frame.ts_init)
        self._take(self.live.on_input(given, frame.ts_init))

    def _open(self, session: SessionOpened, at: int) -> None:
        """Start the account; only the first session frame of a recording counts."""
        if self.opened is not None:
            return
        self.opened = session
        self.engine.limits = session.limits
        earlier = session.earlier
        for leader in session.leaders:
            self.engine.copier.follow(leader)
        if earlier.empty:
            self.engine.open_account(session.cash, at, session.holdings)
            if session.is_live:
                self.engine.go_live()
            restore_latches(self.engine, earlier)
        else:
            ledger = fold(earlier.entries, earlier.fills, earlier.settlements)
            restore(self.engine, earlier, ledger, at, is_live=session.is_live)
        if session.is_live:
            self.venue = self.live
            self.engine.hand_over = self._hand_over
            self._take(self.live.open(at, remembered_of(session)))
        if session.watch:
            self.apply(ev.UserCommandGiven(at, Watch(session.watch, on=True)))

    def apply(self, event: ev.Event) -> None:
        """Run what was due, then the event, then what follows from it."""
        due = self.venue.next_due()
        if due is not None and due <= event.ts_init:
            self.run_due(event.ts_init)
        self._process(event)
        reports = self.venue.on_event(event, self.engine.now)
        if reports:
            self._take(reports)
        if self.on_event is not None and type(event) is not ev.BookChanged:
            self.on_event(event)

    def run_due(self, now: int) -> None:
        """Let everything of the paper venue happen that is due by ``now``."""
        while (due := self.venue.next_due()) is not None and due <= now:
            self._take(self.venue.run_due(due))

    def finish(self) -> None:
        """Let paper orders on their way arrive although no further frame comes."""
        if self.venue is not self.live:
            self.run_due(self.engine.now + FINISH_WITHIN_NS)

    def _take(self, reports: Sequence[ev.OrderReport]) -> None:
        for report in reports:
            self._process(report)
            if self.on_event is not None:
                self.on_event(report)

    def _process(self, event: ev.Event) -> None:
        commands = self.engine.process(event)
        if commands:
            self._carry_out(commands)
        if self._early:
            early, self._early = self._early, []
            self._take(early)

    def _hand_over(self, approved: Approved) -> None:
        self._early.extend(self.venue.submit(approved, self.engine.now))

    def _carry_out(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, SubmitOrder):
                self._take(self.venue.submit(command.approved, self.engine.now))
            elif isinstance(command, CancelOrder):
                self._take(self.venue.cancel(command.client_order_id, self.engine.now))
            elif self._outward is not None:
                self._outward(command)

    def state_hash(self) -> str:
        """Return the digest of everything that must be equal when a session is replayed."""
        decoder = self.decoder
        counts = (self.frames, decoder.decode_errors, sorted(decoder.unknown_kinds.items()))
        return state_hash(self.engine, (counts, self.venue.digest()))


FINISH_WITHIN_NS = 5_000_000_000
"""At the end of a recording, wait this long (engine time) for what is on its way."""
