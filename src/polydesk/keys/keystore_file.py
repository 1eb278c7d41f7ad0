"""Encrypted keystore files, for machines without a system keyring."""

from __future__ import annotations

from pathlib import Path

from polydesk.keys.entries import StoreName
from polydesk.keys.private_files import delete_private, read_private, replace_private


class FileStore:
    """One file for each key, in a folder that only its owner can enter."""

    name = StoreName.FILE

    def __init__(self, folder: Path) -> None:
        """Take a private folder that exists."""
        self._folder = folder

    def read(self, slot: str) -> bytes | None:
        """Return the file's bytes, or None."""
        return read_private(self._path(slot))

    def write(self, slot: str, keystore: bytes) -> None:
        """Write the file."""
        replace_private(self._path(slot), keystore)

    def delete(self, slot: str) -> None:
        """Delete the file, if there is one."""
        delete_private(self._path(slot))

    def place(self, slot: str) -> str:
        """Return the file's path."""
        return str(self._path(slot))

    def _path(self, slot: str) -> Path:
        return self._folder / f"{slot}.json"
