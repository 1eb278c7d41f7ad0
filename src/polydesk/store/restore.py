"""Read a journal back: prove its chain, then hand out what a desk needs to go on."""

from __future__ import annotations

import heapq
import sqlite3
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.folding import Folding
from polydesk.domain.ids import ClientOrderId, Wallet
from polydesk.domain.ledger import Entry, Ledger, Posting
from polydesk.domain.orders import Order
from polydesk.domain.signed import SignedRecord
from polydesk.errors import InvariantError, StoreError
from polydesk.store import rows
from polydesk.store.chain import Head, link
from polydesk.store.migrations import applied, check_known
from polydesk.store.schema import JOURNAL
from polydesk.store.sqlite import connect_reader
from polydesk.store.witness import Witness

KEEP_DECISIONS = 1_000
KEEP_AUDIT = 1_000


class AuditRow(NamedTuple):
    """Who did what and why."""

    ts: int
    """Nanoseconds UTC."""
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class RestoredSession:
    """Everything an earlier desk recorded in this directory."""

    entries: tuple[Entry, ...] = ()
    """All ledger entries, oldest first."""
    fills: tuple[Fill, ...] = ()
    """All fills, oldest first."""
    settlements: tuple[SettledFill, ...] = ()
    """What became of fills that were not money at once, oldest first."""
    signatures: tuple[SignedRecord, ...] = ()
    """Every signed order, oldest first."""
    orders: tuple[Order, ...] = ()
    """Every order in its latest state, in the order they were first recorded."""
    decisions: tuple[Decision, ...] = ()
    """The newest decisions, oldest first."""
    decision_counts: Mapping[tuple[Wallet, Verdict], int] = field(default_factory=dict)
    """All decisions ever recorded, by leader and verdict."""
    audit: tuple[AuditRow, ...] = ()
    """The newest audit rows, oldest first."""
    latest: Mapping[str, AuditRow] = field(default_factory=dict)
    """The newest audit row of each kind ever recorded, in the order they were written."""
    head: Head = Head()

    @property
    def empty(self) -> bool:
        """Whether nothing was ever recorded."""
        return self.head.n == 0

    @property
    def last_decision_seq(self) -> int:
        """Number of the newest decision, 0 when there is none."""
        return self.decisions[-1].seq if self.decisions else 0

    def ledger(self) -> Ledger:
        """Return the books as they were.

        Raises:
            StoreError: The entries do not follow from the fills.
        """
        return fold(self.entries, self.fills, self.settlements)


def load_session(
    path: Path, *, keep_decisions: int = KEEP_DECISIONS, keep_audit: int = KEEP_AUDIT
) -> RestoredSession:
    """Verify a journal row by row and return what it holds; nothing there gives an empty session.

    Args:
        path: The journal file.
        keep_decisions: How many of the newest decisions to return.
        keep_audit: How many of the newest audit rows to return.

    Raises:
        StoreError: The file is unreadable, of a newer version, changed (the sentence names the
            first bad row), or ends before rows that were certainly written.
    """
    # Read before the database, so that a desk writing meanwhile can only be ahead of it.
    witness = Witness(path)
    remembered = witness.read()
    if not path.exists() or not path.stat().st_size:
        return _nothing_lost(witness, remembered)
    connection = connect_reader(path)
    try:
        connection.execute("BEGIN")
        done = applied(connection)
        check_known(path, done, JOURNAL)
        if not done:
            return _nothing_lost(witness, remembered)
        collector = _Collector(keep_decisions, keep_audit)
        head = verify(connection, collector)
        check_witness(witness, remembered, head, connection)
        return collector.session(head)
    except sqlite3.Error as error:
        raise StoreError(f"{path} is damaged: {error}; restore a backup") from error
    finally:
        connection.close()


def _nothing_lost(witness: Witness, remembered: Head | None) -> RestoredSession:
    if remembered is not None and remembered.n:
        raise StoreError(_lost(witness, remembered, 0))
    return RestoredSession()


def verify(connection: sqlite3.Connection, collector: _Collector | None = None) -> Head:
    """Recompute the whole chain and return its head.

    Raises:
        StoreError: A row is missing or was changed; the sentence names the first one.
    """
    head = Head()
    for number, digest, table, values in _all_rows(connection):
        if number != head.n + 1:
            raise StoreError(f"the journal is damaged: row {head.n + 1} is missing")
        head = link(head, table.name, table.covered(values))
        if digest != head.hash:
            raise StoreError(
                f"the journal is damaged: row {number} ({table.name}) is not what was written"
            )
        if collector is not None:
            collector.take(table.name, values)
    return head


_JournalRow = tuple[int, bytes, rows.Table, tuple[Any, ...]]
"""(number, hash, table, values with the postings of an entry as the last one)."""


def _all_rows(connection: sqlite3.Connection) -> Iterator[_JournalRow]:
    """Yield the rows of all tables by number."""
    schema = len(applied(connection))
    streams = [
        _entry_rows(connection, schema)
        if table is rows.ENTRIES
        else _table_rows(connection, table, schema)
        for table in rows.tables_of(schema)
    ]
    return heapq.merge(*streams, key=lambda row: row[0])


def _table_rows(
    connection: sqlite3.Connection, table: rows.Table, schema: int
) -> Iterator[_JournalRow]:
    for number, digest, *values in connection.execute(table.select(schema)):
        yield number, digest, table, tuple(values)


def _entry_rows(connection: sqlite3.Connection, schema: int) -> Iterator[_JournalRow]:
    lines = connection.execute(
        "SELECT p.n, a.name, p.amount FROM postings AS p"
        " LEFT JOIN accounts AS a ON a.id = p.account ORDER BY p.n, p.position"
    )
    groups = groupby(lines, key=lambda line: line[0])
    owner, group = next(groups, (None, iter(())))
    for number, digest, table, values in _table_rows(connection, rows.ENTRIES, schema):
        postings: tuple[Posting, ...] = ()
        if owner == number:
            postings = tuple((account, amount) for _, account, amount in group)
            owner, group = next(groups, (None, iter(())))
        yield number, digest, table, (*values, postings)


def read_head(connection: sqlite3.Connection) -> Head:
    """Return the last row's number and hash without walking the chain."""
    parts = " UNION ALL ".join(
        f"SELECT * FROM (SELECT n, hash FROM {table.name} ORDER BY n DESC LIMIT 1)"
        for table in rows.tables_of(len(applied(connection)))
    )
    found = connection.execute(f"{parts} ORDER BY n DESC LIMIT 1").fetchone()
    return Head() if found is None else Head(found[0], found[1])


def check_witness(
    witness: Witness, remembered: Head | None, head: Head, connection: sqlite3.Connection
) -> None:
    """Compare the journal with the head remembered outside of it.

    Raises:
        StoreError: Rows that were durable are gone, or the journal is another one.
    """
    if remembered is None or remembered == head or not remembered.n:
        return
    if remembered.n > head.n:
        raise StoreError(_lost(witness, remembered, head.n))
    for table in rows.tables_of(len(applied(connection))):
        found = connection.execute(
            f"SELECT hash FROM {table.name} WHERE n = ?", (remembered.n,)
        ).fetchone()
        if found is not None and found[0] == remembered.hash:
            return
    raise StoreError(
        f"the journal is not the one {witness.path} remembers (row {remembered.n} differs); "
        f"if you put back a backup on purpose, remove {witness.path.name}"
    )


def _lost(witness: Witness, remembered: Head, last: int) -> str:
    return (
        f"the journal ends at row {last} but row {remembered.n} had been written; "
        f"if you put back a backup on purpose, remove {witness.path}"
    )


class _Collector:
    """Gathers the verified rows of a session."""

    def __init__(self, keep_decisions: int, keep_audit: int) -> None:
        self._entries: list[Entry] = []
        self._fills: list[Fill] = []
        self._settlements: list[SettledFill] = []
        self._signatures: list[SignedRecord] = []
        self._orders: dict[ClientOrderId, tuple[Any, ...]] = {}
        self._decisions: deque[tuple[Any, ...]] = deque(maxlen=keep_decisions)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._audit: deque[AuditRow] = deque(maxlen=keep_audit)
        self._latest: dict[str, AuditRow] = {}

    def take(self, table: str, values: tuple[Any, ...]) -> None:
        """Take the next row; only what is returned in the end is decoded."""
        if table == rows.DECISIONS.name:
            self._decisions.append(values)
            self._counts[values[2], values[8]] += 1
        elif table == rows.ORDERS.name:
            self._orders[values[0]] = values
        elif table == rows.FILLS.name:
            self._fills.append(rows.fill_from(values))
        elif table == rows.ENTRIES.name:
            self._entries.append(rows.entry_from(values[:-1], values[-1]))
        elif table == rows.SETTLEMENTS.name:
            self._settlements.append(rows.settled_from(values))
        elif table == rows.SIGNATURES.name:
            self._signatures.append(rows.signed_from(values))
        else:
            row = AuditRow(*values)
            self._audit.append(row)
            self._latest.pop(row.kind, None)
            self._latest[row.kind] = row

    def session(self, head: Head) -> RestoredSession:
        """Return what was gathered."""
        return RestoredSession(
            entries=tuple(self._entries),
            fills=tuple(self._fills),
            settlements=tuple(self._settlements),
            signatures=tuple(self._signatures),
            orders=tuple(rows.order_from(row) for row in self._orders.values()),
            decisions=tuple(rows.decision_from(row) for row in self._decisions),
            decision_counts={
                (Wallet(leader), Verdict(verdict)): count
                for (leader, verdict), count in self._counts.items()
            },
            audit=tuple(self._audit),
            latest=self._latest,
            head=head,
        )


def fold(
    entries: tuple[Entry, ...],
    fills: tuple[Fill, ...],
    settlements: tuple[SettledFill, ...] = (),
) -> Ledger:
    """Book all entries again and return the ledger they make.

    Raises:
        StoreError: An entry is not what booking the same happening gives.
    """
    folding = Folding(fills, settlements)
    try:
        for entry in entries:
            folding.book(entry)
        return folding.finish()
    except InvariantError as error:
        raise StoreError(f"the journal does not add up: {error}") from error
