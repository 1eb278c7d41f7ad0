"""When to try again: full-jitter exponential waits under one shared cap on attempts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from random import Random

from polydesk.ports import Clock

_NS = 1_000_000_000
_MAX_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class BackoffLimits:
    """How waits grow. Seconds.

    Source: ``websockets.md`` section 1 (official SDK policy), 2026-11.
    """

    base_s: float = 0.25
    ceiling_s: float = 30.0
    healthy_s: float = 20.0
    """A connection that delivered this long starts the waits over when it ends."""


class AttemptCap:
    """A ceiling on connection attempts per minute, shared by every socket of the desk."""

    def __init__(self, clock: Clock, per_minute: int = 60, window_s: float = 60.0) -> None:
        if per_minute < 1:
            raise ValueError("per_minute must be at least 1")
        self._clock = clock
        self._per_window = per_minute
        self._window_ns = int(window_s * _NS)
        self._taken: deque[int] = deque()
        self.delayed = 0
        """Attempts that had to wait for the cap."""

    async def take(self) -> None:
        """Wait until one more attempt is allowed, and count it."""
        waited = False
        while (wait_ns := self._wait_ns()) > 0:
            waited = True
            await self._clock.sleep(wait_ns / _NS)
        self.delayed += waited
        self._taken.append(self._clock.monotonic_ns())

    def _wait_ns(self) -> int:
        now = self._clock.monotonic_ns()
        while self._taken and now - self._taken[0] >= self._window_ns:
            self._taken.popleft()
        if len(self._taken) < self._per_window:
            return 0
        return max(1, self._taken[0] + self._window_ns - now)


class Backoff:
    """The pace of one connection: waits before each attempt, never gives up.

    The first attempt waits for nothing but the shared cap. Each later one draws its wait
    uniformly between zero and a ceiling that doubles, so that many sockets spread out.
    """

    def __init__(
        self,
        clock: Clock,
        rng: Random,
        cap: AttemptCap,
        limits: BackoffLimits | None = None,
    ) -> None:
        self._clock = clock
        self._rng = rng
        self._cap = cap
        self._limits = limits or BackoffLimits()
        self._attempts = 0
        self._up_since: int | None = None

    def up(self) -> None:
        """Say that data arrives; healthy long enough, the next failure waits little."""
        if self._up_since is None:
            self._up_since = self._clock.monotonic_ns()

    async def wait(self, at_least_s: float = 0.0) -> None:
        """Wait before the next attempt.

        Args:
            at_least_s: What the venue asked for, if it did.
        """
        delay = max(self._next_delay_s(), at_least_s)
        if delay > 0:
            await self._clock.sleep(delay)
        await self._cap.take()

    def _next_delay_s(self) -> float:
        if self._was_healthy():
            self._attempts = 1
        self._up_since = None
        failures = self._attempts
        self._attempts += 1
        if failures == 0:
            return 0.0
        limits = self._limits
        doubled = limits.base_s * float(1 << min(failures - 1, _MAX_DOUBLINGS))
        return self._rng.uniform(0.0, min(limits.ceiling_s, doubled))

    def _was_healthy(self) -> bool:
        if self._up_since is None:
            return False
        lasted = self._clock.monotonic_ns() - self._up_since
        return lasted >= self._limits.healthy_s * _NS
