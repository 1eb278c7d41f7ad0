"""Keep the catalogue fresh: a walk every few minutes, and unknown tokens on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from polydesk.domain.ids import ConditionId, TokenId
from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable, WireError
from polydesk.ingest.waiting import sleep_or_event
from polydesk.ports import Clock

_NS = 1_000_000_000


class CataloguePage(Protocol):
    """One page of the catalogue, already handed to the engine's inbox."""

    @property
    def next_cursor(self) -> str | None:
        """Return the next page's cursor, None at the end."""
        ...


FetchPage = Callable[["str | None"], Awaitable[CataloguePage]]
FetchTokens = Callable[[Sequence[TokenId]], Awaitable[object]]
FetchConditions = Callable[[Sequence[ConditionId]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class CatalogueLimits:
    """How often and how far the catalogue is read."""

    every_s: float = 300.0
    retry_s: float = 15.0
    """After a refresh that failed."""
    max_pages: int = 5
    gather_s: float = 0.1
    """Unknown tokens of the same moment go into one call."""
    ask_again_s: float = 60.0
    """A token the venue did not know is asked for again after this, then ever less often."""
    ask_again_most_s: float = 3_600.0
    ask_at_most: int = 10
    """A token not known after so many answers, some eight hours, is given up."""


@dataclass(slots=True)
class CatalogueCounters:
    """What has been read."""

    refreshes: int = 0
    pages: int = 0
    lookups: int = 0
    failures: int = 0
    repeated_cursors: int = 0


class UnknownTokens:
    """Tokens to look up, each at growing intervals until it is known. Pure."""

    def __init__(self, limits: CatalogueLimits) -> None:
        self._limits = limits
        self._wanted: dict[TokenId, None] = {}
        self._asked: dict[TokenId, tuple[int, int]] = {}

    def need(self, token_ids: Iterable[TokenId], now_ns: int) -> bool:
        """Want rows of tokens; return whether any is to be asked for now."""
        for token_id in token_ids:
            if self._may_ask(token_id, now_ns):
                self._wanted[token_id] = None
        return bool(self._wanted)

    def take(self, now_ns: int) -> list[TokenId]:
        """Return the tokens to ask for now, and note that they were asked for."""
        chosen, self._wanted = list(self._wanted), {}
        for token_id in chosen:
            _, times = self._asked.get(token_id, (0, 0))
            self._asked[token_id] = (now_ns, times + 1)
        return chosen

    def again(self, now_ns: int, is_known: Callable[[TokenId], bool]) -> bool:
        """Want those asked for that are still unknown and due; return whether there are any."""
        for token_id, (_, times) in list(self._asked.items()):
            if is_known(token_id) or times >= self._limits.ask_at_most:
                del self._asked[token_id]
            elif self._may_ask(token_id, now_ns):
                self._wanted[token_id] = None
        return bool(self._wanted)

    @property
    def waiting(self) -> bool:
        """Whether a token asked for may still be unknown."""
        return bool(self._asked)

    def failed(self, token_ids: Iterable[TokenId]) -> None:
        """Forget that they were asked for: there was no answer."""
        for token_id in token_ids:
            self._asked.pop(token_id, None)
            self._wanted[token_id] = None

    def _may_ask(self, token_id: TokenId, now_ns: int) -> bool:
        if token_id not in self._asked:
            return True
        at_ns, times = self._asked[token_id]
        wait_s = self._limits.ask_again_s * float(1 << min(times - 1, 10))
        return now_ns - at_ns >= min(wait_s, self._limits.ask_again_most_s) * _NS


class CatalogueRunner:
    """Walks the catalogue on time and looks up unknown tokens."""

    def __init__(
        self,
        fetch_page: FetchPage,
        fetch_tokens: FetchTokens,
        clock: Clock,
        *,
        fetch_conditions: FetchConditions | None = None,
        held: Callable[[], Sequence[ConditionId]] | None = None,
        is_known: Callable[[TokenId], bool] | None = None,
        limits: CatalogueLimits | None = None,
    ) -> None:
        """Wire the runner.

        Args:
            fetch_page: Reads one page of the catalogue into the inbox.
            fetch_tokens: Reads the markets of tokens into the inbox.
            clock: Time.
            fetch_conditions: Reads markets by condition, closed ones too.
            held: Conditions to read at every refresh whatever their volume: what is held,
                watched or open, so that their resolution is seen.
            is_known: Whether a token's market is known by now; the venue lists a new market
                some time after its first trades, so what it did not find is asked for again.
            limits: How often and how far.
        """
        self.counters = CatalogueCounters()
        self.problem = ""
        """Why the last read failed, empty when it did not."""
        self._fetch_page = fetch_page
        self._fetch_tokens = fetch_tokens
        self._fetch_conditions = fetch_conditions
        self._held = held
        self._is_known = is_known
        self._clock = clock
        self._limits = limits or CatalogueLimits()
        self._unknown = UnknownTokens(self._limits)
        self._needed = asyncio.Event()

    def need(self, token_ids: Iterable[TokenId]) -> None:
        """Look tokens up soon; those asked for lately are left out."""
        if self._unknown.need(token_ids, self._clock.monotonic_ns()):
            self._needed.set()

    async def run_refresh(self) -> None:
        """Walk the catalogue until cancelled."""
        while True:
            is_done = await self.refresh()
            await self._clock.sleep(self._limits.every_s if is_done else self._limits.retry_s)

    async def run_lookups(self) -> None:
        """Look up unknown tokens until cancelled."""
        while True:
            await self._until_needed()
            await self._clock.sleep(self._limits.gather_s)
            self._needed.clear()
            if not await self.look_up():
                await sleep_or_event(self._clock, self._limits.retry_s, self._needed)
                self._needed.set()

    async def _until_needed(self) -> None:
        """Wait for a token to look up: a new one, or one not found that is due again."""
        is_known = self._is_known
        while is_known is not None and self._unknown.waiting and not self._needed.is_set():
            await sleep_or_event(self._clock, self._limits.ask_again_s, self._needed)
            if self._unknown.again(self._clock.monotonic_ns(), is_known):
                self._needed.set()
        await self._needed.wait()

    async def refresh(self) -> bool:
        """Walk the catalogue once; return whether all of it was read."""
        try:
            await self._walk()
            if self._held is not None and self._fetch_conditions is not None:
                await self._fetch_conditions(self._held())
        except (VenueUnavailable, VenueRejected, WireError) as error:
            return self._failed(error)
        self.counters.refreshes += 1
        self.problem = ""
        return True

    async def look_up(self) -> bool:
        """Ask for the tokens needed now; return whether there was an answer."""
        token_ids = self._unknown.take(self._clock.monotonic_ns())
        if not token_ids:
            return True
        self.counters.lookups += 1
        try:
            await self._fetch_tokens(token_ids)
        except (VenueUnavailable, WireError) as error:
            self._unknown.failed(token_ids)
            if isinstance(error, RateLimited) and error.retry_after_s:
                await self._clock.sleep(error.retry_after_s)
            return self._failed(error)
        except VenueRejected as error:
            # The venue will not know them next time either; ask at growing intervals.
            self._failed(error)
        return True

    async def _walk(self) -> None:
        cursor: str | None = None
        seen: set[str] = set()
        for _ in range(self._limits.max_pages):
            page = await self._fetch_page(cursor)
            self.counters.pages += 1
            cursor = page.next_cursor
            if cursor is None:
                return
            if cursor in seen:
                self.counters.repeated_cursors += 1
                return
            seen.add(cursor)

    def _failed(self, error: Exception) -> bool:
        self.counters.failures += 1
        self.problem = str(error)
        return False
