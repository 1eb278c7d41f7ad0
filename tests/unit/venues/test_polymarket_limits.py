from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.venues.polymarket.limits import PER_TEN_SECONDS, RateLimits, TokenBucket

SECOND = 10**9


class JumpClock:
    def __init__(self) -> None:
        self.ns = 0

    def now_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns

    async def sleep(self, seconds: float) -> None:
        until = self.ns + int(seconds * SECOND)
        await asyncio.sleep(0)
        self.ns = max(self.ns, until)


@settings(max_examples=50, deadline=None)
@given(
    limit=st.integers(5, 2_000),
    pauses=st.lists(st.integers(0, 2 * SECOND), min_size=1, max_size=400),
)
def test_no_ten_seconds_hold_more_requests_than_the_limit(limit, pauses):
    bucket = TokenBucket.per_window(limit)
    now, sent = 0, []
    for pause in pauses:
        now += pause
        now += bucket.take(now)
        sent.append(now)
    for first, start in enumerate(sent):
        assert sum(start <= at < start + 10 * SECOND for at in sent[first:]) <= limit


def test_a_burst_goes_out_at_once_and_the_rest_at_a_steady_rate():
    bucket = TokenBucket.per_window(100)
    waits = [bucket.take(0) for _ in range(20)]
    assert waits[:10] == [0] * 10
    assert [b - a for a, b in itertools.pairwise(waits[10:])] == [SECOND // 8] * 9


def test_pause_holds_back_and_then_lets_go_without_a_burst():
    bucket = TokenBucket.per_window(100)
    bucket.pause(0, 5 * SECOND)
    first, second = bucket.take(0), bucket.take(0)
    assert first >= 5 * SECOND
    assert second > first


async def test_a_route_pays_into_its_parents_too():
    clock = JumpClock()
    limits = RateLimits(clock, {"gamma/markets": 1_000, "gamma/lists": 10, "gamma": 1_000})
    for _ in range(16):
        await limits.acquire("gamma/markets")
    assert clock.ns >= 15 * SECOND


async def test_pausing_one_route_leaves_the_others_alone():
    clock = JumpClock()
    limits = RateLimits(clock)
    limits.pause("data/trades", 9.0)
    await limits.acquire("clob/books")
    await limits.acquire("data/prices-history")
    assert clock.ns == 0
    await limits.acquire("data/trades")
    assert clock.ns >= 9 * SECOND


async def test_an_unlisted_route_is_not_held_back():
    clock = JumpClock()
    await RateLimits(clock, {}).acquire("other/route")
    assert clock.ns == 0


@pytest.mark.parametrize("route", ["clob/books", "gamma/markets", "data/trades"])
async def test_every_listed_route_is_slowed_before_its_limit(route):
    clock = JumpClock()
    limits = RateLimits(clock)
    for _ in range(PER_TEN_SECONDS[route] + 1):
        await limits.acquire(route)
    assert clock.ns > 10 * SECOND
