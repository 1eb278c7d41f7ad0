from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.ingest.backoff import AttemptCap, Backoff, BackoffLimits


def _backoff(clock, seed=1, **limits):
    cap = AttemptCap(clock, per_minute=10_000)
    return Backoff(clock, Random(seed), cap, BackoffLimits(**limits))


async def test_first_attempt_waits_for_nothing(clock):
    await _backoff(clock).wait()
    assert clock.sleeps == []


async def test_waits_stay_under_a_doubling_ceiling_and_never_end(clock):
    pace = _backoff(clock)
    await pace.wait()
    for failures in range(40):
        clock.sleeps.clear()
        await pace.wait()
        assert 0 <= clock.sleeps[0] <= min(30.0, 0.25 * 2**failures)


async def test_jitter_is_full_not_a_margin_around_the_ceiling(clock):
    pace = _backoff(clock)
    for _ in range(300):
        await pace.wait()
    settled = clock.sleeps[-250:]
    assert min(settled) < 3.0
    assert max(settled) > 27.0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
async def test_same_seed_gives_same_waits(seed):
    def draws() -> list[float]:
        pace = Backoff(None, Random(seed), None)  # type: ignore[arg-type]
        return [pace._next_delay_s() for _ in range(10)]

    assert draws() == draws()


async def test_a_healthy_connection_starts_the_waits_over(clock):
    pace = _backoff(clock, healthy_s=20.0)
    for _ in range(12):
        await pace.wait()
    pace.up()
    clock.advance(21.0)
    clock.sleeps.clear()
    await pace.wait()
    assert all(wait <= 0.25 for wait in clock.sleeps)


async def test_a_short_life_does_not_start_the_waits_over(clock):
    pace = _backoff(clock, healthy_s=20.0)
    for _ in range(30):
        await pace.wait()
        pace.up()
        clock.advance(1.0)
    assert max(clock.sleeps) > 5.0


async def test_health_counts_from_the_first_up(clock):
    pace = _backoff(clock, healthy_s=20.0)
    for _ in range(12):
        await pace.wait()
    for _ in range(30):
        pace.up()
        clock.advance(1.0)
    clock.sleeps.clear()
    await pace.wait()
    assert all(wait <= 0.25 for wait in clock.sleeps)


async def test_waits_at_least_what_the_venue_asked_for(clock):
    pace = _backoff(clock)
    await pace.wait(7.0)
    assert clock.sleeps == [7.0]


async def test_storm_of_many_sockets_stays_under_the_shared_cap(clock):
    cap = AttemptCap(clock, per_minute=30)
    fast = BackoffLimits(base_s=0.0, ceiling_s=0.0)
    paces = [Backoff(clock, Random(n), cap, fast) for n in range(5)]
    start = clock.ns
    attempts: list[int] = []
    for number in range(120):
        await paces[number % 5].wait()
        attempts.append(clock.ns)
    for at in attempts:
        assert sum(at - 60 * 10**9 < other <= at for other in attempts) <= 30
    assert clock.ns - start >= 180 * 10**9
    assert cap.delayed > 0


def test_a_cap_below_one_is_refused(clock):
    with pytest.raises(ValueError, match="at least 1"):
        AttemptCap(clock, per_minute=0)
