"""Reading and writing without waiting, and without letting another thread have its turn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import pytest

from polydesk.signer.quick import Room, write_now

CAPACITY = 1 << 16


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    source, sink = os.pipe()
    os.set_blocking(source, False)
    os.set_blocking(sink, False)
    handles = [source, sink]
    yield source, sink
    for handle in handles:
        try:
            os.close(handle)
        except OSError:
            continue


def test_what_is_not_there_yet_is_none_and_the_end_is_nothing(ends: tuple[int, int]) -> None:
    source, sink = ends
    room = Room(16)
    assert room.read_now(source) is None
    write_now(sink, b"a\0b")
    assert room.read_now(source) == b"a\0b"
    os.close(sink)
    assert room.read_now(source) == b""


def test_nothing_is_lost_or_repeated_between_reads(ends: tuple[int, int]) -> None:
    source, sink = ends
    sent = Random(3).randbytes(CAPACITY * 4)
    room, got, at = Room(1_000), bytearray(), 0
    while len(got) < len(sent):
        at += write_now(sink, sent[at:])
        got += room.read_now(source) or b""
    assert got == sent


def test_a_full_pipe_takes_nothing_more(ends: tuple[int, int]) -> None:
    _, sink = ends
    taken = 0
    while count := write_now(sink, bytes(CAPACITY)):
        taken += count
    assert taken > 0
    assert write_now(sink, b"more") == 0


def test_a_pipe_that_nobody_reads_is_broken(ends: tuple[int, int]) -> None:
    source, sink = ends
    os.close(source)
    with pytest.raises(BrokenPipeError):
        write_now(sink, b"hello")


def test_a_handle_that_is_none_is_an_error() -> None:
    with pytest.raises(OSError, match="descriptor"):
        Room(16).read_now(-1)
    with pytest.raises(OSError, match="descriptor"):
        write_now(-1, b"x")
