"""The venue's request limits as token buckets: we wait here rather than be refused there.

Source: ``rest-data.md`` section 6 and ``trading.md`` section 8.1, 2026-11 (requests per ten
seconds).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from polydesk.ports import Clock

_NS = 1_000_000_000
_WINDOW_NS = 10 * _NS

PER_TEN_SECONDS: Final[Mapping[str, int]] = {
    "gamma": 4_000,
    "gamma/lists": 900,
    "gamma/events": 500,
    "gamma/markets": 300,
    "gamma/search": 350,
    "clob": 9_000,
    "clob/books": 500,
    "clob/ledger": 900,
    "clob/orders": 500,
    "clob/trades": 500,
    "clob/balance": 200,
    "clob/balance-update": 50,
    "clob/auth": 100,
    "data": 800,
    "data/trades": 200,
    "data/prices-history": 200,
}
"""Data trades: the page says 300, but 20 a second was the fastest measured clean."""

_PARENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "gamma/events": ("gamma", "gamma/lists"),
    "gamma/markets": ("gamma", "gamma/lists"),
    "gamma/search": ("gamma",),
    "clob/books": ("clob",),
    "clob/time": ("clob",),
    "clob/ledger": ("clob",),
    "clob/orders": ("clob/ledger", "clob"),
    "clob/trades": ("clob/ledger", "clob"),
    "clob/balance": ("clob",),
    "clob/balance-update": ("clob",),
    "clob/auth": ("clob",),
    "data/trades": ("data",),
    "data/prices-history": ("data",),
}

SHARE_PERCENT: Final = 80
"""How much of each limit we use; the rest is for other programs behind the same address."""
BURST_PERCENT: Final = 10
"""How much of a limit may go out at once."""

LONGEST_PAUSE_S: Final = 900.0
"""However long a host asks us to wait, we ask again after this: a mistyped header must not
silence a stream for days."""
_HEADER_DIGITS: Final = 9


def whole_seconds(text: str | None) -> int | None:
    """Read a header of whole seconds; None for anything else."""
    if not text or len(text) > _HEADER_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def asked_pause_s(text: str | None) -> float | None:
    """Read a ``Retry-After`` header, never longer than our longest pause."""
    seconds = whole_seconds(text)
    return None if seconds is None else min(float(seconds), LONGEST_PAUSE_S)


@dataclass(slots=True)
class TokenBucket:
    """Requests spread at a steady rate, with a burst. Times on the steady clock."""

    interval_ns: int
    """Time that pays for one request."""
    burst: int
    _free_at: int = field(default=-(1 << 62))
    """When the bucket is full again (generic cell rate)."""

    @classmethod
    def per_window(cls, limit: int) -> TokenBucket:
        """Return a bucket for ``limit`` requests per ten seconds, with our margin."""
        allowed = max(1, limit * SHARE_PERCENT // 100)
        return cls(_WINDOW_NS // allowed, max(1, limit * BURST_PERCENT // 100))

    def take(self, now: int) -> int:
        """Reserve one request and return how long to wait before sending it, nanoseconds."""
        start = max(now, self._free_at)
        self._free_at = start + self.interval_ns
        return max(0, self._free_at - now - self.burst * self.interval_ns)

    def pause(self, now: int, length_ns: int) -> None:
        """Send nothing for a while: the venue asked for it."""
        until = now + length_ns + self.burst * self.interval_ns
        self._free_at = max(self._free_at, until)


class RateLimits:
    """The buckets of every route; a request pays into its own and its parents'."""

    def __init__(self, clock: Clock, limits: Mapping[str, int] = PER_TEN_SECONDS) -> None:
        self._clock = clock
        self._buckets = {name: TokenBucket.per_window(limit) for name, limit in limits.items()}

    async def acquire(self, route: str) -> None:
        """Wait until a request on ``route`` (as ``clob/books``) may be sent."""
        now = self._clock.monotonic_ns()
        waits = [bucket.take(now) for bucket in self._of(route)]
        if (wait := max(waits, default=0)) > 0:
            await self._clock.sleep(wait / _NS)

    def pause(self, route: str, seconds: float) -> None:
        """Hold back one route after a 429."""
        now = self._clock.monotonic_ns()
        for bucket in self._of(route)[:1]:
            bucket.pause(now, int(seconds * _NS))

    def _of(self, route: str) -> list[TokenBucket]:
        names = (route, *_PARENTS.get(route, ()))
        return [self._buckets[name] for name in names if name in self._buckets]
