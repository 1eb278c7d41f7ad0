"""Schema steps are applied once, whole or not at all, and never downwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from polydesk.errors import StoreError
from polydesk.store.migrations import Migration, applied, migrate
from polydesk.store.sqlite import connect_reader, connect_writer

ONE = Migration("one", ("CREATE TABLE a (x INTEGER) STRICT", "INSERT INTO a VALUES (7)"))
TWO = Migration("two", ("ALTER TABLE a ADD COLUMN y INTEGER",))
BROKEN = Migration("broken", ("CREATE TABLE b (x INTEGER)", "INSERT INTO nowhere VALUES (1)"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect_writer(path, synchronous="NORMAL")
    yield connection
    connection.close()


def test_steps_are_applied_once_in_order(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, [ONE])
    migrate(connection, path, [ONE, TWO])
    migrate(connection, path, [ONE, TWO])
    assert applied(connection) == ["one", "two"]
    assert connection.execute("SELECT * FROM a").fetchall() == [(7, None)]


def test_the_state_before_a_change_is_backed_up(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, [ONE])
    assert list(path.parent.glob("*.before-*")) == []
    migrate(connection, path, [ONE, TWO])
    copy = path.with_name("some.db.before-two")
    assert copy.stat().st_mode & 0o777 == 0o600
    reader = connect_reader(copy)
    assert applied(reader) == ["one"]
    assert reader.execute("SELECT * FROM a").fetchall() == [(7,)]
    reader.close()


def test_a_failing_step_leaves_nothing_behind(connection: sqlite3.Connection, path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be brought up to date"):
        migrate(connection, path, [ONE, BROKEN])
    assert applied(connection) == ["one"]
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
    assert "b" not in names
    assert not connection.in_transaction


def test_a_newer_database_is_refused_untouched(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, [ONE, TWO])
    with pytest.raises(StoreError, match=r"newer polydesk \(it has 'two'\); update polydesk"):
        migrate(connection, path, [ONE])
    assert applied(connection) == ["one", "two"]


def test_a_database_of_another_kind_is_refused(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, [ONE])
    with pytest.raises(StoreError, match="not a database of this kind"):
        migrate(connection, path, [Migration("other", ())])


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"not a database at all, but long enough to look at" * 20)
    with pytest.raises(StoreError, match="cannot be opened"):
        connect_writer(path, synchronous="FULL")
    with pytest.raises(StoreError, match="cannot be read"):
        connect_reader(path)


def test_a_reader_cannot_write(connection: sqlite3.Connection, path: Path) -> None:
    migrate(connection, path, [ONE])
    reader = connect_reader(path)
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM a")
    reader.close()


def test_a_missing_file_is_not_created_by_reading(path: Path) -> None:
    with pytest.raises(StoreError, match="there is no"):
        connect_reader(path)
    assert not path.exists()
