"""What happens when: a virtual clock that jumps from one happening to the next."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

MS = 1_000_000
SECOND = 1_000_000_000


class Schedule:
    """Happenings by time, and by the order in which they were planned."""

    def __init__(self, now: int) -> None:
        self.now = now
        """Virtual time, nanoseconds UTC."""
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    def after(self, delay: int, do: Callable[..., None], *arguments: Any) -> None:
        """Plan something for so many nanoseconds from now."""
        self._count += 1
        heapq.heappush(self._heap, (self.now + delay, self._count, do, arguments))

    def run_next(self) -> None:
        """Let the next happening happen."""
        at, _, do, arguments = heapq.heappop(self._heap)
        self.now = at
        do(*arguments)

    @property
    def next_at(self) -> int:
        """Return when the next happening is."""
        return self._heap[0][0]
