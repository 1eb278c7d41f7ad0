"""Paper trading on the live streams, with a journal that survives restarts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from polydesk.config.models import Settings
from polydesk.domain.units import UsdMicros
from polydesk.ports import Recorder
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk, Wiring
from polydesk.runtime.desk_source import Session
from polydesk.runtime.earlier import earlier_of, latched, watchlist_of
from polydesk.runtime.keeping import HistoryKeeper, keep_history, watch_stores
from polydesk.runtime.observers import StoringObserver
from polydesk.store.directory import DeskLock
from polydesk.store.history import HistoryWriter
from polydesk.store.journal import JOURNAL_NAME, SqliteJournal
from polydesk.store.latch import KillLatch
from polydesk.store.restore import RestoredSession, load_session
from polydesk.views.models import Mode

NOTICE = "Paper account: live prices, no real money. Orders go to the paper venue in this desk."


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
        restored = load_session(directory / JOURNAL_NAME)
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
    keeper = keep_history(desk, history, opening, restored)
    watch_stores(desk, journal, history, observer, recorder)
    return Paper(desk, journal, history, clock, keeper)


def _notice(clock: LiveClock) -> str:
    if not clock.offset_ns:
        return NOTICE
    seconds = clock.offset_ns / 1_000_000_000
    return f"{NOTICE} This computer's clock is {seconds:+.0f} s away from the venue's; corrected."
