"""The bell: rung by the desk, heard by the signer, in nobody's way."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from polydesk.signer.bell import Bell, Ears, Ring

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
    assert ears.listen() is Ring.ORDER
    os.write(pipe.sink, b"question")
    assert ears.listen() == b"question"


@pytest.mark.parametrize(
    ("rung", "heard"),
    [
        ((Ring.NUDGE,), Ring.NUDGE),
        ((Ring.NUDGE,) * 3, Ring.NUDGE),
        ((Ring.NUDGE, Ring.ORDER, Ring.NUDGE), Ring.ORDER),
    ],
)
def test_an_order_is_heard_through_any_number_of_nudges(
    bell: Bell, pipe: Pipe, rung: tuple[Ring, ...], heard: Ring
) -> None:
    ears = Ears(pipe.source, bell.handle)
    for kind in rung:
        bell.ring(kind)
    assert ears.listen() is heard
    bell.ring(Ring.NUDGE)
    assert ears.listen() is Ring.NUDGE


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


class CountedPoll:
    """Counts how often somebody slept and how often somebody only looked."""

    def __init__(self, ears: Ears, *, after: int) -> None:
        self.slept = self.looked = 0
        self._poll, self._after = ears._both, after

    def poll(self, timeout: int | None = None) -> list[tuple[int, int]]:
        if timeout is None:
            self.slept += 1
            return self._poll.poll()
        self.looked += 1
        return self._poll.poll(0) if self.looked > self._after else []


def test_who_is_awake_hears_both_without_sleeping(bell: Bell, pipe: Pipe) -> None:
    ears = Ears(pipe.source, bell.handle)
    counted = ears._both = CountedPoll(ears, after=3)
    bell.ring()
    ears.stay_awake(10**18)
    assert ears.listen() is Ring.ORDER
    os.write(pipe.sink, b"question")
    assert ears.listen() == b"question"
    assert (counted.slept, counted.looked) == (0, 5)


def test_who_has_been_awake_for_long_enough_sleeps(bell: Bell, pipe: Pipe) -> None:
    ears = Ears(pipe.source, bell.handle)
    counted = ears._both = CountedPoll(ears, after=10**9)
    os.write(pipe.sink, b"question")
    ears.stay_awake(100_000)
    assert ears.listen() == b"question"
    assert counted.slept == 1
    assert counted.looked > 0


def test_without_a_bell_nobody_stays_awake(pipe: Pipe) -> None:
    ears = Ears(pipe.source, None)
    counted = ears._both = CountedPoll(ears, after=0)
    os.write(pipe.sink, b"question")
    ears.stay_awake(10**18)
    assert ears.listen() == b"question"
    assert (counted.slept, counted.looked) == (1, 0)


def test_asking_is_seen_and_ringing_is_not(bell: Bell, pipe: Pipe) -> None:
    ears = Ears(pipe.source, bell.handle)
    bell.ring()
    assert not ears.is_asked()
    os.write(pipe.sink, b"question")
    assert ears.is_asked()


def test_the_signer_is_kept_off_the_desks_processor(bell: Bell) -> None:
    allowed = os.sched_getaffinity(0)
    here = min(allowed)
    bell._where = lambda: here
    bell.make_room()
    assert os.sched_getaffinity(0) == allowed - {here}


def test_a_bell_of_a_signer_that_is_gone_raises_nothing(bell: Bell) -> None:
    bell.hang_up_for(2**22 + 1)
    bell.ring()
    bell.close()
    bell.ring()
    bell.close()
