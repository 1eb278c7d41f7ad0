"""Paper trading on the live streams, with a journal that survives restarts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from polydesk.analytics.candles import STORED_INTERVALS, ClosedBar
from polydesk.config.models import Settings
from polydesk.domain import events as ev
from polydesk.domain.commands import TradingState, Watch
from polydesk.domain.frames import Frame
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import UsdMicros
from polydesk.engine.engine import DAY_STARTED, LOSS_LATCHED
from polydesk.engine.restore import Earlier
from polydesk.engine.user_desk import (
    KILL_LATCHED,
    KILL_RELEASED,
    PAUSE_OF,
    PAUSED,
    STATE_SET,
    UNWATCHED,
    WATCH_OF,
    WATCHED,
)
from polydesk.engine.venue_desk import FREEZE_OF, THAWED
from polydesk.errors import StoreError, VenueUnavailable
from polydesk.ports import Recorder
from polydesk.replay.tape import TapeRecorder
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk, Wiring
from polydesk.runtime.desk_source import Session
from polydesk.runtime.observers import StoringObserver
from polydesk.store.directory import DeskLock
from polydesk.store.history import HistoryReader, HistoryWriter
from polydesk.store.journal import SqliteJournal
from polydesk.store.latch import KillLatch
from polydesk.store.restore import AuditRow, RestoredSession, load_session
from polydesk.venues.polymarket.rest import PolymarketRest, first_contact
from polydesk.venues.polymarket.urls import Hosts
from polydesk.views.models import Mode

JOURNAL_FILE = "journal.db"
BARS_SHOWN = 240
"""Stored bars of each interval a chart begins with."""
SKEW_NOTICED_NS = 2_000_000_000
"""The venue tells its time in whole seconds, so less cannot be told from a right clock."""
NOTICE = "Paper account: live prices, no real money. Orders go to the paper venue in this desk."


FILE_SAYS_KILLED = "it was on when the desk stopped"


def hosts_of(settings: Settings) -> Hosts:
    """Return the venue's addresses, replaced by those the settings give."""
    given = settings.hosts.model_dump()
    return replace(Hosts(), **{name: url.rstrip("/") for name, url in given.items() if url})


def earlier_of(restored: RestoredSession) -> Earlier:
    """Return what the journal holds in the form a session opens with."""
    latest = restored.latest
    day, equity = _of_day(latest, DAY_STARTED)
    lost_on, loss = _of_day(latest, LOSS_LATCHED)
    switches = [row for row in latest.values() if row.kind in {KILL_LATCHED, KILL_RELEASED}]
    is_killed = bool(switches) and switches[-1].kind == KILL_LATCHED
    counts = sorted((*key, count) for key, count in restored.decision_counts.items())
    return Earlier(
        entries=restored.entries,
        fills=restored.fills,
        settlements=restored.settlements,
        signed=_signed_and_open(restored),
        frozen=_frozen(latest),
        orders=restored.orders,
        decisions=restored.decisions,
        day=day,
        day_start_equity=UsdMicros(equity),
        latched_loss=UsdMicros(loss if lost_on == day else 0),
        paused=_paused(latest),
        decision_counts=tuple(counts),
        killed_because=switches[-1].text if is_killed else None,
        trading_state=TradingState(latest[STATE_SET].text)
        if STATE_SET in latest
        else TradingState.ACTIVE,
    )


def latched(earlier: Earlier, latch: KillLatch) -> Earlier:
    """Return it with the kill switch on when its file says so and the journal could not."""
    if not latch.is_set or earlier.killed_because is not None:
        return earlier
    return replace(earlier, killed_because=FILE_SAYS_KILLED)


def _of_day(latest: Mapping[str, AuditRow], kind: str) -> tuple[int, int]:
    """Return (day, micro-dollars) of the newest row of a kind; zeros when there is none."""
    if kind not in latest:
        return (0, 0)
    day, amount = latest[kind].text.split()
    return (int(day), int(amount))


def _signed_and_open(restored: RestoredSession) -> tuple[SignedRecord, ...]:
    still_open = {order.intent.client_order_id for order in restored.orders if order.open}
    return tuple(r for r in restored.signatures if r.client_order_id in still_open)


def _frozen(latest: Mapping[str, AuditRow]) -> tuple[tuple[TokenId, str], ...]:
    return tuple(
        (TokenId(kind.removeprefix(FREEZE_OF)), row.text)
        for kind, row in latest.items()
        if kind.startswith(FREEZE_OF) and row.text != THAWED
    )


def _paused(latest: Mapping[str, AuditRow]) -> tuple[Wallet, ...]:
    return tuple(
        Wallet(kind.removeprefix(PAUSE_OF))
        for kind, row in latest.items()
        if kind.startswith(PAUSE_OF) and row.text == PAUSED
    )


def watchlist_of(
    latest: Mapping[str, AuditRow], in_settings: Sequence[TokenId]
) -> tuple[TokenId, ...]:
    """Return the settings' outcomes that were not taken off by hand, then those put on."""
    changed = {
        TokenId(kind.removeprefix(WATCH_OF)): row.text
        for kind, row in latest.items()
        if kind.startswith(WATCH_OF)
    }
    kept = [token for token in in_settings if changed.get(token) != UNWATCHED]
    added = [token for token, text in changed.items() if text == WATCHED]
    return tuple(dict.fromkeys([*kept, *added]))


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
    keeper: HistoryKeeper
    is_finished: bool = False

    def finish(self) -> None:
        """Let orders on their way arrive, once, then keep the bars as they stand."""
        if self.is_finished:
            return
        self.is_finished = True
        self.desk.pipeline.finish()
        self.keeper.close()


@contextmanager
def paper_desk(
    settings: Settings, directory: Path, clock: LiveClock, recorder: Recorder | None = None
) -> Iterator[Paper]:
    """Open the storage of a directory, restore its account and wire a desk around it.

    Raises:
        StoreError: Another desk uses the directory, or the journal is damaged or newer.
    """
    with ExitStack() as stack:
        stack.enter_context(DeskLock(directory))
        restored = load_session(directory / JOURNAL_FILE)
        history = HistoryWriter(directory)
        stack.callback(history.close)
        journal = SqliteJournal(directory)
        stack.callback(journal.close)
        opened = _wire(settings, clock, restored, journal, history, recorder)
        stack.callback(opened.finish)
        yield opened


def _wire(
    settings: Settings,
    clock: LiveClock,
    restored: RestoredSession,
    journal: SqliteJournal,
    history: HistoryWriter,
    recorder: Recorder | None,
) -> Paper:
    latch = KillLatch(journal.path.parent)
    opening = SessionOpened(
        cash=UsdMicros(settings.paper.cash),
        leaders=tuple(leader.follow() for leader in settings.leaders),
        watch=watchlist_of(restored.latest, settings.tokens),
        limits=settings.risk.limits(),
        earlier=latched(earlier_of(restored), latch),
    )
    observer = StoringObserver(journal, history, latch)
    desk = Desk(
        Wiring(
            clock=clock,
            session=Session(Mode.PAPER, _notice(clock)),
            opening=opening,
            observer=observer,
            recorder=recorder,
        )
    )
    for leader in opening.leaders:
        history.leader(leader.wallet, leader.name, msgspec.json.encode(leader.rule).decode())
    keeper = HistoryKeeper(desk, history)
    keeper.seed([*opening.watch, *(fill.token_id for fill in restored.fills)])
    desk.listeners.append(keeper.on_event)
    watch = StoreWatch(desk, journal, history)
    observer.on_failure = watch.fail
    desk.samplers.append(watch.look)
    if isinstance(recorder, TapeRecorder):
        desk.samplers.append(RecorderWatch(desk, recorder).look)
    return Paper(desk, journal, history, clock, keeper)


def _notice(clock: LiveClock) -> str:
    if not clock.offset_ns:
        return NOTICE
    seconds = clock.offset_ns / 1_000_000_000
    return f"{NOTICE} This computer's clock is {seconds:+.0f} s away from the venue's; corrected."


class HistoryKeeper:
    """Writes trades and closed candles to the history, and shows the candles again."""

    def __init__(self, desk: Desk, history: HistoryWriter) -> None:
        self._desk = desk
        self._history = history
        self._seeded: dict[TokenId, None] = {}
        desk.source.on_bars = self._on_bars

    def seed(self, token_ids: Sequence[TokenId]) -> None:
        """Show the stored bars of tokens not seen before, so that charts go on."""
        new = [t for t in dict.fromkeys(token_ids) if t not in self._seeded]
        self._seeded.update(dict.fromkeys(new))
        if new:
            try:
                self._seed(new)
            except StoreError as error:
                self._desk.source.notify("warning", f"Charts begin empty: {error}")

    def _seed(self, token_ids: Sequence[TokenId]) -> None:
        with closing(HistoryReader(self._history.path)) as reader:
            for token_id in token_ids:
                for interval in STORED_INTERVALS:
                    bars = reader.candles(token_id, interval, BARS_SHOWN)
                    self._desk.candles.seed(token_id, interval, bars)

    def on_event(self, event: ev.Event) -> None:
        """Keep prints and followed trades; seed what is watched from now on."""
        if isinstance(event, ev.TradePrinted):
            self._history.trade(event)
        elif isinstance(event, ev.WalletTraded):
            self._history.leader_trade(event)
        elif isinstance(event, ev.UserCommandGiven) and isinstance(event.command, Watch):
            self.seed(event.command.token_ids)

    def close(self) -> None:
        """Keep the bars that are still open."""
        self._on_bars(self._desk.candles.close_all())

    def _on_bars(self, bars: Sequence[ClosedBar]) -> None:
        for bar in bars:
            if bar.interval_s in STORED_INTERVALS:
                self._history.candle(bar.token_id, bar.interval_s, bar.candle)


class StoreWatch:
    """Halts trading when the journal fails, keeps a PnL point a minute, tidies once a day."""

    EVERY = 60
    DAY = 86_400

    def __init__(self, desk: Desk, journal: SqliteJournal, history: HistoryWriter) -> None:
        self._desk = desk
        self._journal = journal
        self._history = history
        self._count = 0
        self._has_halted = False
        self._told: str | None = None

    def fail(self, problem: str | None) -> None:
        """Halt trading, once: what is done can no longer be recorded."""
        if not self._has_halted:
            self._has_halted = True
            self._desk.halt(problem or "the journal cannot be written")

    def look(self) -> None:
        """Look once a second."""
        if self._journal.failed:
            self.fail(self._journal.problem)
        if self._history.problem not in {None, self._told}:
            self._told = self._history.problem
            self._desk.source.notify("warning", f"{self._told}; trading goes on")
        if self._count % self.DAY == 0:
            self._history.apply_retention(self._desk.source.now_ns())
        self._count += 1
        if self._count % self.EVERY == 0:
            totals = self._desk.engine.account.totals()
            now = self._desk.engine.now
            self._history.pnl(now, totals.equity, totals.cash, totals.realised, totals.unrealised)


class RecorderWatch:
    """Says once when the recording stops; the desk goes on."""

    def __init__(self, desk: Desk, recorder: TapeRecorder) -> None:
        self._desk = desk
        self._recorder = recorder
        self._has_told = False

    def look(self) -> None:
        """Look once a second."""
        if self._recorder.error is not None and not self._has_told:
            self._has_told = True
            self._desk.source.notify("error", self._recorder.error)
