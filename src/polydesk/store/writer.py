"""A thread that owns a database connection and writes rows in batches.

The caller only appends to a queue: no lock, no system call, and no thread is woken that would
want the interpreter at once, so the desk's loop never waits for a disk. The thread looks by itself
as often as rows may wait. Rows are written in the order they were put.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from polydesk.errors import StoreError

Item = tuple[int, Any]
"""(kind of row, what the sink turns into a row)."""
_BARRIER = -1
"""Kind of an item that carries a callable to run once everything before it is committed."""
_JOB = -2
"""Kind of an item that carries maintenance work to run in a transaction of its own."""
Job = Callable[[sqlite3.Connection], bool]
"""Maintenance: does one piece of work and returns whether there is more."""


class Sink(Protocol):
    """Turns items into SQL. Every method runs on the writer's thread."""

    def write(self, connection: sqlite3.Connection, items: list[Item]) -> None:
        """Write the items inside the transaction that is open."""
        ...

    def committed(self) -> None:
        """Learn that what was written is durable."""
        ...

    def rolled_back(self) -> None:
        """Forget what was remembered about the items last written."""
        ...


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """How a writer batches and what it does about trouble."""

    name: str
    max_rows: int = 100
    """Rows that are written at once instead of waiting."""
    max_delay_s: float = 1.0
    """Between two looks for rows that wait."""
    capacity: int = 200_000
    """Rows that may wait."""
    must_not_lose: bool = False
    """True: any trouble is final and every later ``put`` raises StoreError. False: a busy or
    full disk is retried, rows beyond the capacity are dropped and counted."""
    max_batch: int = 5_000
    """Rows in one transaction."""


class BatchWriter:
    """Batches rows on a thread of its own. ``put`` never blocks."""

    def __init__(
        self, connection: sqlite3.Connection, sink: Sink, settings: WriterSettings
    ) -> None:
        self.problem: str | None = None
        """The newest trouble in one sentence; None when all is well."""
        self.failed = False
        """True once rows are refused for good; rows already waiting are still written if possible."""
        self.written = 0
        """Items committed."""
        self.lost = 0
        """Items dropped."""
        self._connection = connection
        self._sink = sink
        self._settings = settings
        self._queue: deque[Item] = deque()
        self._hurry = threading.Event()
        self._closing = threading.Event()
        self._broken = False
        self._ended = False
        self._thread = threading.Thread(
            target=self._run, name=f"polydesk-{settings.name}", daemon=True
        )
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Items not yet written."""
        return len(self._queue)

    def put(self, kind: int, content: Any) -> None:
        """Queue one item.

        Raises:
            StoreError: The writer has failed or is closed; with ``must_not_lose`` also when the
                queue is full, which makes the failure final.
        """
        if self.failed or self._closing.is_set():
            self._refuse()
            return
        queue = self._queue
        depth = len(queue)
        if depth >= self._settings.capacity:
            self._overflow()
            return
        queue.append((kind, content))
        if depth >= self._settings.max_rows and not self._hurry.is_set():
            self._hurry.set()

    def run_job(self, job: Job) -> None:
        """Queue maintenance; it is repeated, between other rows, while it returns True."""
        self.put(_JOB, job)

    def when_durable(self, callback: Callable[[], None]) -> None:
        """Call back, on the writer's thread, once everything put so far is committed.

        The callback also runs when the writer has failed: look at ``failed`` in it.
        """
        if self.failed or self._closing.is_set():
            callback()
            return
        self._queue.append((_BARRIER, callback))
        self._hurry.set()
        if self._ended:
            self._release()

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything put so far is committed.

        Raises:
            StoreError: It could not be written, or not within the time.
        """
        done = threading.Event()
        self.when_durable(done.set)
        if not done.wait(timeout_s):
            late = f"the {self._settings.name} did not answer within {timeout_s:g} s"
            raise StoreError(self.problem or late)
        if self.failed:
            raise StoreError(self.problem or f"the {self._settings.name} is closed")

    def close(self, timeout_s: float = 30.0) -> None:
        """Write what is waiting, end the thread and close the file; twice is harmless.

        Raises:
            StoreError: Something could not be written.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._hurry.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise StoreError(f"the {self._settings.name} did not close within {timeout_s:g} s")
        if self.failed:
            raise StoreError(self.problem or f"the {self._settings.name} has failed")

    def _refuse(self) -> None:
        if self._settings.must_not_lose:
            raise StoreError(self.problem or f"the {self._settings.name} is closed")
        self.lost += 1

    def _overflow(self) -> None:
        reason = f"{self._settings.capacity:,} rows are waiting"
        if self._settings.must_not_lose:
            self._fail(f"the {self._settings.name} cannot keep up: {reason}")
            raise StoreError(self.problem or reason)
        self.lost += 1
        self.problem = f"the {self._settings.name} drops rows ({self.lost:,}): {reason}"

    def _fail(self, problem: str) -> None:
        self.problem = problem
        self.failed = True

    def _break(self, problem: str) -> None:
        self._broken = True
        self._fail(problem)

    # Everything below runs on the writer's thread.

    def _run(self) -> None:
        try:
            while not self._closing.is_set() and not self._broken:
                self._hurry.wait(self._settings.max_delay_s)
                self._hurry.clear()
                self._drain()
            self._drain()
        except Exception as error:  # noqa: BLE001 - kept as the failure every caller sees
            self._break(f"the {self._settings.name} stopped: {error!r}")
        finally:
            self._connection.close()
            self._ended = True
            self._release()

    def _drain(self) -> None:
        """Write all that waits; on trouble that may pass, leave it for the next round."""
        waiting = len(self._queue)
        while waiting > 0 and not self._broken:
            taken = self._take(min(waiting, self._settings.max_batch))
            waiting -= len(taken)
            if not self._write(taken):
                return

    def _take(self, limit: int) -> list[Item]:
        queue = self._queue
        return [queue.popleft() for _ in range(limit)]

    def _write(self, items: list[Item]) -> bool:
        rows = [item for item in items if item[0] >= 0]
        try:
            if rows:
                self._transact(rows)
        except sqlite3.OperationalError as error:
            self._stumble(items, error)
            return False
        except (sqlite3.Error, OverflowError, ValueError, TypeError) as error:
            self._salvage(rows, error)
        except BaseException:
            self._queue.extendleft(reversed(items))
            raise
        self._finish(items)
        return True

    def _transact(self, rows: list[Item]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._sink.write(connection, rows)
            connection.execute("COMMIT")
        except BaseException:
            self._sink.rolled_back()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self.written += len(rows)
        self._sink.committed()
        if self.problem is not None and not self.failed and not self.lost:
            self.problem = None

    def _stumble(self, items: list[Item], error: sqlite3.OperationalError) -> None:
        """Keep the items for another try, unless losing is not allowed."""
        self._queue.extendleft(reversed(items))
        problem = f"the {self._settings.name} cannot be written: {error}"
        if self._settings.must_not_lose or self._closing.is_set():
            # After a failed sync the connection must not be trusted again.
            self._break(problem)
        else:
            self.problem = problem
            self._closing.wait(self._settings.max_delay_s)

    def _salvage(self, rows: list[Item], error: Exception) -> None:
        """Write the good rows of a batch one by one and count the bad ones."""
        problem = f"the {self._settings.name} was given a row it cannot hold: {error}"
        if self._settings.must_not_lose:
            self.lost += len(rows)
            self._break(problem)
            return
        for row in rows:
            try:
                self._transact([row])
            except (sqlite3.Error, OverflowError, ValueError, TypeError):
                self.lost += 1
        self.problem = problem

    def _finish(self, items: list[Item]) -> None:
        for kind, content in items:
            if kind == _BARRIER:
                content()
            elif kind == _JOB and self._work(content):
                self._queue.append((_JOB, content))

    def _work(self, job: Job) -> bool:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            more = job(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self.problem = f"the {self._settings.name} cannot be tidied: {error}"
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            return False
        return more and not self._closing.is_set()

    def _release(self) -> None:
        """Let waiting callers go; rows that are still here are lost."""
        while self._queue:
            kind, content = self._queue.popleft()
            if kind == _BARRIER:
                content()
            else:
                self.lost += 1
