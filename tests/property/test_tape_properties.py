"""A recording gives back what was put in, and says so when it cannot."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.domain.frames import Frame
from polydesk.errors import RecordingError
from polydesk.replay.tape import TapeHeader, TapeReader, TapeWriter
from polydesk.replay.tape_format import encode_header

HEADER = TapeHeader("A test", "made here")
FRAMES = st.lists(
    st.builds(
        Frame,
        st.sampled_from(["market", "rtds", "rest:gamma/markets", "übung"]),
        st.integers(0, 2**61),
        st.binary(max_size=200),
    ),
    max_size=40,
)
_names = itertools.count()


def write(folder: Path, frames: list[Frame], block_bytes: int) -> Path:
    path = folder / f"{next(_names)}.tape"
    with TapeWriter(path, HEADER, block_bytes=block_bytes) as writer:
        for frame in frames:
            writer.write(frame.channel, frame.ts_init, frame.text)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tapes")


@pytest.fixture(scope="module")
def sample() -> list[Frame]:
    return [Frame("market", 1_000_000_000 * n, f"frame {n} ".encode() * 3) for n in range(12)]


@given(frames=FRAMES, block_bytes=st.integers(1, 2_000))
@settings(max_examples=60, deadline=None)
def test_every_frame_comes_back_in_order(
    folder: Path, frames: list[Frame], block_bytes: int
) -> None:
    with TapeReader(write(folder, frames, block_bytes)) as reader:
        assert list(reader) == frames
        assert reader.damage is None
        assert reader.frame_count == len(frames)
        assert reader.first_ts == min((f.ts_init for f in frames), default=None)
        assert reader.last_ts == max((f.ts_init for f in frames), default=None)


@given(frames=FRAMES, start=st.integers(0, 2**61), length=st.integers(0, 2**60))
@settings(max_examples=60, deadline=None)
def test_a_span_holds_exactly_the_frames_of_that_time(
    folder: Path, frames: list[Frame], start: int, length: int
) -> None:
    end = start + length
    expected = [frame for frame in frames if start <= frame.ts_init < end]
    with TapeReader(write(folder, frames, 300)) as reader:
        assert list(reader.frames(start, end)) == expected


def test_every_truncation_leaves_a_readable_beginning_and_a_sentence(
    folder: Path, sample: list[Frame]
) -> None:
    whole = write(folder, sample, 100).read_bytes()
    head = len(encode_header(HEADER))
    path = folder / "cut.tape"
    lengths = []
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        if size < head:
            with pytest.raises(RecordingError, match="tape"):
                TapeReader(path)
            continue
        with TapeReader(path) as reader:
            found = list(reader)
            assert found == sample[: len(found)]
            assert reader.damage is not None
            assert reader.damage.endswith(".")
        lengths.append(len(found))
    assert lengths == sorted(lengths)
    assert lengths[0] == 0
    assert lengths[-1] == len(sample)


def test_every_flipped_byte_is_noticed(folder: Path, sample: list[Frame]) -> None:
    whole = write(folder, sample, 100).read_bytes()
    path = folder / "flipped.tape"
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        try:
            with TapeReader(path) as reader:
                found = list(reader)
                assert found == sample[: len(found)]
                assert reader.damage is not None, f"byte {at}"
        except RecordingError:
            assert at < len(encode_header(HEADER))
