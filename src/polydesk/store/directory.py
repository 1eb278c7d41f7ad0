"""A mode's data directory: private to its owner and used by one desk at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from polydesk.errors import StoreError

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK_NAME = "desk.lock"
PID_NAME = "desk.pid"


def prepare_directory(directory: Path) -> None:
    """Make the directory readable by its owner alone (0700).

    Raises:
        StoreError: It cannot be made, is no directory, is a link, or belongs to somebody else.
    """
    if directory.is_symlink():
        raise StoreError(f"the data directory {directory} is a link; name the real directory")
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        directory.chmod(0o700)
    except OSError as error:
        raise StoreError(
            f"the data directory {directory} cannot be used: {error.strerror}"
        ) from error
    if not os.access(directory, os.W_OK | os.X_OK):
        raise StoreError(f"the data directory {directory} is not writable")


def make_private(path: Path) -> None:
    """Create the file if needed and leave it readable by its owner alone (0600).

    Raises:
        StoreError: The file is a link or cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.fchmod(handle, 0o600)
        finally:
            os.close(handle)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened for writing: {error.strerror}") from error


class DeskLock:
    """Holds a directory for one desk; a second desk is refused. Freed when the process dies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock: BaseFileLock | None = None

    def acquire(self) -> None:
        """Take the directory.

        Raises:
            StoreError: Another desk has it; the sentence names the directory and its process.
        """
        # filelock takes 0.1 s to import, which `--help` should not pay.
        from filelock import FileLock, Timeout

        prepare_directory(self.directory)
        lock = FileLock(self.directory / LOCK_NAME, timeout=0, mode=0o600, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise StoreError(
                f"another desk{self._holder()} is using {self.directory}; "
                "close it or choose another data directory"
            ) from error
        except OSError as error:
            raise StoreError(f"{self.directory} cannot be locked: {error.strerror}") from error
        self._lock = lock
        # Only a courtesy to the second desk: a full disk must not keep the first one out.
        with suppress(OSError, StoreError):
            make_private(self.directory / PID_NAME)
            (self.directory / PID_NAME).write_text(f"{os.getpid()}\n", encoding="ascii")

    def _holder(self) -> str:
        with suppress(OSError, ValueError):
            pid = int((self.directory / PID_NAME).read_text(encoding="ascii"))
            return f" (process {pid})"
        return ""

    def release(self) -> None:
        """Give the directory back; releasing twice is harmless."""
        if self._lock is not None:
            with suppress(OSError):
                (self.directory / PID_NAME).unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def __enter__(self) -> DeskLock:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
