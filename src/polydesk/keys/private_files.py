"""Files that only their owner can read, replaced as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from polydesk.errors import KeyStoreError

OWNER_ONLY: Final = 0o600
LARGEST: Final = 1 << 20


def read_private(path: Path) -> bytes | None:
    """Return a file's bytes, or None when there is none.

    Raises:
        KeyStoreError: It is a link, not a plain file, of another owner, readable by others, or
            larger than anything written here.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = "it is a link" if path.is_symlink() else error.strerror
        raise KeyStoreError(f"{path} cannot be read: {why}.") from error
    with open(handle, "rb") as file:
        _check(path, os.fstat(handle))
        return file.read(LARGEST)


def replace_private(path: Path, data: bytes) -> None:
    """Write a file so that a crash at any moment leaves the old one or the new one.

    Raises:
        KeyStoreError: It cannot be written, or not safely: the old one or the new one is there.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        _write(new, data)
        new.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise KeyStoreError(f"{path} cannot be written: {error.strerror or error}.") from error


def delete_private(path: Path) -> None:
    """Delete a file, if there is one.

    Raises:
        KeyStoreError: It is there and cannot be deleted.
    """
    try:
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise KeyStoreError(f"{path} cannot be deleted: {error.strerror or error}.") from error


def _check(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise KeyStoreError(f"{path} is not a plain file.")
    if facts.st_uid != os.geteuid():
        raise KeyStoreError(f"{path} belongs to another user; move it away.")
    if facts.st_mode & 0o077:
        raise KeyStoreError(f"{path} can be read by others; `chmod 600` it and try again.")
    if facts.st_size > LARGEST:
        raise KeyStoreError(f"{path} is damaged: it is far too large.")


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, OWNER_ONLY), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
