"""Open SQLite files the one way the store uses them.

One writing connection per file: SQLite before 3.51.3 can lose a WAL reset when two connections
of one file write and checkpoint. Readers are read-only and never checkpoint.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from polydesk.errors import StoreError
from polydesk.store.directory import make_private

BUSY_TIMEOUT_S: Final = 5.0
"""How long a foreign tool may hold the file before writing gives up."""
WAL_LIMIT: Final = 64 * 1024 * 1024
"""Bytes the log may keep on disk after a checkpoint."""
OLDEST: Final = (3, 37, 0)
"""STRICT tables, which keep money columns integers, came with this version."""


def connect_writer(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """Open the only writing connection of a file, creating it.

    The connection is in autocommit mode, so transactions are explicit, and may be handed to
    another thread, which then owns it.

    Args:
        path: The database file.
        synchronous: ``FULL`` or ``NORMAL``.

    Raises:
        StoreError: The file cannot be opened or is no database.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 or newer is needed")
    make_private(path)
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path} cannot be opened: {error}") from error
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a read-only connection of an existing file.

    Raises:
        StoreError: There is no such file or it is no database.
    """
    if not path.exists():
        raise StoreError(f"there is no {path}")
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path} cannot be read: {error}") from error
    return connection


def backup(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database in one consistent state through SQLite's own backup.

    Raises:
        StoreError: The copy cannot be written.
    """
    make_private(target)
    copy = sqlite3.connect(target)
    try:
        source.backup(copy)
    except sqlite3.Error as error:
        raise StoreError(f"the backup {target} cannot be written: {error}") from error
    finally:
        copy.close()
