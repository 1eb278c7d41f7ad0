"""A clock that the recording moves."""

from __future__ import annotations

import asyncio
import heapq
import itertools


class SimClock:
    """A ``ports.Clock`` for replay: stands still until someone sets the time.

    ``sleep`` returns when the clock has been moved that far. Without anyone to move it,
    call ``advance``.
    """

    def __init__(self, now_ns: int = 0) -> None:
        self._now_ns = now_ns
        self._origin_ns = now_ns
        self._steady_ns = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now_ns(self) -> int:
        """Return the recording's time, nanoseconds UTC."""
        return self._now_ns

    def monotonic_ns(self) -> int:
        """Return how far the clock has come from its start; never steps back."""
        return self._steady_ns

    def set_ns(self, now_ns: int) -> None:
        """Move to a receive time; small steps back change ``now_ns`` only."""
        self._steady_ns = max(self._steady_ns, now_ns - self._origin_ns)
        self._now_ns = now_ns
        while self._sleepers and self._sleepers[0][0] <= self._steady_ns:
            _, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                sleeper.set_result(None)

    def advance(self, seconds: float) -> None:
        """Move forward by a span."""
        self.set_ns(self._now_ns + round(seconds * 1_000_000_000))

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been moved ``seconds`` further."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        due = self._steady_ns + round(seconds * 1_000_000_000)
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (due, next(self._order), sleeper))
        await sleeper
