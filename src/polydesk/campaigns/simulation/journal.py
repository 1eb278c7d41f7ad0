"""A journal in memory that keeps, when the desk dies, only what had reached the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from polydesk.campaigns.simulation.schedule import MS
from polydesk.domain.decisions import Decision
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.ledger import Entry, Ledger
from polydesk.domain.orders import Order
from polydesk.domain.signed import SignedRecord
from polydesk.engine.observer import SilentObserver
from polydesk.engine.user_desk import KILL_LATCHED, KILL_RELEASED
from polydesk.store import rows
from polydesk.store.chain import Head
from polydesk.store.restore import AuditRow, RestoredSession, fold

BATCH_CUT = 0.1
"""Chance that the writer's thread has just taken what there was, in the middle of an event."""
Row = tuple[int, str, Any]
"""(when it is on disk, kind, what was written)."""


class MemoryJournal(SilentObserver):
    """Rows in the order in which they were written; each is durable a while later."""

    def __init__(self, chance: Random, cuts: Random, now: Callable[[], int]) -> None:
        self.rows: list[Row] = []
        self.latch = False
        """The kill switch's own file: it is set at once and outlives every crash."""
        self.slow = 0.0
        """Chance that a batch takes seconds."""
        self.first: dict[ClientOrderId, int] = {}
        """When each order's first row is on disk, and so with its signature."""
        self.signed_at: dict[ClientOrderId, int] = {}
        self._chance = chance
        self._cuts = cuts
        self._now = now
        self._batch_ends = 0
        self._reading = Reading()
        self._read = 0
        """Rows that were read."""

    def _write(self, kind: str, what: Any) -> int:
        """Add a row to the batch that is being written; return when it is on disk."""
        now = self._now()
        if now >= self._batch_ends:
            is_slow = self.slow and self._chance.random() < self.slow
            delay = self._chance.randrange(500, 8_000) if is_slow else self._chance.randrange(1, 20)
            self._batch_ends = now + delay * MS
        elif self._cuts.random() < BATCH_CUT:
            self._batch_ends += self._cuts.randrange(1, 20) * MS
        self.rows.append((self._batch_ends, kind, what))
        return self._batch_ends

    def signed(self, record: SignedRecord) -> int:
        """Record a signature; return when it is on disk."""
        at = self._write("signed", record)
        self.signed_at[record.client_order_id] = at
        return at

    def on_decision(self, decision: Decision) -> None:
        """Record a decision."""
        self._write("decision", decision)

    def on_order(self, order: Order) -> None:
        """Record an order's present state."""
        at = self._write("order", rows.order_row(order))
        self.first.setdefault(order.intent.client_order_id, at)

    def on_fill(self, fill: Fill, entry: Entry) -> None:
        """Record a fill with its entry."""
        self._write("fill", (fill, entry))

    def on_settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """Record what became of a fill."""
        self._write("settled", (settled, entry))

    def on_entry(self, *entries: Entry) -> None:
        """Record entries, all or none."""
        self._write("entries", entries)

    def on_audit(self, ts: int, kind: str, text: str) -> None:
        """Record an audit row; the latch is set before it and let go after it."""
        if kind == KILL_LATCHED:
            self.latch = True
        self._write("audit", AuditRow(ts, kind, text))
        if kind == KILL_RELEASED:
            self.latch = False

    def crash(self) -> None:
        """Forget what had not reached the disk."""
        now = self._now()
        while self.rows and self.rows[-1][0] > now:
            self.rows.pop()
        self._batch_ends = 0
        self._reading, self._read = Reading(), 0

    def read(self) -> Reading:
        """Return what the rows hold; only those that are new since the last time are read."""
        for _, kind, what in self.rows[self._read :]:
            self._reading.take(kind, what)
        self._read = len(self.rows)
        return self._reading

    def session(self) -> RestoredSession:
        """Return what the rows hold, as reading a journal's file does."""
        return self.read().session(len(self.rows))


class Reading:
    """What rows come to."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.fills: list[Fill] = []
        self.settlements: list[SettledFill] = []
        self.orders: dict[str, rows.Row] = {}
        """Newest row of each order."""
        self._signatures: list[SignedRecord] = []
        self._decisions: list[Decision] = []
        self._latest: dict[str, AuditRow] = {}

    def take(self, kind: str, what: Any) -> None:
        """Take the next row."""
        if kind == "order":
            self.orders[what[0]] = what
        elif kind == "fill":
            self.fills.append(what[0])
            self.entries.append(what[1])
        elif kind == "settled":
            self.settlements.append(what[0])
            if what[1] is not None:
                self.entries.append(what[1])
        elif kind == "entries":
            self.entries += what
        elif kind == "signed":
            self._signatures.append(what)
        elif kind == "decision":
            self._decisions.append(what)
        else:
            self._latest.pop(what.kind, None)
            self._latest[what.kind] = what

    def ledger(self) -> Ledger:
        """Fold all entries, from the first on."""
        return fold(tuple(self.entries), tuple(self.fills), tuple(self.settlements))

    def session(self, count: int) -> RestoredSession:
        """Return it in the form in which a session goes on."""
        decisions = self._decisions
        return RestoredSession(
            entries=tuple(self.entries),
            fills=tuple(self.fills),
            settlements=tuple(self.settlements),
            signatures=tuple(self._signatures),
            orders=tuple(rows.order_from(row) for row in self.orders.values()),
            decisions=tuple(decisions),
            decision_counts=Counter((d.leader, d.verdict) for d in decisions),
            latest=dict(self._latest),
            head=Head(count),
        )
