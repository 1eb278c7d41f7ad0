"""Opening capture files: plain or gzip, with one clear sentence when that fails."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Final

from polydesk.errors import RecordingError

MAX_BYTES: Final = 1 << 30
"""Largest unpacked capture; a small hostile file may claim far more."""


def base_name(path: Path) -> str:
    """Return a file's name without its compression and format endings."""
    name = path.name.removesuffix(".gz")
    return name.rsplit(".", 1)[0] if "." in name else name


def read_text(path: Path) -> str:
    """Return a capture's whole text.

    Raises:
        RecordingError: The file is missing, too large, damaged or not text.
    """
    try:
        data = _read_bytes(path)
        if data.startswith(b"SQLite format 3\0"):
            raise RecordingError(f"{path.name} is a database, not a recording.")
        return data.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise RecordingError(f"There is no file at {path}.") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path.name} is not a text file, so it is no capture.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path.name} cannot be read: {error}.") from error


def _read_bytes(path: Path) -> bytes:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    if packed:
        with gzip.open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    else:
        with path.open("rb") as plain:
            data = plain.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise RecordingError(f"{path.name} is larger than {MAX_BYTES >> 20} MiB unpacked.")
    return data
