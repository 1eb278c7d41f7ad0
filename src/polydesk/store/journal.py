"""The durable record of the desk: ``journal.db``, append-only and hash-chained.

Every record gets the next number of one chain over all tables, so the order in which things
happened is kept and a missing or changed row is found on the next start.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from polydesk.domain.decisions import Decision
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.ledger import Entry, Posting
from polydesk.domain.orders import Order
from polydesk.domain.signed import SignedRecord
from polydesk.domain.text import clean
from polydesk.errors import StoreError
from polydesk.store import rows
from polydesk.store.chain import Head, link
from polydesk.store.directory import prepare_directory
from polydesk.store.migrations import migrate
from polydesk.store.restore import check_witness, read_head
from polydesk.store.schema import JOURNAL
from polydesk.store.sqlite import connect_writer
from polydesk.store.witness import Witness
from polydesk.store.writer import BatchWriter, Item, WriterSettings

JOURNAL_NAME: Final = "journal.db"
MAX_DELAY_S: Final = 0.05
CAPACITY: Final = 100_000
_AUDIT_CAP = 1_000
_DECISION, _ORDER, _FILL, _ENTRIES, _AUDIT, _SIGNED, _SETTLED = range(7)


class SqliteJournal:
    """Implements ``ports.Journal``. Every record is on disk within about 50 ms; ``flush`` waits.

    Use it only while a ``DeskLock`` holds the directory. Once ``failed`` is true nothing more is
    taken and every record raises StoreError: the caller halts.
    """

    def __init__(self, directory: Path, *, capacity: int = CAPACITY) -> None:
        prepare_directory(directory)
        self.path = directory / JOURNAL_NAME
        connection = connect_writer(self.path, synchronous="FULL")
        try:
            migrate(connection, self.path, JOURNAL)
            self._sink = _JournalSink(connection, self.path)
        except (StoreError, sqlite3.Error) as error:
            connection.close()
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{self.path} cannot be read: {error}") from error
        self._writer = BatchWriter(
            connection,
            self._sink,
            WriterSettings("journal", 100, MAX_DELAY_S, capacity, must_not_lose=True),
        )

    @property
    def failed(self) -> bool:
        """Whether the journal takes nothing more; trading must halt."""
        return self._writer.failed

    @property
    def problem(self) -> str | None:
        """What is wrong, in one sentence."""
        return self._writer.problem

    @property
    def waiting(self) -> int:
        """Records not yet on disk."""
        return self._writer.waiting

    def decision(self, decision: Decision) -> None:
        """Record a copy decision; raise StoreError when the journal has failed."""
        self._writer.put(_DECISION, decision)

    def order(self, order: Order) -> None:
        """Record an order's present state; raise StoreError when the journal has failed."""
        # The engine goes on changing the order, so its state is taken now.
        self._writer.put(_ORDER, rows.order_row(order))

    def fill(self, fill: Fill, entry: Entry) -> None:
        """Record a fill with its ledger entry, both or neither."""
        self._writer.put(_FILL, (fill, entry))

    def signed(self, record: SignedRecord) -> None:
        """Record a signed order; wait with ``durable`` before its first byte leaves.

        An order has one signature and a signature one order: a second one breaks the journal.
        """
        self._writer.put(_SIGNED, record)

    def settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """Record what became of a fill and the entry that takes it out, both or neither."""
        self._writer.put(_SETTLED, (replace(settled, reason=clean(settled.reason)), entry))

    def entry(self, *entries: Entry) -> None:
        """Record ledger entries that are not fills, all or none."""
        self._writer.put(_ENTRIES, entries)

    def audit(self, ts: int, kind: str, text: str) -> None:
        """Record who did what and why; the text is made inert."""
        self._writer.put(_AUDIT, (ts, kind, clean(text, _AUDIT_CAP)))

    def head(self) -> Head:
        """Return the end of the chain that is durable."""
        return self._sink.head

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything recorded so far is on disk; raise StoreError when it cannot."""
        self._writer.flush(timeout_s)

    def when_durable(self, callback: Callable[[], None]) -> None:
        """Call back on the writer's thread once everything recorded so far is on disk.

        It is also called when the journal has failed: look at ``failed``.
        """
        self._writer.when_durable(callback)

    async def durable(self) -> None:
        """Wait until everything recorded so far is on disk, without the wait for company.

        Raises:
            StoreError: The journal has failed; what was recorded last may not be on disk.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def tell() -> None:
            # The loop may be gone by the time the disk has answered.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_finish, done)

        self._writer.when_durable(tell)
        await done
        if self.failed:
            raise StoreError(self.problem or "the journal is closed")

    def close(self) -> None:
        """Write what waits and close the file; raise StoreError when something was not written."""
        self._writer.close()


class _JournalSink:
    """Numbers, chains and inserts the records of one batch."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._witness = Witness(path)
        self.head = read_head(connection)
        check_witness(self._witness, self._witness.read(), self.head, connection)
        self._next = self.head
        self._tokens: dict[str, int] = _names(connection, "tokens", "token")
        self._accounts: dict[str, int] = _names(connection, "accounts", "name")
        self._inserts: dict[str, list[rows.Row]] = defaultdict(list)

    def write(self, connection: sqlite3.Connection, items: list[Item]) -> None:
        """Write the items inside the transaction that is open."""
        self._next = self.head
        for kind, content in items:
            self._record(connection, kind, content)
        for sql, lines in self._inserts.items():
            connection.executemany(sql, lines)
        self._inserts.clear()

    def committed(self) -> None:
        """Take the new head and tell the witness."""
        self.head = self._next
        self._witness.write(self.head)

    def rolled_back(self) -> None:
        """Drop the rows prepared; the writer fails for good."""
        self._inserts.clear()

    def _record(self, connection: sqlite3.Connection, kind: int, content: Any) -> None:
        if kind == _DECISION:
            self._add(connection, rows.DECISIONS, rows.decision_row(content))
        elif kind == _ORDER:
            self._add(connection, rows.ORDERS, content)
        elif kind == _FILL:
            fill, entry = content
            self._add(connection, rows.FILLS, rows.fill_row(fill))
            self._add_entry(connection, entry)
        elif kind == _ENTRIES:
            for entry in content:
                self._add_entry(connection, entry)
        elif kind == _SIGNED:
            self._add(connection, rows.SIGNATURES, rows.signed_row(content))
        elif kind == _SETTLED:
            settled, taken_out = content
            self._add(connection, rows.SETTLEMENTS, rows.settled_row(settled))
            if taken_out is not None:
                self._add_entry(connection, taken_out)
        else:
            self._add(connection, rows.AUDIT, content)

    def _add(self, connection: sqlite3.Connection, table: rows.Table, row: rows.Row) -> None:
        self._next = link(self._next, table.name, table.covered(row))
        place = table.token_index
        if place is not None:
            token = _intern(connection, self._tokens, "tokens (id, token)", row[place])
            row = (*row[:place], token, *row[place + 1 :])
        self._inserts[table.insert].append((self._next.n, self._next.hash, *row))

    def _add_entry(self, connection: sqlite3.Connection, entry: Entry) -> None:
        row = rows.entry_row(entry)
        self._next = link(self._next, rows.ENTRIES.name, (*row, entry.postings))
        number = self._next.n
        self._inserts[rows.ENTRIES.insert].append((number, self._next.hash, *row))
        postings = self._inserts["INSERT INTO postings VALUES (?, ?, ?, ?)"]
        for position, posting in enumerate(entry.postings):
            postings.append((number, position, *self._posting(connection, posting)))

    def _posting(self, connection: sqlite3.Connection, posting: Posting) -> tuple[int, int]:
        name, amount = posting
        return _intern(connection, self._accounts, "accounts (id, name)", name), amount


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _names(connection: sqlite3.Connection, table: str, column: str) -> dict[str, int]:
    return dict(connection.execute(f"SELECT {column}, id FROM {table}").fetchall())


def _intern(connection: sqlite3.Connection, known: dict[str, int], target: str, name: str) -> int:
    """Return the number of a long name, storing it at its first use."""
    number = known.get(name)
    if number is None:
        number = len(known) + 1
        connection.execute(f"INSERT INTO {target} VALUES (?, ?)", (number, name))
        known[name] = number
    return number
