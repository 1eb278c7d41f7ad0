"""The batching writer: order, batches, durability, and trouble that is never silent."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from polydesk.errors import StoreError
from polydesk.store.sqlite import connect_reader, connect_writer
from polydesk.store.writer import BatchWriter, Item, WriterSettings


class NumberSink:
    """Writes numbers; can be told to wait or to fail."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.trouble: Exception | None = None
        self.batches: list[int] = []

    def write(self, connection: sqlite3.Connection, items: list[Item]) -> None:
        self.entered.set()
        self.gate.wait(10)
        if self.trouble is not None:
            raise self.trouble
        connection.executemany("INSERT INTO t (x) VALUES (?)", [(x,) for _, x in items])
        self.batches.append(len(items))

    def committed(self) -> None:
        pass

    def rolled_back(self) -> None:
        pass


class Bench:
    """A writer over one table of integers."""

    def __init__(self, path: Path, settings: WriterSettings) -> None:
        self.path = path
        self.sink = NumberSink()
        connection = connect_writer(path, synchronous="NORMAL")
        connection.execute("CREATE TABLE t (x INTEGER NOT NULL CHECK (x >= 0)) STRICT")
        self.writer = BatchWriter(connection, self.sink, settings)

    def stored(self) -> list[int]:
        reader = connect_reader(self.path)
        rows = [x for (x,) in reader.execute("SELECT x FROM t ORDER BY rowid")]
        reader.close()
        return rows


LENIENT = WriterSettings("history", max_delay_s=0.02, capacity=1_000)
CHUNK_SQL = "DELETE FROM t WHERE x IN (SELECT x FROM t WHERE x < 100 LIMIT 40)"
STRICT = WriterSettings("journal", max_delay_s=0.02, capacity=1_000, must_not_lose=True)


@pytest.fixture
def lenient(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "t.db", LENIENT)
    yield bench
    bench.sink.gate.set()
    bench.sink.trouble = None
    bench.writer.close()


@pytest.fixture
def strict(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "t.db", STRICT)


def test_rows_are_written_in_order_and_flush_waits_for_them(lenient: Bench) -> None:
    for number in range(500):
        lenient.writer.put(0, number)
    lenient.writer.flush()
    assert lenient.stored() == list(range(500))
    assert lenient.writer.written == 500
    assert lenient.writer.problem is None


def test_a_lone_row_is_written_without_being_asked(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "t.db", WriterSettings("history", max_delay_s=0.01))
    bench.writer.put(0, 1)
    assert bench.sink.entered.wait(5)
    bench.writer.close()
    assert bench.stored() == [1]


def test_a_full_batch_does_not_wait_for_the_delay(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "t.db", WriterSettings("history", max_rows=10, max_delay_s=3_600))
    bench.writer.put(0, 0)
    assert not bench.sink.entered.wait(0.05)
    for number in range(1, 20):
        bench.writer.put(0, number)
    assert bench.sink.entered.wait(5)
    bench.writer.close()
    assert bench.stored() == list(range(20))


def test_close_writes_what_waits_and_ends_the_thread(lenient: Bench) -> None:
    for number in range(50):
        lenient.writer.put(0, number)
    lenient.writer.close()
    lenient.writer.close()
    assert lenient.stored() == list(range(50))


def test_when_durable_calls_back_after_the_commit(lenient: Bench) -> None:
    seen: list[list[int]] = []
    done = threading.Event()

    def durable() -> None:
        seen.append(lenient.stored())
        done.set()

    lenient.writer.put(0, 5)
    lenient.writer.when_durable(durable)
    assert done.wait(5)
    assert seen == [[5]]


def test_put_returns_while_the_disk_hangs(lenient: Bench) -> None:
    lenient.sink.gate.clear()
    lenient.writer.put(0, 0)
    assert lenient.sink.entered.wait(5)
    for number in range(1, 200):
        lenient.writer.put(0, number)
    assert lenient.writer.waiting == 199
    lenient.sink.gate.set()
    lenient.writer.flush()
    assert lenient.stored() == list(range(200))


def test_a_full_history_queue_drops_counts_and_says_so(lenient: Bench) -> None:
    lenient.sink.gate.clear()
    lenient.writer.put(0, 0)
    assert lenient.sink.entered.wait(5)
    for number in range(1, 1_011):
        lenient.writer.put(0, number)
    assert lenient.writer.lost == 10
    assert "drops rows (10)" in (lenient.writer.problem or "")
    assert not lenient.writer.failed


def test_a_full_journal_queue_refuses_for_good_but_keeps_what_it_has(strict: Bench) -> None:
    strict.sink.gate.clear()
    strict.writer.put(0, 0)
    assert strict.sink.entered.wait(5)
    for number in range(1, 1_001):
        strict.writer.put(0, number)
    with pytest.raises(StoreError, match="journal cannot keep up"):
        strict.writer.put(0, 9_999)
    assert strict.writer.failed
    strict.sink.gate.set()
    with pytest.raises(StoreError, match="cannot keep up"):
        strict.writer.close()
    assert strict.stored() == list(range(1_001))


def test_a_passing_trouble_is_shown_and_retried_without_loss(lenient: Bench) -> None:
    lenient.sink.trouble = sqlite3.OperationalError("database or disk is full")
    lenient.writer.put(0, 1)
    assert lenient.sink.entered.wait(5)
    with pytest.raises(StoreError, match="disk is full"):
        lenient.writer.flush(timeout_s=0.1)
    lenient.sink.trouble = None
    lenient.writer.put(0, 2)
    lenient.writer.flush()
    assert lenient.stored() == [1, 2]
    assert lenient.writer.problem is None


def test_a_row_that_cannot_be_held_costs_only_itself(lenient: Bench) -> None:
    for value in (1, -1, 2**70, "text", 2):
        lenient.writer.put(0, value)
    lenient.writer.flush()
    assert lenient.stored() == [1, 2]
    assert lenient.writer.lost == 3
    assert "cannot hold" in (lenient.writer.problem or "")


def test_any_write_error_breaks_the_journal_for_good(strict: Bench) -> None:
    strict.sink.trouble = sqlite3.OperationalError("disk I/O error")
    strict.writer.put(0, 1)
    with pytest.raises(StoreError, match="disk I/O error"):
        strict.writer.flush()
    strict.sink.trouble = None
    with pytest.raises(StoreError, match="disk I/O error"):
        strict.writer.put(0, 2)
    with pytest.raises(StoreError, match="disk I/O error"):
        strict.writer.close()
    assert strict.stored() == []


def test_a_row_the_journal_cannot_hold_breaks_it(strict: Bench) -> None:
    strict.writer.put(0, -1)
    with pytest.raises(StoreError, match="cannot hold"):
        strict.writer.flush()
    assert strict.writer.failed
    assert strict.stored() == []


def test_an_unforeseen_error_is_kept_not_printed(strict: Bench) -> None:
    strict.sink.trouble = RuntimeError("a bug")
    strict.writer.put(0, 1)
    with pytest.raises(StoreError, match="a bug"):
        strict.writer.flush()
    called = threading.Event()
    strict.writer.when_durable(called.set)
    assert called.wait(5)


def test_a_closed_writer_takes_nothing(tmp_path: Path) -> None:
    closed = Bench(tmp_path / "a.db", STRICT)
    closed.writer.close()
    with pytest.raises(StoreError, match="closed"):
        closed.writer.put(0, 1)
    history = Bench(tmp_path / "b.db", LENIENT)
    history.writer.close()
    history.writer.put(0, 1)
    assert history.writer.lost == 1


def test_maintenance_runs_in_pieces_between_rows(lenient: Bench) -> None:
    pieces: list[int] = []
    done = threading.Event()

    def job(connection: sqlite3.Connection) -> bool:
        pieces.append(connection.execute(CHUNK_SQL).rowcount)
        if pieces[-1] == 0:
            done.set()
        return pieces[-1] > 0

    for number in range(110):
        lenient.writer.put(0, number)
    lenient.writer.run_job(job)
    assert done.wait(10)
    assert pieces == [40, 40, 20, 0]
    lenient.writer.flush()
    assert lenient.stored() == list(range(100, 110))


def test_a_failing_maintenance_is_told_and_undone(lenient: Bench) -> None:
    def job(connection: sqlite3.Connection) -> bool:
        connection.execute("DELETE FROM t")
        connection.execute("DELETE FROM nowhere")
        return False

    lenient.writer.put(0, 1)
    lenient.writer.run_job(job)
    lenient.writer.flush()
    assert "cannot be tidied" in (lenient.writer.problem or "")
    assert lenient.stored() == [1]
