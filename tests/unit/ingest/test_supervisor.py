from __future__ import annotations

import asyncio
from random import Random

import pytest

from polydesk.errors import InvariantError
from polydesk.ingest.supervisor import Job, OnDeath, Supervisor, TaskDied


class Harness:
    def __init__(self, clock):
        self.died: list[TaskDied] = []
        self.supervisor = Supervisor(clock, Random(1), self.died.append)


@pytest.fixture
def harness(clock):
    return Harness(clock)


async def test_a_dying_job_is_restarted_and_told(harness):
    runs = 0
    enough = asyncio.Event()

    async def dies() -> None:
        nonlocal runs
        runs += 1
        if runs == 4:
            enough.set()
        raise OSError("no")

    task = asyncio.ensure_future(harness.supervisor.run([Job("feed", dies)]))
    await asyncio.wait_for(enough.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [d.deaths for d in harness.died[:3]] == [1, 2, 3]
    assert harness.died[0].reaction is OnDeath.RESTART
    assert str(harness.died[0].error) == "no"


async def test_a_job_that_returns_has_died_too(harness):
    async def returns() -> None:
        return

    with pytest.raises(InvariantError, match="writer stopped: it returned"):
        await harness.supervisor.run([Job("writer", returns, OnDeath.HALT)])
    assert harness.died[0].error is None


async def test_halt_cancels_the_others(harness):
    cancelled = asyncio.Event()

    async def lives() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async def dies() -> None:
        await asyncio.sleep(0)
        raise OSError("disk")

    with pytest.raises(InvariantError, match="journal stopped: disk"):
        await harness.supervisor.run([Job("feed", lives), Job("journal", dies, OnDeath.HALT)])
    assert cancelled.is_set()


async def test_a_broken_invariant_halts_a_restartable_job(harness):
    async def broken() -> None:
        raise InvariantError("books disagree")

    with pytest.raises(InvariantError, match="books disagree"):
        await harness.supervisor.run([Job("engine", broken)])
    assert harness.died[0].reaction is OnDeath.HALT


async def test_cancellation_passes_and_is_no_death(harness):
    started = asyncio.Event()

    async def lives() -> None:
        started.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(harness.supervisor.run([Job("feed", lives)]))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert harness.died == []


async def test_restarts_wait_longer_and_longer(harness, clock):
    runs = 0
    enough = asyncio.Event()

    async def dies() -> None:
        nonlocal runs
        runs += 1
        if runs == 12:
            enough.set()
        raise OSError("no")

    task = asyncio.ensure_future(harness.supervisor.run([Job("feed", dies)]))
    await asyncio.wait_for(enough.wait(), 5)
    task.cancel()
    await asyncio.wait({task})
    assert max(clock.sleeps) > 2.0
