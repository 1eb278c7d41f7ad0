"""Writing recordings."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from polydesk.domain.frames import Frame
from polydesk.errors import RecordingError
from polydesk.replay.tape_format import (
    LEVEL,
    MAX_RAW,
    BlockInfo,
    TapeHeader,
    encode_block,
    encode_header,
    encode_index,
)

_FRAME_COST: Final = 14
"""Bytes a frame needs beside its text before compression."""
_CHANNELS_PER_BLOCK: Final = 1 << 15
_TIME_LIMIT: Final = 1 << 62


class TapeWriter:
    """Appends frames to a new recording; a context manager.

    Nothing already on disk is ever rewritten, so a crash loses at most the frames since the
    last block.
    """

    def __init__(
        self,
        path: Path,
        header: TapeHeader,
        *,
        block_bytes: int = 1 << 18,
        level: int = LEVEL,
    ) -> None:
        """Begin a recording.

        Args:
            path: A file that does not exist yet.
            header: What the recording says about itself.
            block_bytes: Text collected before a block is packed and written.
            level: How hard to compress, 1 to 9.

        Raises:
            RecordingError: The file exists or cannot be created.
        """
        self.path = path
        self.frames = 0
        """Frames taken so far."""
        self._block_bytes = block_bytes
        self._level = level
        self._pending: list[Frame] = []
        self._pending_bytes = 0
        self._blocks: list[BlockInfo] = []
        self._closed = False
        self._file = _create(path)
        head = encode_header(header)
        self._file.write(head)
        self._file.flush()
        self._offset = len(head)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, channel: str, ts_init: int, text: bytes) -> None:
        """Append one frame.

        Args:
            channel: Name of the stream, see ``domain.frames``.
            ts_init: Receive time, nanoseconds UTC.
            text: The frame exactly as received.

        Raises:
            ValueError: The writer is closed, or a value does not fit the format.
        """
        if self._closed:
            raise ValueError("the recording is closed")
        if abs(ts_init) >= _TIME_LIMIT or len(text) >= MAX_RAW // 2 or len(channel) > 1_000:
            raise ValueError("frame does not fit the recording format")
        self._pending.append(Frame(channel, ts_init, text))
        self._pending_bytes += len(text) + _FRAME_COST
        self.frames += 1
        if self._pending_bytes >= self._block_bytes or len(self._pending) >= _CHANNELS_PER_BLOCK:
            self._write_block()

    def flush(self) -> None:
        """Hand everything taken so far to the operating system."""
        self._write_block()
        self._file.flush()

    def close(self) -> None:
        """Write the rest and the index; further calls do nothing."""
        if self._closed:
            return
        self._closed = True
        try:
            self._write_block()
            self._file.write(encode_index(self._blocks, self._offset))
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def abandon(self) -> None:
        """Give the file up after a disk error: close it as it is, without an index."""
        self._closed = True
        with suppress(OSError):
            self._file.close()

    def _write_block(self) -> None:
        if not self._pending:
            return
        data, info = encode_block(self._pending, self._level)
        self._file.write(data)
        self._blocks.append(info._replace(offset=self._offset))
        self._offset += len(data)
        self._pending, self._pending_bytes = [], 0


def exists_already(path: Path) -> RecordingError:
    """Return that a recording would overwrite a file."""
    return RecordingError(f"{path} exists already; choose another name.")


def _create(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileExistsError as error:
        raise exists_already(path) from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be written: {error.strerror}.") from error
