"""Keeps the history of a session, and watches over its files."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import msgspec

from polydesk.analytics.candles import STORED_INTERVALS, ClosedBar
from polydesk.domain import events as ev
from polydesk.domain.commands import Watch
from polydesk.domain.ids import TokenId
from polydesk.errors import StoreError
from polydesk.ports import Recorder
from polydesk.replay.tape import TapeRecorder
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk
from polydesk.runtime.observers import StoringObserver
from polydesk.store.history import HistoryReader, HistoryWriter
from polydesk.store.journal import SqliteJournal
from polydesk.store.restore import RestoredSession

BARS_SHOWN = 240
"""Stored bars of each interval a chart begins with."""


def keep_history(
    desk: Desk, history: HistoryWriter, opening: SessionOpened, restored: RestoredSession
) -> HistoryKeeper:
    """Store what a desk sees from now on, and show what earlier sessions stored."""
    for leader in opening.leaders:
        history.leader(leader.wallet, leader.name, msgspec.json.encode(leader.rule).decode())
    keeper = HistoryKeeper(desk, history)
    keeper.seed([*opening.watch, *(fill.token_id for fill in restored.fills)])
    desk.listeners.append(keeper.on_event)
    return keeper


def watch_stores(
    desk: Desk,
    journal: SqliteJournal,
    history: HistoryWriter,
    observer: StoringObserver,
    recorder: Recorder | None,
) -> None:
    """Halt a desk whose journal fails, and tell when its recording stops."""
    watch = StoreWatch(desk, journal, history)
    observer.on_failure = watch.fail
    desk.samplers.append(watch.look)
    if isinstance(recorder, TapeRecorder):
        desk.samplers.append(RecorderWatch(desk, recorder).look)


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
