"""The budget of one signer, on a clock that jumps."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.replay.sim_clock import SimClock
from polydesk.venues.polymarket.trading.budget import TIERS, Bucket, Budget

SECOND = 10**9


class JumpClock:
    """Sleeping moves the time, and lets everybody else run first."""

    def __init__(self) -> None:
        self.ns = 0

    def now_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns

    async def sleep(self, seconds: float) -> None:
        until = self.ns + int(seconds * SECOND)
        await asyncio.sleep(0)
        self.ns = max(self.ns, until) + 1


class Desk:
    """A budget with what it told."""

    def __init__(self) -> None:
        self.clock = JumpClock()
        self.told: list[str] = []
        self.budget = Budget(self.clock, self.told.append)

    def heed(self, *, refused: bool = False, cancels: bool = False, **headers: str) -> None:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        self.budget.heed(named, refused=refused, cancels=cancels)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(TIERS)),
    st.lists(st.tuples(st.integers(1, 15), st.integers(0, SECOND)), min_size=1, max_size=120),
)
def test_no_span_holds_more_orders_than_burst_and_rate_allow(
    tier: str, asked: list[tuple[int, int]]
) -> None:
    per_s, burst = TIERS[tier].orders_per_s, TIERS[tier].orders_burst
    bucket, now, sent = Bucket(per_s, burst, 0), 0, []
    for count, pause in asked:
        now += pause
        now += bucket.wait_ns(count, now)
        assert bucket.wait_ns(count, now) == 0
        bucket.take(count, now)
        sent.append((now, count))
    for start, end in itertools.combinations(range(len(sent)), 2):
        span = sent[end][0] - sent[start][0]
        total = sum(count for _, count in sent[start : end + 1])
        assert total <= burst + per_s * span / SECOND + 1e-6


async def test_a_burst_goes_at_once_and_the_next_order_waits_and_is_told(desk: Desk) -> None:
    assert await desk.budget.orders(60) == 0
    assert desk.told == []
    waited = await desk.budget.orders(2)
    assert waited == pytest.approx(0.05, abs=0.001)
    assert desk.told == ["2 orders wait 0.1 s for the venue's rate limit"]


async def test_cancels_do_not_wait_for_orders(desk: Desk) -> None:
    await desk.budget.orders(60)
    assert await desk.budget.cancels(90) == 0


async def test_ordinary_cancels_leave_a_reserve_that_the_kill_switch_spends(desk: Desk) -> None:
    await desk.budget.cancels(90)
    assert desk.budget.view().cancels_left == 30
    assert await desk.budget.cancels(30, urgent=lambda: True) == 0
    assert desk.budget.view().cancels_left == 0
    assert await desk.budget.cancels(1) > 0.3


async def test_more_cancels_than_ever_gather_go_from_a_full_bucket(desk: Desk) -> None:
    assert await desk.budget.cancels(500) == 0
    assert desk.budget.view().cancels_left == -380
    assert await desk.budget.cancels(1) == pytest.approx((380 + 31) / 80, abs=0.01)


async def test_orders_let_waiting_cancels_go_first() -> None:
    clock, went = SimClock(), []
    budget = Budget(clock)
    await budget.cancels(120)

    async def order() -> None:
        await budget.orders()
        went.append("order")

    async def cancel() -> None:
        await budget.cancels(5)
        went.append("cancel")

    async def pass_time(seconds: float) -> None:
        clock.advance(seconds)
        for _ in range(5):
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(cancel())
        await pass_time(0)
        tasks.create_task(order())
        await pass_time(0.3)
        assert (went, budget.view().waiting_cancels) == ([], 5)
        await pass_time(0.2)
        assert went == ["cancel"]
        await pass_time(0.1)
    assert went == ["cancel", "order"]
    assert budget.view().waiting_cancels == 0


async def test_waiting_orders_share_what_gathers_and_none_is_lost(desk: Desk) -> None:
    await desk.budget.orders(60)
    await asyncio.gather(*(desk.budget.orders(10) for _ in range(8)))
    assert desk.clock.ns / SECOND == pytest.approx(2.0, abs=0.01)
    assert desk.budget.view().waiting_orders == 0


async def test_a_cancelled_wait_pays_nothing(desk: Desk) -> None:
    await desk.budget.orders(60)
    waiting = asyncio.create_task(desk.budget.orders(15))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    view = desk.budget.view()
    assert (view.orders_left, view.waiting_orders) == (0, 0)


async def test_a_cancel_of_all_pays_afterwards_for_each(desk: Desk) -> None:
    await desk.budget.cancels(urgent=lambda: True)
    desk.budget.charge_cancels(49)
    assert desk.budget.view().cancels_left == 70


@pytest.mark.parametrize(("cancels", "left"), [(False, (7, 120)), (True, (60, 7))])
def test_the_venues_lower_count_is_taken_for_the_right_bucket(
    desk: Desk, cancels: bool, left: tuple[int, int]
) -> None:
    desk.heed(cancels=cancels, poly_ratelimit_remaining="7")
    view = desk.budget.view()
    assert (view.orders_left, view.cancels_left) == left


async def test_the_venues_higher_count_does_not_forget_what_is_on_its_way(desk: Desk) -> None:
    await desk.budget.orders(50)
    desk.heed(poly_ratelimit_remaining="59")
    assert desk.budget.view().orders_left == 10


def test_an_overdrawn_cancel_bucket_is_learned(desk: Desk) -> None:
    desk.heed(cancels=True, poly_ratelimit_remaining="-12")
    assert desk.budget.view().cancels_left == -12


@pytest.mark.parametrize("text", ["", "x", "1.5", "9" * 400, "-", "--4", " 3"])
def test_an_absurd_count_is_not_learned(desk: Desk, text: str) -> None:
    desk.heed(poly_ratelimit_remaining=text, poly_ratelimit_tier=text)
    assert desk.budget.view().orders_left == 60


async def test_f017_after_a_429_nothing_goes_until_the_time_asked_for(desk: Desk) -> None:
    desk.heed(refused=True, retry_after="3")
    assert desk.budget.view().wait_s == 3.0
    assert await desk.budget.orders() == pytest.approx(3.0, abs=0.001)
    assert "wait 3.0 s" in desk.told[0]


async def test_a_429_of_orders_does_not_hold_cancels(desk: Desk) -> None:
    desk.heed(refused=True, retry_after="30")
    assert await desk.budget.cancels(1) == 0


async def test_a_429_without_a_time_costs_a_second(desk: Desk) -> None:
    desk.heed(refused=True, cancels=True)
    assert await desk.budget.cancels(1, urgent=lambda: True) == pytest.approx(1.0, abs=0.02)


async def test_a_better_tier_brings_its_limits(desk: Desk) -> None:
    await desk.budget.orders(60)
    desk.heed(poly_ratelimit_tier="Gold")
    view = desk.budget.view()
    assert (view.tier, view.orders_burst, view.cancels_burst) == ("gold", 600, 1_200)
    assert view.orders_left == 540
    desk.heed(poly_ratelimit_tier="Unobtainium")
    assert desk.budget.view().tier == "gold"


def test_a_warning_is_told_once_and_shown_clean(desk: Desk) -> None:
    for _ in range(3):
        desk.heed(poly_ratelimit_warning="slow\x1b[2J down")
    assert desk.budget.view().warning == "slow[2J down"
    assert desk.told == ["the venue warns about our request rate: slow[2J down"]
    desk.heed()
    assert desk.budget.view().warning == ""


async def test_a_cancel_of_very_many_leaves_the_reserve_to_the_kill_switch(desk: Desk) -> None:
    for _ in range(10):
        await desk.budget.cancels(desk.budget.cancels_at_once)
    assert await desk.budget.cancels(5, urgent=lambda: True) == 0


async def test_a_cancel_that_waits_is_let_go_when_the_kill_switch_is_pressed(desk: Desk) -> None:
    await desk.budget.cancels(90)
    pressed_at = desk.clock.ns + SECOND // 4

    waited = await desk.budget.cancels(90, urgent=lambda: desk.clock.ns >= pressed_at)

    # 30 tokens are left and 90 wanted: three quarters of a second, not the 1.1 with the reserve.
    assert waited == pytest.approx(0.75, abs=0.02)
