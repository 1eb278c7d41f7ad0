"""The bell: rung by the desk, heard by the signer, in nobody's way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from polydesk.signer import bell as bell_module
from polydesk.signer.bell import Bell, Ears

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2,
    reason="the bell is silent without a second processor",
)


class Pipe:
    def __init__(self) -> None:
        self.source, self.sink = os.pipe()

    def close(self) -> None:
        for handle in (self.source, self.sink):
            os.close(handle)


@pytest.fixture
def bell() -> Iterator[Bell]:
    made = Bell()
    made.hang_up_for(os.getpid())
    where = os.sched_getaffinity(0)
    yield made
    os.sched_setaffinity(0, where)
    made.close()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def test_a_ring_is_heard_once_however_often_it_was_rung(bell: Bell, pipe: Pipe) -> None:
    ears = Ears(pipe.source, bell.handle)
    bell.ring()
    bell.ring()
    assert ears.listen() is None
    os.write(pipe.sink, b"question")
    assert ears.listen() == b"question"


def test_a_question_that_came_with_the_ring_is_answered_first(bell: Bell, pipe: Pipe) -> None:
    ears = Ears(pipe.source, bell.handle)
    bell.ring()
    os.write(pipe.sink, b"question")
    assert ears.listen() == b"question"
    os.write(pipe.sink, b"another")
    assert ears.listen() == b"another", "the ring was taken with the question"


def test_the_end_of_the_pipe_is_heard_without_a_bell_too(pipe: Pipe) -> None:
    ears = Ears(pipe.source, None)
    os.write(pipe.sink, b"last words")
    assert ears.listen() == b"last words"
    sink = os.dup(pipe.sink)
    os.close(pipe.sink)
    os.close(sink)
    assert ears.listen() == b""
    pipe.sink = os.open(os.devnull, os.O_WRONLY)


def test_whoever_stays_awake_goes_back_to_listening_in_the_end(
    bell: Bell, pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell_module, "AWAKE_NS", 1_000)
    ears = Ears(pipe.source, bell.handle)
    ears.stay_awake()
    monkeypatch.setattr(bell_module, "AWAKE_NS", 10**18)
    os.write(pipe.sink, b"question")
    ears.stay_awake()
    assert ears.listen() == b"question"


def test_the_signer_is_kept_off_the_desks_processor(bell: Bell) -> None:
    allowed = os.sched_getaffinity(0)
    here = min(allowed)
    bell._where = lambda: here
    bell.ring()
    assert os.sched_getaffinity(0) == allowed - {here}


def test_a_bell_of_a_signer_that_is_gone_raises_nothing(bell: Bell) -> None:
    bell.hang_up_for(2**22 + 1)
    bell.ring()
    bell.close()
    bell.ring()
    bell.close()
