"""The journal's head, kept outside the database.

A database whose newest rows were cut off (a deleted write-ahead log, an old backup put back)
is perfectly well-formed; only somebody else who remembers the last row can tell.
"""

from __future__ import annotations

import os
from pathlib import Path

from polydesk.errors import StoreError
from polydesk.store.chain import Head
from polydesk.store.directory import make_private


class Witness:
    """A one-line file that follows the head of the journal."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_suffix(".head")

    def write(self, head: Head) -> None:
        """Remember a head that is already durable in the journal."""
        if not self.path.exists():
            make_private(self.path)
        handle = os.open(self.path, os.O_WRONLY | os.O_NOFOLLOW)
        try:
            os.pwrite(handle, f"{head.n:020d} {head.hash.hex()}\n".encode(), 0)
        finally:
            os.close(handle)

    def read(self) -> Head | None:
        """Return the head last remembered, None when there is none.

        Raises:
            StoreError: The file is there and unreadable.
        """
        try:
            text = self.path.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error
        if not text:
            return None
        number, _, digest = text.strip().partition(" ")
        if not number.isdecimal() or len(digest) != 64:
            raise StoreError(f"{self.path} is damaged; remove it to trust the journal as it is")
        try:
            return Head(int(number), bytes.fromhex(digest))
        except ValueError as error:
            raise StoreError(f"{self.path} is damaged; remove it to trust the journal") from error
