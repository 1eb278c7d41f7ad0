"""Recordings: headers, seeking, speed, damage, and a recorder that never blocks."""

from __future__ import annotations

import os
import random
import threading
import time
import zlib
from pathlib import Path

import pytest

from polydesk.domain.frames import CONTROL, Frame
from polydesk.errors import RecordingError
from polydesk.ports import Recorder
from polydesk.replay import tape_writer
from polydesk.replay.resolve import open_tape
from polydesk.replay.tape import TapeHeader, TapeReader, TapeRecorder, TapeWriter
from polydesk.replay.tape_format import (
    BLOCK,
    FILE_MAGIC,
    PREFIX,
    encode_block,
    encode_header,
    encode_index,
)

HEADER = TapeHeader(
    "Title", "source", "somebody", "MIT", ("one note", "two"), {"kind": "raw", "ü": "ö"}
)
SECOND = 1_000_000_000


def write(path: Path, frames: list[Frame], block_bytes: int = 1 << 18) -> Path:
    with TapeWriter(path, HEADER, block_bytes=block_bytes) as writer:
        for frame in frames:
            writer.write(frame.channel, frame.ts_init, frame.text)
    return path


def test_the_header_comes_back(tmp_path: Path) -> None:
    with TapeReader(write(tmp_path / "a.tape", [])) as reader:
        assert reader.header == HEADER
        assert (reader.frame_count, reader.first_ts, reader.last_ts) == (0, None, None)
        assert list(reader) == []
        assert reader.damage is None


def test_hostile_header_texts_come_out_printable(tmp_path: Path) -> None:
    header = TapeHeader("a\x1b[31m\u202eb", "s\x00", notes=("n\n\n2",), meta={"k": "\x07v"})
    TapeWriter(tmp_path / "a.tape", header).close()
    with TapeReader(tmp_path / "a.tape") as reader:
        assert (reader.header.title, reader.header.source) == ("a[31mb", "s")
        assert (reader.header.notes, reader.header.meta) == (("n 2",), {"k": "v"})


def test_frames_keep_file_order_when_times_step_back(tmp_path: Path) -> None:
    frames = [Frame("market", ts, b"x") for ts in (5, 3, 9, 1)]
    with TapeReader(write(tmp_path / "a.tape", frames, 1)) as reader:
        assert list(reader) == frames
        assert (reader.first_ts, reader.last_ts) == (1, 9)
        assert [frame.ts_init for frame in reader.frames(3, 9)] == [5, 3]


def test_a_seek_reads_one_block_of_a_long_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"{" + b"0123456789" * 40 + b"}"
    frames = [Frame("market", n * SECOND, text + b"%d" % n) for n in range(0, 86_400, 5)]
    path = write(tmp_path / "day.tape", frames, 8_192)
    with TapeReader(path) as reader:
        reads: list[int] = []
        read_block = reader._read_block
        monkeypatch.setattr(
            reader, "_read_block", lambda block: reads.append(1) or read_block(block)
        )
        started = time.perf_counter()
        found = next(reader.frames(43_200 * SECOND))
        assert time.perf_counter() - started < 0.2
        assert found.ts_init == 43_200 * SECOND
        assert len(reads) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a polydesk recording"),
        (b"PK\x03\x04 something else", "is not a polydesk recording"),
        (FILE_MAGIC + b"\x01", "ends inside its header"),
        (PREFIX.pack(FILE_MAGIC, 90, 0) + b"{}", "ends inside its header"),
        (PREFIX.pack(FILE_MAGIC, 2, 0) + b"{}", "has a damaged header"),
        (PREFIX.pack(FILE_MAGIC, 2, zlib.crc32(b"{}")) + b"{}", "documented form"),
        (
            encode_header(HEADER)[: PREFIX.size - 4]
            + zlib.crc32(b'{"codec":"zip","title":"","source":""}').to_bytes(4, "little"),
            "ends inside its header",
        ),
    ],
)
def test_foreign_files_are_refused_in_one_sentence(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.tape"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=sentence) as refusal:
        TapeReader(path)
    assert str(refusal.value).endswith(".")


def test_an_unknown_codec_is_named(tmp_path: Path) -> None:
    text = b'{"codec":"brotli","title":"","source":""}'
    path = tmp_path / "x.tape"
    path.write_bytes(PREFIX.pack(FILE_MAGIC, len(text), zlib.crc32(text)) + text)
    with pytest.raises(RecordingError, match="brotli"):
        TapeReader(path)


def test_missing_files_and_directories_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="There is no recording"):
        open_tape(str(tmp_path / "none.tape"))
    with pytest.raises(RecordingError, match="is a directory"):
        TapeReader(tmp_path)


def test_damage_names_block_byte_and_last_good_time(tmp_path: Path) -> None:
    frames = [Frame("market", 1_780_796_490 * SECOND + n, b"x" * 50) for n in range(10)]
    path = write(tmp_path / "a.tape", frames, 100)
    whole = bytearray(path.read_bytes())
    third = [at for at in range(len(whole)) if whole[at : at + 4] == b"BLK1"][2]
    whole[third + BLOCK.size + 8] ^= 1
    path.write_bytes(whole)
    with TapeReader(path) as reader:
        assert reader.damage is None
        assert len(list(reader)) == 4
        assert reader.damage == (
            f"The recording is damaged in block 3 at byte {third}: its checksum does not match;"
            " it can be read up to 2026-06-07 01:41:30.000 UTC, 4 frames."
        )
        assert reader.frame_count == 4
        assert len(list(reader)) == 4


def test_a_block_that_claims_too_much_is_damage_not_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tape", [Frame("market", 1, b"x" * 1_000)])
    whole = bytearray(path.read_bytes())
    at = whole.index(b"BLK1")
    fields = list(BLOCK.unpack_from(whole, at))
    fields[2] = 1 << 31
    head = BLOCK.pack(*fields)
    whole[at : at + BLOCK.size + 4] = head + zlib.crc32(head).to_bytes(4, "little")
    path.write_bytes(whole[:-30])
    with TapeReader(path) as reader:
        assert list(reader) == []
        assert "impossible length" in str(reader.damage)


@pytest.mark.parametrize("text", [b"[" * 1_000_000, b'{"codec":' + b"[" * 1_000_000])
def test_a_header_nested_without_end_is_refused(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    path.write_bytes(PREFIX.pack(FILE_MAGIC, len(text), zlib.crc32(text)) + text)
    with pytest.raises(RecordingError, match="documented form"):
        TapeReader(path)


@pytest.mark.parametrize("offset", [1 << 62, 1 << 63, (1 << 64) - 1])
def test_an_index_that_points_outside_the_file_is_not_believed(offset: int, tmp_path: Path) -> None:
    head, frame = encode_header(HEADER), Frame("market", 1, b"x")
    block, info = encode_block([frame])
    index = encode_index([info._replace(offset=offset)], len(head) + len(block))
    path = tmp_path / "a.tape"
    path.write_bytes(head + block + index)
    with TapeReader(path) as reader:
        assert list(reader) == [frame]
        assert "index is missing" in str(reader.damage)


def test_times_beyond_the_clock_are_damage(tmp_path: Path) -> None:
    largest = (1 << 62) - 1
    frames = [Frame("market", largest * n, b"x") for n in (1, 2, 3)]
    block, info = encode_block(frames[:1])
    outside, _ = encode_block(frames[:2])
    path = write(tmp_path / "a.tape", [])
    lying = outside[: BLOCK.size + 4].replace(
        (largest * 2).to_bytes(8, "little"), largest.to_bytes(8, "little")
    )
    lying = lying[: BLOCK.size] + zlib.crc32(lying[: BLOCK.size]).to_bytes(4, "little")
    path.write_bytes(encode_header(HEADER) + block + lying + outside[BLOCK.size + 4 :])
    with TapeReader(path) as reader:
        assert list(reader) == frames[:1]
        assert "its times" in str(reader.damage)
    assert info.last_ts == largest


def test_a_disk_that_fails_while_reading_is_damage(tmp_path: Path) -> None:
    texts = random.Random(1)
    frames = [Frame("market", n, texts.randbytes(50_000)) for n in range(4)]
    with TapeReader(write(tmp_path / "a.tape", frames, 1)) as reader:
        seen = iter(reader)
        first = next(seen)
        directory = os.open(tmp_path, os.O_RDONLY)
        os.dup2(directory, reader._file.fileno())
        os.close(directory)
        assert [first, *seen] == frames[:1]
        assert "cannot be read (Is a directory)" in str(reader.damage)


def test_an_unclosed_recording_is_read_to_its_last_block(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "a.tape", HEADER)
    writer.write("market", 1, b"one")
    writer.flush()
    writer.write("market", 2, b"two")
    with TapeReader(tmp_path / "a.tape") as reader:
        assert [frame.text for frame in reader] == [b"one"]
        assert "not closed properly" in str(reader.damage)
    writer.close()
    with TapeReader(tmp_path / "a.tape") as reader:
        assert reader.frame_count == 2


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tape", [])
    with pytest.raises(RecordingError, match="exists already"):
        TapeWriter(path, HEADER)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be written"):
        TapeWriter(tmp_path / "none" / "a.tape", HEADER)


@pytest.mark.parametrize(("channel", "ts"), [("x" * 2_000, 1), ("market", 1 << 62)])
def test_values_the_format_cannot_hold_are_refused(channel: str, ts: int, tmp_path: Path) -> None:
    with (
        TapeWriter(tmp_path / "a.tape", HEADER) as writer,
        pytest.raises(ValueError, match="does not fit"),
    ):
        writer.write(channel, ts, b"")


def test_a_closed_writer_refuses_frames(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "a.tape", HEADER)
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write("market", 1, b"")


def test_the_recorder_writes_everything_in_order(tmp_path: Path) -> None:
    recorder: Recorder = TapeRecorder(tmp_path / "a.tape", HEADER)
    for n in range(5_000):
        recorder.write("market", n, b"%d" % n)
    recorder.close()
    recorder.close()
    with TapeReader(tmp_path / "a.tape") as reader:
        assert [frame.text for frame in reader] == [b"%d" % n for n in range(5_000)]
        assert reader.damage is None


def test_a_full_queue_leaves_a_gap_mark_where_frames_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, reached = threading.Event(), threading.Event()
    write_frame = tape_writer.TapeWriter.write

    def slow(self: TapeWriter, channel: str, ts_init: int, text: bytes) -> None:
        reached.set()
        assert hold.wait(10)
        write_frame(self, channel, ts_init, text)

    monkeypatch.setattr(tape_writer.TapeWriter, "write", slow)
    recorder = TapeRecorder(tmp_path / "a.tape", HEADER, capacity=3)
    recorder.write("market", 0, b"first")
    assert reached.wait(10)
    for n in range(1, 9):
        recorder.write("market", n, b"%d" % n)
    assert recorder.dropped == 5
    hold.set()
    recorder.close()
    with TapeReader(tmp_path / "a.tape") as reader:
        frames = list(reader)
    assert [frame.text for frame in frames] == [
        b"first", b"1", b"2", b"3", b'{"kind":"gap","dropped":5}',
    ]  # fmt: skip
    assert (frames[-1].channel, frames[-1].ts_init) == (CONTROL, 8)


def test_a_trickle_reaches_the_disk_before_a_block_is_full(tmp_path: Path) -> None:
    recorder = TapeRecorder(tmp_path / "a.tape", HEADER, flush_s=0.02)
    recorder.write("market", 1, b"one")
    deadline = time.monotonic() + 10
    found: list[Frame] = []
    while not found and time.monotonic() < deadline:
        with TapeReader(tmp_path / "a.tape") as reader:
            found = list(reader)
    recorder.close()
    assert [frame.text for frame in found] == [b"one"]


def test_a_steady_trickle_is_flushed_by_receive_time(tmp_path: Path) -> None:
    recorder = TapeRecorder(tmp_path / "a.tape", HEADER, flush_s=60.0)
    recorder.write("market", 0, b"one")
    recorder.write("market", 61 * SECOND, b"two")
    deadline = time.monotonic() + 10
    found: list[Frame] = []
    while len(found) < 2 and time.monotonic() < deadline:
        with TapeReader(tmp_path / "a.tape") as reader:
            found = list(reader)
    recorder.close()
    assert [frame.text for frame in found] == [b"one", b"two"]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), MemoryError("No space left")]
)
def test_an_error_stops_recording_says_so_and_does_not_hang(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: TapeWriter, channel: str, ts_init: int, text: bytes) -> None:
        raise error

    monkeypatch.setattr(tape_writer.TapeWriter, "write", full)
    recorder = TapeRecorder(tmp_path / "a.tape", HEADER, capacity=2)
    for n in range(20):
        recorder.write("market", n, b"x")
    recorder.close()
    assert "No space left" in str(recorder.error)
    recorder.write("market", 21, b"x")
    assert recorder.dropped > 0


def test_a_disk_error_while_finishing_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: TapeWriter) -> None:
        raise OSError(28, "No space left on device")

    recorder = TapeRecorder(tmp_path / "a.tape", HEADER)
    monkeypatch.setattr(tape_writer.TapeWriter, "close", full)
    recorder.write("market", 1, b"x")
    recorder.close()
    assert "No space left on device" in str(recorder.error)
