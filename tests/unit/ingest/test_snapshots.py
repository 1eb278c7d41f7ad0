from __future__ import annotations

import asyncio

import pytest

from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable
from polydesk.ingest.snapshots import SnapshotLimits, SnapshotQueue, SnapshotRunner

SECOND = 10**9


def test_wishes_of_one_token_become_one_fetch_oldest_first():
    queue = SnapshotQueue()
    for token in ("b", "a", "b"):
        queue.wish(token)
    assert queue.take(0) == ["b", "a"]
    assert queue.take(0) == []


def test_a_call_takes_no_more_than_the_venue_allows():
    queue = SnapshotQueue(SnapshotLimits(per_call=2))
    for token in "abc":
        queue.wish(token)
    assert queue.take(0) == ["a", "b"]
    assert queue.take(0) == ["c"]


def test_a_token_wished_again_and_again_waits_longer_each_time():
    queue = SnapshotQueue(SnapshotLimits(per_token_s=1.0, calm_s=30.0))
    now, gaps = 0, []
    for _ in range(8):
        queue.wish("a")
        wait = queue.wait_ns(now)
        assert wait == 0 or queue.take(now + wait - 1) == []
        now += wait
        assert queue.take(now) == ["a"]
        gaps.append(wait / SECOND)
    assert gaps == [0, 1, 2, 4, 8, 16, 30, 30]


def test_after_a_calm_time_the_wait_starts_over():
    queue = SnapshotQueue(SnapshotLimits(per_token_s=1.0, calm_s=30.0))
    for at in (0, 1, 3):
        queue.wish("a")
        assert queue.take(at * SECOND) == ["a"]
    queue.wish("a")
    assert queue.take(40 * SECOND) == ["a"]
    queue.wish("a")
    assert queue.wait_ns(40 * SECOND) == 1 * SECOND


def test_a_waiting_token_does_not_hold_up_another():
    queue = SnapshotQueue()
    queue.wish("a")
    queue.take(0)
    queue.wish("a")
    queue.wish("b")
    assert queue.take(0) == ["b"]
    assert len(queue) == 1


def test_unwatched_tokens_are_forgotten():
    queue = SnapshotQueue()
    queue.wish("a")
    queue.wish("b")
    queue.forget(["b"])
    assert queue.take(0) == ["b"]


class Bench:
    def __init__(self, clock) -> None:
        self.calls: list[list[str]] = []
        self.resubscribed: list[list[str]] = []
        self.fails: Exception | None = None
        self.called = asyncio.Event()
        self.runner = SnapshotRunner(
            SnapshotQueue(), self.fetch, lambda t: self.resubscribed.append(list(t)), clock
        )

    async def fetch(self, tokens) -> None:
        self.calls.append(list(tokens))
        self.called.set()
        if self.fails is not None:
            raise self.fails


@pytest.fixture
def bench(clock):
    return Bench(clock)


async def test_wishes_of_the_same_moment_go_into_one_call(bench):
    task = asyncio.ensure_future(bench.runner.run())
    for token in ("a", "b", "a"):
        bench.runner.wish(token, "stale")
    await asyncio.wait_for(bench.called.wait(), 5)
    task.cancel()
    await asyncio.wait({task})
    assert bench.calls == [["a", "b"]]
    assert bench.resubscribed == []
    assert bench.runner.counters.wishes == {"stale": 3}


async def test_a_repeated_wish_is_fetched_after_its_wait(bench, clock):
    task = asyncio.ensure_future(bench.runner.run())
    start = clock.ns
    async with asyncio.timeout(5):
        for count in range(1, 4):
            bench.called.clear()
            bench.runner.wish("a", "stale")
            await bench.called.wait()
            assert len(bench.calls) == count
    task.cancel()
    await asyncio.wait({task})
    assert clock.ns - start >= 3 * SECOND


@pytest.mark.parametrize("error", [VenueUnavailable("away"), VenueRejected("no")])
async def test_failure_falls_back_to_a_new_subscription(bench, error):
    bench.fails = error
    bench.runner.wish("a", "stale")
    assert await bench.runner.fetch_once() == 0.0
    assert bench.resubscribed == [["a"]]
    assert bench.runner.counters.failures == 1


async def test_rate_limit_is_kept_and_falls_back_too(bench):
    bench.fails = RateLimited("slow", 7.0)
    bench.runner.wish("a", "stale")
    assert await bench.runner.fetch_once() == 7.0
    assert bench.resubscribed == [["a"]]


async def test_what_is_no_longer_wanted_is_not_fetched(bench):
    bench.runner.wish("a", "stale")
    bench.runner.wish("b", "stale")
    bench.runner.keep({"b": None})
    assert await bench.runner.fetch_once() == 0.0
    assert bench.calls == [["b"]]
