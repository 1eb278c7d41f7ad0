"""Paper trading on the live streams, with a journal that survives restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from polydesk.analytics.candles import STORED_INTERVALS, ClosedBar
from polydesk.config.models import Settings
from polydesk.domain import events as ev
from polydesk.domain.commands import TradingState
from polydesk.domain.frames import Frame
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import DAY_STARTED
from polydesk.engine.restore import Earlier
from polydesk.engine.user_desk import KILL_LATCHED, KILL_RELEASED, STATE_SET
from polydesk.errors import VenueUnavailable
from polydesk.ports import Recorder
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk, Wiring
from polydesk.runtime.desk_source import Session
from polydesk.runtime.observers import StoringObserver
from polydesk.store.directory import DeskLock
from polydesk.store.history import HistoryWriter
from polydesk.store.journal import SqliteJournal
from polydesk.store.restore import RestoredSession, load_session
from polydesk.venues.polymarket.rest import PolymarketRest, first_contact
from polydesk.venues.polymarket.urls import Hosts
from polydesk.views.models import Mode

JOURNAL_FILE = "journal.db"
KEEP_AUDIT = 1_000_000
"""Audit rows looked through for the day's start and the latches, however often streams fell."""
SKEW_NOTICED_NS = 2_000_000_000
"""The venue tells its time in whole seconds, so less cannot be told from a right clock."""
NOTICE = "Paper account: live prices, no real money. Orders go to the paper venue in this desk."


def hosts_of(settings: Settings) -> Hosts:
    """Return the venue's addresses, replaced by those the settings give."""
    given = settings.hosts.model_dump()
    return replace(Hosts(), **{name: url.rstrip("/") for name, url in given.items() if url})


def earlier_of(restored: RestoredSession) -> Earlier:
    """Return what the journal holds in the form a session opens with."""
    days = [row.text.split() for row in restored.audit if row.kind == DAY_STARTED]
    day, equity = days[-1] if days else ("0", "0")
    latched = [row for row in restored.audit if row.kind in {KILL_LATCHED, KILL_RELEASED}]
    is_killed = bool(latched) and latched[-1].kind == KILL_LATCHED
    states = [row.text for row in restored.audit if row.kind == STATE_SET]
    counts = sorted((*key, count) for key, count in restored.decision_counts.items())
    return Earlier(
        entries=restored.entries,
        fills=restored.fills,
        orders=restored.orders,
        decisions=restored.decisions,
        day=int(day),
        day_start_equity=UsdMicros(int(equity)),
        decision_counts=tuple(counts),
        killed_because=latched[-1].text if is_killed else None,
        trading_state=TradingState(states[-1]) if states else TradingState.ACTIVE,
    )


async def venue_clock(hosts: Hosts) -> LiveClock:
    """Return a clock on the venue's time; a local clock that is right stays as it is.

    Raises:
        VenueUnavailable: The venue cannot be reached; the sentence offers the demo.
    """
    clock = LiveClock()
    problem = await first_contact(hosts, clock)
    if problem is not None:
        raise VenueUnavailable(problem)
    rest = PolymarketRest(hosts, clock, _Nowhere())
    try:
        venue_s = await rest.time()
    finally:
        await rest.close()
    offset = venue_s * 1_000_000_000 + 500_000_000 - clock.now_ns()
    return LiveClock(offset) if abs(offset) > SKEW_NOTICED_NS else clock


class _Nowhere:
    def put(self, frame: Frame) -> None:
        """Drop the answer: it was for us alone."""


@dataclass(slots=True)
class Paper:
    """A paper desk with its storage open."""

    desk: Desk
    journal: SqliteJournal
    history: HistoryWriter
    clock: LiveClock


@contextmanager
def paper_desk(
    settings: Settings, directory: Path, clock: LiveClock, recorder: Recorder | None = None
) -> Iterator[Paper]:
    """Open the storage of a directory, restore its account and wire a desk around it.

    Raises:
        StoreError: Another desk uses the directory, or the journal is damaged or newer.
    """
    with DeskLock(directory):
        restored = load_session(directory / JOURNAL_FILE, keep_audit=KEEP_AUDIT)
        journal = SqliteJournal(directory)
        history = HistoryWriter(directory)
        try:
            yield _wire(settings, clock, restored, journal, history, recorder)
        finally:
            journal.close()
            history.close()


def _wire(
    settings: Settings,
    clock: LiveClock,
    restored: RestoredSession,
    journal: SqliteJournal,
    history: HistoryWriter,
    recorder: Recorder | None,
) -> Paper:
    opening = SessionOpened(
        cash=UsdMicros(settings.paper.cash),
        leaders=tuple(leader.follow() for leader in settings.leaders),
        watch=settings.tokens,
        limits=settings.risk.limits(),
        earlier=earlier_of(restored),
    )
    desk = Desk(
        Wiring(
            clock=clock,
            session=Session(Mode.PAPER, _notice(clock)),
            opening=opening,
            observer=StoringObserver(journal, history),
            recorder=recorder,
        )
    )
    for leader in opening.leaders:
        history.leader(leader.wallet, leader.name, msgspec.json.encode(leader.rule).decode())
    desk.listeners.append(HistoryKeeper(desk, history).on_event)
    desk.samplers.append(StoreWatch(desk, journal, history).look)
    return Paper(desk, journal, history, clock)


def _notice(clock: LiveClock) -> str:
    if not clock.offset_ns:
        return NOTICE
    seconds = clock.offset_ns / 1_000_000_000
    return f"{NOTICE} This computer's clock is {seconds:+.0f} s away from the venue's; corrected."


class HistoryKeeper:
    """Writes trades and closed candles to the history."""

    def __init__(self, desk: Desk, history: HistoryWriter) -> None:
        self._desk = desk
        self._history = history
        desk.source.on_bars = self._on_bars

    def on_event(self, event: ev.Event) -> None:
        """Keep prints and followed trades."""
        if isinstance(event, ev.TradePrinted):
            self._history.trade(event)
        elif isinstance(event, ev.WalletTraded):
            self._history.leader_trade(event)

    def _on_bars(self, bars: Sequence[ClosedBar]) -> None:
        for bar in bars:
            if bar.interval_s in STORED_INTERVALS:
                self._history.candle(bar.token_id, bar.interval_s, bar.candle)


class StoreWatch:
    """Halts trading when the journal fails, and keeps a PnL point a minute."""

    EVERY = 60

    def __init__(self, desk: Desk, journal: SqliteJournal, history: HistoryWriter) -> None:
        self._desk = desk
        self._journal = journal
        self._history = history
        self._count = 0
        self._has_halted = False

    def look(self) -> None:
        """Look once a second."""
        if self._journal.failed and not self._has_halted:
            self._has_halted = True
            self._desk.halt(f"the journal cannot be written: {self._journal.problem}")
        self._count += 1
        if self._count % self.EVERY == 0:
            totals = self._desk.engine.account.totals()
            now = self._desk.engine.now
            self._history.pnl(now, totals.equity, totals.cash, totals.realised, totals.unrealised)
