"""Playing keeps order and pace, and leaves the event loop room to breathe."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from polydesk.domain.frames import Frame
from polydesk.replay.player import FRAMES_PER_TURN, play
from polydesk.replay.sim_clock import SimClock

SECOND = 1_000_000_000


class Sink:
    def __init__(self, clock: SimClock) -> None:
        self.clock = clock
        self.got: list[tuple[float, bytes]] = []

    def put(self, frame: Frame) -> None:
        self.got.append((self.clock.monotonic_ns() / SECOND, frame.text))


class JumpingClock(SimClock):
    """A clock whose sleeps pass at once."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


def frames(*seconds: float) -> list[Frame]:
    return [Frame("market", round(s * SECOND), b"%d" % n) for n, s in enumerate(seconds)]


@pytest.mark.parametrize(("speed", "due"), [(1.0, [0, 1, 3]), (10.0, [0, 0.1, 0.3])])
async def test_frames_keep_their_distances(speed: float, due: list[float]) -> None:
    clock = JumpingClock()
    sink = Sink(clock)
    await play(frames(100, 101, 103), sink, clock, speed)
    assert [at for at, _ in sink.got] == pytest.approx(due)


async def test_a_step_back_follows_at_once_and_costs_no_time() -> None:
    clock = JumpingClock()
    sink = Sink(clock)
    await play(frames(100, 102, 101, 103), sink, clock, 1.0)
    assert sink.got == [(0, b"0"), (2, b"1"), (2, b"2"), (3, b"3")]


@pytest.mark.parametrize("speed", [None, 1.0])
async def test_the_loop_gets_a_turn_within_two_hundred_frames(speed: float | None) -> None:
    clock = SimClock()
    sink = Sink(clock)
    seen: list[int] = []

    async def watch() -> None:
        while True:
            seen.append(len(sink.got))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(watch())
        await play([Frame("market", 5, b"")] * 1_000, sink, clock, speed)
        watcher.cancel()
    steps = [after - before for before, after in pairwise(seen)]
    assert len(sink.got) == 1_000
    assert max(steps) <= FRAMES_PER_TURN
    assert len(steps) >= 4


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
async def test_a_speed_must_be_above_zero(speed: float) -> None:
    clock = SimClock()
    with pytest.raises(ValueError, match="above zero"):
        await play([], Sink(clock), clock, speed)


async def test_sleepers_wake_in_the_order_of_their_times() -> None:
    clock = SimClock(1_000)
    woken: list[str] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(name)

    async with asyncio.TaskGroup() as group:
        for name, seconds in (("late", 2.0), ("early", 1.0), ("now", 0.0)):
            group.create_task(sleeper(name, seconds))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert woken == ["now"]
        clock.advance(1.5)
        await asyncio.sleep(0)
        assert woken == ["now", "early"]
        clock.advance(0.5)
    assert woken == ["now", "early", "late"]
    assert clock.now_ns() == 1_000 + 2 * SECOND


def test_the_steady_time_never_steps_back() -> None:
    clock = SimClock(100)
    clock.set_ns(150)
    clock.set_ns(120)
    assert (clock.now_ns(), clock.monotonic_ns()) == (120, 50)
    clock.set_ns(160)
    assert clock.monotonic_ns() == 60
