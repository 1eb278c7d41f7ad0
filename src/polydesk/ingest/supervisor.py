"""One owner for every task of the rim: each has a stated reaction to its death."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from polydesk.errors import InvariantError
from polydesk.ingest.backoff import AttemptCap, Backoff, BackoffLimits
from polydesk.ingest.watchdog import Watchdog, WatchLimits
from polydesk.ports import Clock

_log = logging.getLogger(__name__)


class OnDeath(StrEnum):
    """What happens when a task ends that was meant to run for ever."""

    RESTART = "restart"
    HALT = "halt"


@dataclass(frozen=True, slots=True)
class Job:
    """A task that must keep running."""

    name: str
    run: Callable[[], Awaitable[None]]
    """Called again for each restart."""
    on_death: OnDeath = OnDeath.RESTART


@dataclass(frozen=True, slots=True)
class TaskDied:
    """A job ended; the reaction follows."""

    name: str
    reaction: OnDeath
    error: Exception | None
    """None when it returned without an error, which is just as wrong."""
    deaths: int
    """How often this job has died."""


class Supervision:
    """Makes the paces and watchdogs of all connections; they share one attempt cap."""

    def __init__(
        self,
        clock: Clock,
        rng: Random,
        *,
        cap: AttemptCap | None = None,
        backoff: BackoffLimits | None = None,
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._limits = backoff or BackoffLimits()
        self.cap = cap or AttemptCap(clock)

    def pace(self) -> Backoff:
        """Return the pace of a new connection."""
        return Backoff(self._clock, self._rng, self.cap, self._limits)

    def watch(self, first_data_s: float, silence_s: float) -> Watchdog:
        """Return the data watchdog of a new connection."""
        return Watchdog(self._clock, WatchLimits(first_data_s, silence_s))


class Supervisor:
    """Runs jobs in one task group until cancelled or until one with HALT dies.

    Restarts wait with back-off of their own, apart from the cap on connection attempts.
    """

    def __init__(
        self,
        clock: Clock,
        rng: Random,
        on_died: Callable[[TaskDied], None],
        *,
        backoff: BackoffLimits | None = None,
    ) -> None:
        self._supervision = Supervision(
            clock, rng, cap=AttemptCap(clock, per_minute=600), backoff=backoff
        )
        self._on_died = on_died

    async def run(self, jobs: Sequence[Job]) -> None:
        """Keep every job running.

        Raises:
            InvariantError: A job whose reaction is HALT died; all others are cancelled.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for job in jobs:
                    group.create_task(self._keep(job), name=job.name)
        except ExceptionGroup as halts:
            raise halts.exceptions[0] from None

    async def _keep(self, job: Job) -> None:
        pace = self._supervision.pace()
        deaths = 0
        while True:
            await pace.wait()
            pace.up()
            error = await self._run_once(job)
            deaths += 1
            # A broken invariant halts whatever the job asked for.
            halts = job.on_death is OnDeath.HALT or isinstance(error, InvariantError)
            reaction = OnDeath.HALT if halts else OnDeath.RESTART
            self._on_died(TaskDied(job.name, reaction, error, deaths))
            if halts:
                raise InvariantError(f"{job.name} stopped: {error or 'it returned'}") from error

    @staticmethod
    async def _run_once(job: Job) -> Exception | None:
        try:
            await job.run()
        except Exception as error:  # noqa: BLE001 - every death is logged, reported and reacted to
            _log.exception("job=%s died", job.name)
            return error
        return None
