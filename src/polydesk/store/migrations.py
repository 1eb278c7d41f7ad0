"""Named schema changes, each applied with its record in one transaction.

sqlite-utils has such a helper too. This one is used because it refuses a database of a newer
version, backs up first, needs no clock, and importing sqlite-utils costs a third of a second
at start-up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from polydesk.errors import StoreError
from polydesk.store.sqlite import backup

_TABLE = (
    "CREATE TABLE IF NOT EXISTS migrations"
    " (position INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from a schema to the next."""

    name: str
    statements: tuple[str, ...]
    """Single SQL statements, in order."""


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Migration]) -> None:
    """Bring a database to the newest schema.

    A backup named after the first new step is written beside the file before an existing
    database changes.

    Raises:
        StoreError: The database is of a newer version, foreign, or a step failed (the database
            is then as it was before that step).
    """
    try:
        done = applied(connection)
        check_known(path, done, steps)
        pending = steps[len(done) :]
        if done and pending:
            backup(connection, path.with_name(f"{path.name}.before-{pending[0].name}"))
        for position, step in enumerate(pending, start=len(done) + 1):
            _apply(connection, position, step)
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be brought up to date: {error}") from error


def applied(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the steps a database has, in order."""
    exists = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").fetchone()
    if exists is None:
        return []
    return [name for (name,) in connection.execute("SELECT name FROM migrations ORDER BY position")]


def check_known(path: Path, done: Sequence[str], steps: Sequence[Migration]) -> None:
    """Refuse a database with steps this version does not know.

    Raises:
        StoreError: The database was written by a newer version, or is not this kind of database.
    """
    known = [step.name for step in steps]
    if list(done) == known[: len(done)]:
        return
    if list(done[: len(known)]) == known:
        raise StoreError(
            f"{path} was written by a newer polydesk (it has {done[len(known)]!r}); "
            "update polydesk or use another data directory"
        )
    raise StoreError(f"{path} is not a database of this kind")


def _apply(connection: sqlite3.Connection, position: int, step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_TABLE)
        for statement in step.statements:
            connection.execute(statement)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", (position, step.name))
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
