"""Fetch fresh books on request: coalesced, limited, one call for many.

A book that cannot be had over REST is asked for by a new subscription, whose dump is a
snapshot too.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from polydesk.domain.ids import TokenId
from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable
from polydesk.ingest.waiting import sleep_or_event
from polydesk.ports import Clock

_NS = 1_000_000_000
_MAX_DOUBLINGS = 6

FetchBooks = Callable[[Sequence[TokenId]], Awaitable[object]]
"""Fetches books into the inbox, at most ``per_call`` of them."""
Resubscribe = Callable[[Sequence[TokenId]], None]


@dataclass(frozen=True, slots=True)
class SnapshotLimits:
    """How often books are fetched."""

    gather_s: float = 0.05
    """Wishes of the same moment go into one call."""
    between_calls_s: float = 0.25
    per_token_s: float = 1.0
    """Least time between two fetches of a token; doubles while it is asked for again."""
    calm_s: float = 30.0
    """Without wishes this long, a token's wait starts over."""
    per_call: int = 500


@dataclass(slots=True)
class SnapshotCounters:
    """What has been fetched."""

    wishes: Counter[str] = field(default_factory=Counter)
    """By reason."""
    calls: int = 0
    tokens: int = 0
    failures: int = 0
    resubscribed: int = 0


@dataclass(slots=True)
class _Asked:
    at_ns: int
    times: int


class SnapshotQueue:
    """Wishes for books and when each may be fetched. Pure: times are arguments."""

    def __init__(self, limits: SnapshotLimits | None = None) -> None:
        self.limits = limits or SnapshotLimits()
        self._wishes: dict[TokenId, None] = {}
        self._asked: dict[TokenId, _Asked] = {}

    def __len__(self) -> int:
        return len(self._wishes)

    def wish(self, token_id: TokenId) -> None:
        """Want a fresh book; a second wish before the fetch changes nothing."""
        self._wishes[token_id] = None

    def forget(self, keep: Iterable[TokenId]) -> None:
        """Drop wishes and memory of every token but these."""
        kept = frozenset(keep)
        self._wishes = {t: None for t in self._wishes if t in kept}
        self._asked = {t: a for t, a in self._asked.items() if t in kept}

    def take(self, now_ns: int) -> list[TokenId]:
        """Return the tokens to fetch in one call now, oldest wish first."""
        ready = [t for t in self._wishes if self._ready_ns(t, now_ns) <= now_ns]
        chosen = ready[: self.limits.per_call]
        for token_id in chosen:
            del self._wishes[token_id]
            self._note(token_id, now_ns)
        return chosen

    def wait_ns(self, now_ns: int) -> int | None:
        """Return how long until a wish is ready, None without wishes."""
        waits = [self._ready_ns(t, now_ns) - now_ns for t in self._wishes]
        return max(0, min(waits)) if waits else None

    def _note(self, token_id: TokenId, now_ns: int) -> None:
        before = self._asked.get(token_id)
        if before is None or now_ns - before.at_ns > self.limits.calm_s * _NS:
            self._asked[token_id] = _Asked(now_ns, 0)
        else:
            self._asked[token_id] = _Asked(now_ns, before.times + 1)

    def _ready_ns(self, token_id: TokenId, now_ns: int) -> int:
        asked = self._asked.get(token_id)
        if asked is None:
            return now_ns
        wait_s = self.limits.per_token_s * float(1 << min(asked.times, _MAX_DOUBLINGS))
        return asked.at_ns + int(min(wait_s, self.limits.calm_s) * _NS)


class SnapshotRunner:
    """Fetches what the queue allows; falls back to a new subscription."""

    def __init__(
        self,
        queue: SnapshotQueue,
        fetch: FetchBooks,
        resubscribe: Resubscribe,
        clock: Clock,
    ) -> None:
        self.counters = SnapshotCounters()
        self._queue = queue
        self._fetch = fetch
        self._resubscribe = resubscribe
        self._clock = clock
        self._wished = asyncio.Event()

    def wish(self, token_id: TokenId, reason: str) -> None:
        """Want a fresh book of a token."""
        self.counters.wishes[reason] += 1
        self._queue.wish(token_id)
        self._wished.set()

    def keep(self, token_ids: Iterable[TokenId]) -> None:
        """Drop the wishes and the memory of every token but these."""
        self._queue.forget(token_ids)

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            await self._until_ready()
            await self._clock.sleep(self._queue.limits.gather_s)
            pause_s = await self.fetch_once()
            await self._clock.sleep(max(pause_s, self._queue.limits.between_calls_s))

    async def fetch_once(self) -> float:
        """Make one call for what is ready; return how long the venue asked to wait."""
        token_ids = self._queue.take(self._clock.monotonic_ns())
        if not token_ids:
            return 0.0
        self.counters.calls += 1
        try:
            await self._fetch(token_ids)
        except RateLimited as error:
            self._fall_back(token_ids)
            return error.retry_after_s or 1.0
        except (VenueUnavailable, VenueRejected):
            self._fall_back(token_ids)
            return 0.0
        self.counters.tokens += len(token_ids)
        return 0.0

    def _fall_back(self, token_ids: Sequence[TokenId]) -> None:
        self.counters.failures += 1
        self.counters.resubscribed += len(token_ids)
        self._resubscribe(token_ids)

    async def _until_ready(self) -> None:
        while True:
            self._wished.clear()
            wait_ns = self._queue.wait_ns(self._clock.monotonic_ns())
            if wait_ns == 0:
                return
            if wait_ns is None:
                await self._wished.wait()
            else:
                await sleep_or_event(self._clock, wait_ns / _NS, self._wished)
