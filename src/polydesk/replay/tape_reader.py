"""Reading recordings: whole, from a moment on, and up to the damage of a broken file."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from polydesk.domain.frames import Frame
from polydesk.errors import RecordingError
from polydesk.replay.tape_format import (
    BLOCK_SIZE,
    END_MAGIC,
    FILE_MAGIC,
    INDEX_MAGIC,
    MAX_HEADER,
    PREFIX,
    TRAILER,
    BlockInfo,
    DamagedError,
    TapeHeader,
    decode_block,
    decode_block_head,
    decode_header,
    decode_index,
    utc_text,
)


class TapeReader:
    """A recording, opened for reading; a context manager. Blocks are read when needed.

    A file without an index (the recorder was killed) or with damage is served up to the last
    whole block before the damage. Damage inside a block shows only when that block is read:
    the iteration then ends there and ``damage`` says why.
    """

    header: TapeHeader
    damage: str | None
    """What is wrong with the file and where, one sentence; None while nothing is known."""

    def __init__(self, path: Path) -> None:
        """Open a recording.

        Raises:
            RecordingError: The file is missing, unreadable or no recording of this kind.
        """
        self.path = path
        self.damage = None
        self._file = _open(path)
        try:
            self._size = os.fstat(self._file.fileno()).st_size
            self.header, start = self._read_header()
            self._blocks = self._read_blocks(start)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    @property
    def frame_count(self) -> int:
        """Frames up to the known damage."""
        return sum(block.held for block in self._blocks)

    @property
    def first_ts(self) -> int | None:
        """Earliest receive time, nanoseconds UTC; None for an empty recording."""
        return min((block.first_ts for block in self._blocks), default=None)

    @property
    def last_ts(self) -> int | None:
        """Latest receive time, nanoseconds UTC; None for an empty recording."""
        return max((block.last_ts for block in self._blocks), default=None)

    def frames(self, start_ns: int | None = None, end_ns: int | None = None) -> Iterator[Frame]:
        """Yield frames in the order they were received.

        Args:
            start_ns: Leave out frames received before this time, nanoseconds UTC.
            end_ns: Leave out frames received at or after this time.
        """
        for number, block in enumerate(self._blocks):
            before = start_ns is not None and block.last_ts < start_ns
            after = end_ns is not None and block.first_ts >= end_ns
            if before or after:
                continue
            try:
                frames = self._read_block(block)
            except DamagedError as error:
                self._cut(number, block.offset, error)
                return
            inside = (start_ns is None or block.first_ts >= start_ns) and (
                end_ns is None or block.last_ts < end_ns
            )
            yield from frames if inside else _between(frames, start_ns, end_ns)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_header(self) -> tuple[TapeHeader, int]:
        prefix = self._file.read(PREFIX.size)
        if prefix[: len(FILE_MAGIC)] != FILE_MAGIC[: len(prefix)] or not prefix:
            raise RecordingError(f"{self.path} is not a polydesk recording.")
        if len(prefix) < PREFIX.size:
            raise RecordingError(f"{self.path} ends inside its header; nothing can be read.")
        _, length, check = PREFIX.unpack(prefix)
        text = self._file.read(min(length, MAX_HEADER))
        if len(text) < length:
            raise RecordingError(f"{self.path} ends inside its header; nothing can be read.")
        if zlib.crc32(text) != check:
            raise RecordingError(f"{self.path} has a damaged header; nothing can be read.")
        try:
            return decode_header(text), PREFIX.size + length
        except DamagedError as error:
            raise RecordingError(f"{self.path} cannot be read: {error}.") from error

    def _read_blocks(self, start: int) -> list[BlockInfo]:
        try:
            return self._read_index()
        except DamagedError:
            return self._scan(start)

    def _read_index(self) -> list[BlockInfo]:
        """Read the footer of a recording that was closed."""
        self._file.seek(max(0, self._size - TRAILER.size))
        trailer = self._file.read(TRAILER.size)
        if len(trailer) < TRAILER.size:
            raise DamagedError("it has no index")
        offset, magic = TRAILER.unpack(trailer)
        if magic != END_MAGIC or offset >= self._size:
            raise DamagedError("it has no index")
        self._file.seek(offset)
        blocks = decode_index(self._file.read())
        if any(block.end > self._size for block in blocks):
            raise DamagedError("its index points outside the file")
        return blocks

    def _scan(self, start: int) -> list[BlockInfo]:
        """Rebuild the index from the block headers and say where the file ends or breaks."""
        self._blocks = []
        at = start
        while at < self._size:
            self._file.seek(at)
            head = self._file.read(BLOCK_SIZE)
            if head[: len(INDEX_MAGIC)] == INDEX_MAGIC:
                break
            try:
                block = decode_block_head(head, at)
                self._require(block.end <= self._size)
            except DamagedError as error:
                self._cut(len(self._blocks), at, error)
                return self._blocks
            self._blocks.append(block)
            at = block.end
        self._cut(len(self._blocks), at, None)
        return self._blocks

    @staticmethod
    def _require(is_whole: bool) -> None:
        if not is_whole:
            raise DamagedError("the file ends inside it")

    def _read_block(self, block: BlockInfo) -> list[Frame]:
        try:
            self._file.seek(block.offset)
            head = self._file.read(BLOCK_SIZE)
            packed = self._file.read(block.packed)
        except OSError as error:
            raise DamagedError(f"it cannot be read ({error.strerror})") from error
        if decode_block_head(head, block.offset) != block:
            raise DamagedError("its header is not what the index says")
        return decode_block(packed, block)

    def _cut(self, number: int, offset: int, error: DamagedError | None) -> None:
        """Forget everything from a block on and say why."""
        self._blocks = self._blocks[:number]
        what = (
            f"The recording was not closed properly: its index is missing after block {number}"
            f" at byte {offset}"
            if error is None
            else f"The recording is damaged in block {number + 1} at byte {offset}: {error}"
        )
        last = self.last_ts
        good = (
            "no frame can be read"
            if last is None
            else f"it can be read up to {utc_text(last)}, {self.frame_count} frames"
        )
        self.damage = f"{what}; {good}."


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise RecordingError(f"{path} is a directory, not a recording.")
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise RecordingError(f"There is no recording at {path}.") from error
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path} cannot be read: {error}.") from error


def _between(frames: list[Frame], start_ns: int | None, end_ns: int | None) -> Iterator[Frame]:
    for frame in frames:
        if start_ns is not None and frame.ts_init < start_ns:
            continue
        if end_ns is not None and frame.ts_init >= end_ns:
            continue
        yield frame
