"""The bytes of a recording: file header, blocks, index. Pure functions, no files.

The layout is described for people in ``docs/recordings.md``.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from typing import Final, NamedTuple

from polydesk.domain.frames import Frame
from polydesk.domain.text import clean

FILE_MAGIC: Final = b"PDTAPE1\n"
END_MAGIC: Final = b"PDTAPEND"
BLOCK_MAGIC: Final = b"BLK1"
INDEX_MAGIC: Final = b"IDX1"
CODEC: Final = "zlib"
LEVEL: Final = 6
"""For files made once and shipped."""
FAST_LEVEL: Final = 3
"""For live recording: half the processor time, a third more space."""
MAX_RAW: Final = 1 << 28
"""Largest unpacked block a reader accepts, so that a hostile file cannot fill the memory."""
MAX_HEADER: Final = 1 << 22

PREFIX = struct.Struct("<8sII")
"""Magic, length of the JSON header, its CRC32."""
BLOCK = struct.Struct("<4sIIIqqI")
"""Magic, packed length, unpacked length, frames, earliest and latest time, CRC32 of the packed bytes."""
BLOCK_CHECK = struct.Struct("<I")
"""CRC32 of the block header, right after it."""
BLOCK_SIZE: Final = BLOCK.size + BLOCK_CHECK.size
INDEX = struct.Struct("<4sIII")
"""Magic, packed and unpacked length of the entries, CRC32 of the packed bytes."""
ENTRY = struct.Struct("<QIIIqqI")
"""Offset of a block, then the fields of its header after the magic."""
TRAILER = struct.Struct("<Q8s")
"""Offset of the index and the end magic: the last bytes of a closed recording."""


@dataclass(frozen=True, slots=True)
class TapeHeader:
    """What a recording says about itself."""

    title: str
    source: str
    """Where the frames come from: a venue and its streams, or a capture file."""
    attribution: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()
    """Sentences for the person who plays it: defects, what was inferred, what is missing."""
    meta: Mapping[str, str] = field(default_factory=dict)
    """Free pairs, such as ``kind``: ``raw``, ``converted`` or ``session``."""


class BlockInfo(NamedTuple):
    """Where a block lies and what it holds."""

    offset: int
    packed: int
    raw: int
    held: int
    """Number of frames."""
    first_ts: int
    """Earliest receive time in the block, nanoseconds UTC."""
    last_ts: int
    """Latest receive time in the block, nanoseconds UTC."""
    crc: int

    @property
    def end(self) -> int:
        """Offset of the first byte after the block."""
        return self.offset + BLOCK_SIZE + self.packed


class DamagedError(ValueError):
    """Bytes are not what the format says; the message is a clause such as "its check fails"."""


def encode_header(header: TapeHeader) -> bytes:
    """Return the bytes a recording begins with."""
    fields = {
        "codec": CODEC,
        "title": header.title,
        "source": header.source,
        "attribution": header.attribution,
        "licence": header.licence,
        "notes": list(header.notes),
        "meta": dict(header.meta),
    }
    text = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
    return PREFIX.pack(FILE_MAGIC, len(text), zlib.crc32(text)) + text


def decode_header(text: bytes) -> TapeHeader:
    """Read the JSON header; texts come out printable and bounded.

    Raises:
        DamagedError: The JSON has another form or names an unknown codec.
    """
    try:
        fields = json.loads(text)
        codec = fields["codec"]
        header = TapeHeader(
            title=clean(str(fields["title"])),
            source=clean(str(fields["source"]), 1_000),
            attribution=clean(str(fields.get("attribution", "")), 4_000),
            licence=clean(str(fields.get("licence", ""))),
            notes=tuple(clean(str(note), 2_000) for note in fields.get("notes", ())),
            meta={clean(k): clean(str(v), 1_000) for k, v in fields.get("meta", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError("its header does not have the documented form") from error
    if codec != CODEC:
        raise DamagedError(f"its codec {clean(str(codec), 20)!r} is unknown here")
    return header


def encode_block(frames: Sequence[Frame], level: int = LEVEL) -> tuple[bytes, BlockInfo]:
    """Pack frames into one independent block.

    Columns compress better and read faster than rows: channel numbers, time steps, lengths,
    then all texts in one piece.

    Returns:
        The bytes, and their description with offset 0.
    """
    numbers: dict[str, int] = {}
    ids = [numbers.setdefault(frame.channel, len(numbers)) for frame in frames]
    names = [name.encode() for name in numbers]
    times = [frame.ts_init for frame in frames]
    steps = [now - before for now, before in zip(times, [0, *times], strict=False)]
    count = len(frames)
    raw = b"".join(
        (
            struct.pack("<H", len(names)),
            *(struct.pack("<H", len(name)) + name for name in names),
            struct.pack(f"<{count}H", *ids),
            struct.pack(f"<{count}q", *steps),
            struct.pack(f"<{count}I", *(len(frame.text) for frame in frames)),
            *(frame.text for frame in frames),
        )
    )
    packed = zlib.compress(raw, level)
    info = BlockInfo(0, len(packed), len(raw), count, min(times), max(times), zlib.crc32(packed))
    head = BLOCK.pack(BLOCK_MAGIC, *info[1:])
    return head + BLOCK_CHECK.pack(zlib.crc32(head)) + packed, info


def decode_block_head(head: bytes, offset: int) -> BlockInfo:
    """Read a block's header; raise DamagedError when it is cut off or changed."""
    if len(head) < BLOCK_SIZE:
        raise DamagedError("the file ends inside its header")
    magic, *fields = BLOCK.unpack_from(head)
    (check,) = BLOCK_CHECK.unpack_from(head, BLOCK.size)
    if magic != BLOCK_MAGIC or zlib.crc32(head[: BLOCK.size]) != check:
        raise DamagedError("its header is not intact")
    return BlockInfo(offset, *fields)


def decode_block(packed: bytes, info: BlockInfo) -> list[Frame]:
    """Unpack a block's frames; raise DamagedError when a byte is missing or changed."""
    if len(packed) < info.packed:
        raise DamagedError("the file ends inside it")
    if zlib.crc32(packed) != info.crc:
        raise DamagedError("its checksum does not match")
    if info.raw > MAX_RAW:
        raise DamagedError("it claims an impossible length")
    try:
        return _frames(_unpack(packed, info.raw), info)
    except (zlib.error, struct.error, UnicodeDecodeError, IndexError) as error:
        raise DamagedError("its content does not have the documented form") from error


def _unpack(packed: bytes, length: int) -> bytes:
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(packed, length + 1)
    if len(raw) != length or not unpacker.eof:
        raise DamagedError("its length is not what its header says")
    return raw


def _frames(raw: bytes, info: BlockInfo) -> list[Frame]:
    names, at = _names(raw)
    count = info.held
    ids = struct.unpack_from(f"<{count}H", raw, at)
    at += 2 * count
    times = list(accumulate(struct.unpack_from(f"<{count}q", raw, at)))
    if times and (min(times), max(times)) != (info.first_ts, info.last_ts):
        raise DamagedError("its times are not what its header says")
    at += 8 * count
    lengths = struct.unpack_from(f"<{count}I", raw, at)
    at += 4 * count
    ends = list(accumulate(lengths, initial=at))
    if ends[-1] != len(raw):
        raise DamagedError("its lengths do not add up")
    return [
        Frame(names[number], ts, raw[start:end])
        for number, ts, start, end in zip(ids, times, ends, ends[1:], strict=False)
    ]


def _names(raw: bytes) -> tuple[list[str], int]:
    (count,) = struct.unpack_from("<H", raw)
    at = 2
    names: list[str] = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw, at)
        at += 2
        names.append(raw[at : at + length].decode())
        at += length
    return names, at


def encode_index(blocks: Sequence[BlockInfo], offset: int) -> bytes:
    """Return the footer: the packed index and the trailer that points at it."""
    raw = b"".join(ENTRY.pack(*block) for block in blocks)
    packed = zlib.compress(raw, LEVEL)
    head = INDEX.pack(INDEX_MAGIC, len(packed), len(raw), zlib.crc32(packed))
    return head + packed + TRAILER.pack(offset, END_MAGIC)


def decode_index(footer: bytes) -> list[BlockInfo]:
    """Read a footer (from its offset to the end of the file); raise DamagedError when changed."""
    if len(footer) < INDEX.size + TRAILER.size:
        raise DamagedError("its index is cut off")
    magic, length, raw, check = INDEX.unpack_from(footer)
    packed = footer[INDEX.size : -TRAILER.size]
    if (
        magic != INDEX_MAGIC
        or length != len(packed)
        or zlib.crc32(packed) != check
        or raw > MAX_RAW
    ):
        raise DamagedError("its index is not intact")
    try:
        return [BlockInfo(*entry) for entry in ENTRY.iter_unpack(_unpack(packed, raw))]
    except (zlib.error, struct.error) as error:
        raise DamagedError("its index does not have the documented form") from error


def utc_text(ts_ns: int) -> str:
    """Write nanoseconds UTC as ``2026-06-07 01:42:59.123 UTC``."""
    seconds, rest = divmod(ts_ns, 1_000_000_000)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{ts_ns} ns"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{rest // 1_000_000:03d} UTC"
