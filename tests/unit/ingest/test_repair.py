from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable
from polydesk.ingest.repair import RepairLimits, RepairPlan, RepairRunner

A, B, C = "0xa", "0xb", "0xc"
SECOND = 10**9


@dataclass
class Page:
    next_cursor: str | None = None
    newest_s: int | None = None


def _plan(*wallets, now_s=1_000, **limits) -> RepairPlan:
    plan = RepairPlan(RepairLimits(**limits))
    plan.set_wallets(wallets, now_s, 0)
    return plan


def test_a_new_wallet_is_read_from_now_with_overlap():
    (walk,) = _plan(A, overlap_s=10).due(0)
    assert (walk.wallet, walk.start_s, walk.cursor) == (A, 990, None)


def test_cursor_moves_to_the_newest_row_only_after_the_last_page():
    plan = _plan(A)
    (walk,) = plan.due(0)
    assert plan.page_done(walk, Page("p2", 1_500))
    assert plan.processed_s(A) == 1_000
    assert not plan.page_done(walk, Page(None, 1_400))
    assert plan.processed_s(A) == 1_500


def test_a_failed_walk_moves_nothing_and_starts_again_from_the_same_second():
    plan = _plan(A)
    (walk,) = plan.due(0)
    plan.page_done(walk, Page("p2", 1_500))
    plan.failed(walk, "host is away")
    assert plan.problems() == {A: "host is away"}
    (again,) = plan.due(0)
    assert (again.start_s, again.cursor, plan.processed_s(A)) == (walk.start_s, None, 1_000)


def test_a_repeated_cursor_ends_the_walk_and_is_told():
    plan = _plan(A)
    (walk,) = plan.due(0)
    assert plan.page_done(walk, Page("p2", 1_500))
    assert plan.page_done(walk, Page("p3", 1_400))
    assert not plan.page_done(walk, Page("p2", 1_300))
    assert plan.counters.repeated_cursors == 1
    assert plan.processed_s(A) == 1_000
    assert "repeats" in plan.problems()[A]


def test_a_long_walk_goes_on_where_it_was_cut():
    plan = _plan(A)
    (walk,) = plan.due(0)
    plan.scheduled(walk, 0)
    plan.page_done(walk, Page("p2", 1_500))
    plan.cut(walk, 5)
    (again,) = plan.due(5)
    assert again.cursor == "p2"
    plan.page_done(again, Page(None, 1_200))
    assert plan.processed_s(A) == 1_500


def test_an_empty_answer_leaves_the_cursor_where_it_is():
    plan = _plan(A)
    (walk,) = plan.due(0)
    plan.page_done(walk, Page())
    assert plan.processed_s(A) == 1_000


def test_wallets_are_due_every_fifteen_seconds_and_at_once_after_a_gap():
    plan = _plan(A)
    (walk,) = plan.due(0)
    plan.scheduled(walk, 0)
    assert plan.due(15 * SECOND - 1) == []
    assert len(plan.due(15 * SECOND)) == 1
    plan.scheduled(walk, 15 * SECOND)
    plan.all_due(16 * SECOND)
    assert len(plan.due(16 * SECOND)) == 1


def test_a_round_is_bounded_and_the_longest_waiting_go_first():
    plan = _plan(A, B, C, max_wallets=2)
    walks = plan.due(0)
    for walk in walks:
        plan.scheduled(walk, 0)
    late = [walk.wallet for walk in plan.due(20 * SECOND)]
    assert late[0] == C
    assert len(late) == 2


def test_an_unfollowed_wallet_is_forgotten_even_in_mid_walk():
    plan = _plan(A, B)
    walks = {walk.wallet: walk for walk in plan.due(0)}
    plan.set_wallets([B], 2_000, 0)
    plan.page_done(walks[A], Page(None, 1_500))
    plan.cut(walks[A], 0)
    assert plan.processed_s(A) is None
    assert plan.processed_s(B) == 1_000


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.booleans(), st.integers(900, 2_000)), max_size=30))
def test_the_cursor_never_goes_back_and_never_passes_what_was_read(steps):
    plan = _plan(A)
    read = 1_000
    for is_read, newest in steps:
        (walk,) = plan.due(0)
        before = plan.processed_s(A)
        if is_read:
            plan.page_done(walk, Page(None, newest))
            read = max(read, newest)
        else:
            plan.failed(walk, "no")
        assert before <= plan.processed_s(A) == read


class Venue:
    def __init__(self) -> None:
        self.asked: list[tuple[str, int, str | None]] = []
        self.answers: dict[str, list] = {}
        self.came = asyncio.Event()

    async def fetch(self, wallet, start_s, cursor):
        self.asked.append((wallet, start_s, cursor))
        self.came.set()
        queue = self.answers.get(wallet) or [Page()]
        answer = queue.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def venue():
    return Venue()


async def test_runner_walks_all_pages_of_a_wallet(clock, venue):
    runner = RepairRunner(plan := RepairPlan(), venue.fetch, clock)
    runner.set_wallets([A])
    venue.answers[A] = [Page("p2", 1_010), Page("p3", 1_005), Page(None, 1_001)]
    await runner.round()
    assert [cursor for _, _, cursor in venue.asked] == [None, "p2", "p3"]
    assert plan.processed_s(A) == 1_010


async def test_runner_bounds_pages_and_goes_on_the_next_round(clock, venue):
    plan = RepairPlan(RepairLimits(max_pages=2))
    runner = RepairRunner(plan, venue.fetch, clock)
    runner.set_wallets([A])
    venue.answers[A] = [Page(f"p{n}", 1_010) for n in range(3)] + [Page(None, 1_001)]
    await runner.round()
    assert len(venue.asked) == 2
    assert plan.counters.cut_walks == 1
    await runner.round()
    assert [cursor for _, _, cursor in venue.asked] == [None, "p0", "p1", "p2"]
    assert plan.processed_s(A) == 1_010


@pytest.mark.parametrize("error", [VenueUnavailable("away"), VenueRejected("no such user")])
async def test_one_failing_wallet_does_not_hold_up_the_others(clock, venue, error):
    runner = RepairRunner(plan := RepairPlan(), venue.fetch, clock)
    runner.set_wallets([A, B])
    venue.answers = {A: [error], B: [Page(None, 1_020)]}
    await runner.round()
    assert plan.processed_s(B) == 1_020
    assert plan.problems() == {A: str(error)}


async def test_runner_rests_as_long_as_the_venue_asks(clock, venue):
    runner = RepairRunner(RepairPlan(), venue.fetch, clock)
    runner.set_wallets([A])
    venue.answers[A] = [RateLimited("slow down", 40.0)]
    task = asyncio.ensure_future(runner.run())
    async with asyncio.timeout(5):
        while len(venue.asked) < 2:
            venue.came.clear()
            await venue.came.wait()
    task.cancel()
    await asyncio.wait({task})
    assert clock.sleeps[0] == 40.0


async def test_runner_reads_at_once_when_the_stream_is_back(clock, venue):
    sleeping = asyncio.Event()

    async def sleep_for_ever(seconds: float) -> None:
        sleeping.set()
        await asyncio.Event().wait()

    clock.sleep = sleep_for_ever
    runner = RepairRunner(RepairPlan(), venue.fetch, clock)
    runner.set_wallets([A])
    task = asyncio.ensure_future(runner.run())
    async with asyncio.timeout(5):
        await venue.came.wait()
        await sleeping.wait()
        clock.advance(1.0)
        venue.came.clear()
        runner.stream_is_back()
        await venue.came.wait()
    task.cancel()
    await asyncio.wait({task})
    assert len(venue.asked) == 2
