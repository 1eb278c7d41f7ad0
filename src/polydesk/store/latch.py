"""The kill switch as a file: on while it exists, whatever becomes of the journal."""

from __future__ import annotations

from pathlib import Path

from polydesk.errors import StoreError
from polydesk.store.directory import make_private

LATCH_NAME = "killed"


class KillLatch:
    """An empty file beside the journal: it needs neither the database nor room on the disk."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LATCH_NAME

    @property
    def is_set(self) -> bool:
        """Whether the switch is on; a link put in its place counts too."""
        return self._path.is_symlink() or self._path.exists()

    def set(self) -> None:
        """Switch on.

        Raises:
            StoreError: The file cannot be made.
        """
        make_private(self._path)

    def clear(self) -> None:
        """Switch off.

        Raises:
            StoreError: The file cannot be removed.
        """
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be removed: {error.strerror}") from error
