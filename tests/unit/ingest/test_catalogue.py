from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

import pytest

from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable
from polydesk.ingest.catalogue import CatalogueLimits, CatalogueRunner


@dataclass
class Page:
    next_cursor: str | None = None


class Bench:
    def __init__(self, clock) -> None:
        self.clock = clock
        self.cursors: list[str | None] = []
        self.pages: list[Page | Exception] = []
        self.lookups: list[list[str]] = []
        self.conditions: list[list[str]] = []
        self.lookup_errors: list[Exception] = []
        self.event = asyncio.Event()
        self.known: set[str] = set()
        self.runner = self.make()

    def make(self, *, is_known=None, **limits) -> CatalogueRunner:
        return CatalogueRunner(
            self.page,
            self.tokens,
            self.clock,
            fetch_conditions=self.by_condition,
            held=lambda: ["0xheld"],
            is_known=is_known,
            limits=CatalogueLimits(**limits),
        )

    async def page(self, cursor):
        self.cursors.append(cursor)
        self.event.set()
        answer = self.pages.pop(0) if self.pages else Page()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def tokens(self, token_ids):
        self.lookups.append(list(token_ids))
        self.event.set()
        if self.lookup_errors:
            raise self.lookup_errors.pop(0)

    async def by_condition(self, condition_ids):
        self.conditions.append(list(condition_ids))


@pytest.fixture
def bench(clock):
    return Bench(clock)


async def test_refresh_walks_the_pages_and_then_what_is_held(bench):
    bench.pages = [Page("a"), Page("b"), Page()]
    assert await bench.runner.refresh()
    assert bench.cursors == [None, "a", "b"]
    assert bench.conditions == [["0xheld"]]


async def test_walk_is_bounded(bench):
    bench.pages = [Page(f"c{n}") for n in range(50)]
    await bench.runner.refresh()
    assert len(bench.cursors) == 5


async def test_a_repeated_cursor_ends_the_walk(bench):
    bench.pages = [Page("a"), Page("b"), Page("a"), Page("b")]
    await bench.runner.refresh()
    assert bench.cursors == [None, "a", "b"]
    assert bench.runner.counters.repeated_cursors == 1


async def test_refresh_comes_every_five_minutes_and_sooner_after_a_failure(bench, clock):
    bench.pages = [VenueUnavailable("host is away"), Page(), Page()]
    task = asyncio.ensure_future(bench.runner.run_refresh())
    async with asyncio.timeout(5):
        while len(bench.cursors) < 3:
            bench.event.clear()
            await bench.event.wait()
    task.cancel()
    await asyncio.wait({task})
    assert clock.sleeps[:2] == [15.0, 300.0]
    assert bench.runner.counters.failures == 1
    assert bench.runner.problem == ""


async def test_unknown_tokens_of_one_moment_are_looked_up_together(bench):
    task = asyncio.ensure_future(bench.runner.run_lookups())
    bench.runner.need(["1", "2"])
    bench.runner.need(["2", "3"])
    await asyncio.wait_for(bench.event.wait(), 5)
    task.cancel()
    await asyncio.wait({task})
    assert bench.lookups == [["1", "2", "3"]]


async def test_a_token_nobody_knows_is_asked_for_ever_less_often(bench, clock):
    start, asked = clock.ns, []
    for _ in range(8_000):
        bench.runner.need(["1"])
        before = len(bench.lookups)
        await bench.runner.look_up()
        if len(bench.lookups) > before:
            asked.append((clock.ns - start) // 10**9)
        clock.advance(1.0)
    assert [b - a for a, b in itertools.pairwise(asked)][:5] == [60, 120, 240, 480, 960]


async def test_an_unanswered_lookup_is_repeated(bench):
    bench.lookup_errors = [RateLimited("slow", 3.0)]
    bench.runner.need(["1"])
    assert not await bench.runner.look_up()
    assert bench.runner.problem == "slow"
    assert await bench.runner.look_up()
    assert bench.lookups == [["1"], ["1"]]


async def test_a_refused_lookup_is_not_repeated_at_once(bench):
    bench.lookup_errors = [VenueRejected("bad id")]
    bench.runner.need(["1"])
    assert await bench.runner.look_up()
    bench.runner.need(["1"])
    await bench.runner.look_up()
    assert bench.lookups == [["1"]]


async def test_a_token_not_listed_yet_is_asked_for_until_it_is_known(bench, clock):
    runner = bench.make(is_known=bench.known.__contains__)
    times = []
    task = asyncio.ensure_future(runner.run_lookups())
    runner.need(["1", "2"])
    async with asyncio.timeout(5):
        while len(bench.lookups) < 4:
            bench.event.clear()
            await bench.event.wait()
            times.append(clock.ns // 10**9)
            bench.known.add("2")
    bench.known.add("1")
    for _ in range(1_000):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert bench.lookups == [["1", "2"], ["1"], ["1"], ["1"]]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps[0] >= 60
    assert gaps == sorted(gaps)


async def test_a_token_nobody_ever_lists_is_given_up(bench, clock):
    runner = bench.make(is_known=lambda _: False, ask_at_most=3)
    task = asyncio.ensure_future(runner.run_lookups())
    runner.need(["1"])
    for _ in range(5_000):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert bench.lookups == [["1"]] * 3
