"""Find the trades of followed wallets that the push stream missed.

The stream has no replay, so every wallet is read again from a little before the last trade
that was surely handed over. Duplicates are expected; the engine knows trades by identity.

Source: ``websockets.md`` section 5.4 and ``rest-data.md`` section 5.3, 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from polydesk.domain.ids import Wallet
from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable, WireError
from polydesk.ingest.waiting import sleep_or_event
from polydesk.ports import Clock

_NS = 1_000_000_000


class TradesPage(Protocol):
    """One page of a wallet's trades, already handed to the engine's inbox."""

    @property
    def next_cursor(self) -> str | None:
        """Return the next page's cursor, None at the end."""
        ...

    @property
    def newest_s(self) -> int | None:
        """Return the largest block second of the rows."""
        ...


FetchTrades = Callable[[Wallet, int, "str | None"], Awaitable[TradesPage]]
"""(wallet, start second, cursor) -> page."""


@dataclass(frozen=True, slots=True)
class RepairLimits:
    """How often and how far repair reads."""

    every_s: float = 15.0
    overlap_s: int = 10
    """Read again before the last processed trade: rows are indexed late and out of order."""
    max_pages: int = 20
    """Pages of one walk; the rest of a longer walk is read the next time."""
    max_wallets: int = 60
    """Wallets per round, longest waiting first."""
    parallel: int = 4


@dataclass(slots=True)
class RepairCounters:
    """What repair has done."""

    walks: int = 0
    pages: int = 0
    failures: int = 0
    repeated_cursors: int = 0
    cut_walks: int = 0
    """Walks longer than the page limit."""


@dataclass(slots=True)
class Walk:
    """A read of one wallet over as many pages as it takes."""

    wallet: Wallet
    start_s: int
    cursor: str | None = None
    newest_s: int | None = None
    seen: set[str] = field(default_factory=set)
    """Cursors used, to notice one that comes again."""


@dataclass(slots=True)
class _Account:
    """What is known of one wallet."""

    processed_s: int
    """Every trade up to this block second has been handed over."""
    due_ns: int
    open_walk: Walk | None = None
    problem: str = ""


class RepairPlan:
    """Which wallets to read from where. Pure: all times are arguments."""

    def __init__(self, limits: RepairLimits | None = None) -> None:
        self.limits = limits or RepairLimits()
        self.counters = RepairCounters()
        self._accounts: dict[Wallet, _Account] = {}

    def set_wallets(self, wallets: Iterable[Wallet], now_s: int, mono_ns: int) -> bool:
        """Follow exactly these wallets; a new one is read from now on, not from its past.

        Args:
            wallets: Lower case.
            now_s: UTC seconds.
            mono_ns: Steady time.

        Returns:
            Whether that changed anything.
        """
        before = self._accounts
        self._accounts = {
            wallet: before.get(wallet) or _Account(now_s, mono_ns) for wallet in wallets
        }
        return before.keys() != self._accounts.keys()

    def all_due(self, mono_ns: int) -> None:
        """Make every wallet due: the stream was down and has come back."""
        for account in self._accounts.values():
            account.due_ns = min(account.due_ns, mono_ns)

    def due(self, mono_ns: int) -> list[Walk]:
        """Return the walks to do now, longest waiting first."""
        waiting = [(a.due_ns, w) for w, a in self._accounts.items() if a.due_ns <= mono_ns]
        waiting.sort()
        chosen = waiting[: self.limits.max_wallets]
        return [self._walk(wallet) for _, wallet in chosen]

    def next_due_ns(self) -> int | None:
        """Return when the next wallet is due, None without wallets."""
        return min((account.due_ns for account in self._accounts.values()), default=None)

    def page_done(self, walk: Walk, page: TradesPage) -> bool:
        """Note a page that was handed over; return whether the walk goes on.

        The wallet's cursor moves only when the last page of the walk is handed over.
        """
        self.counters.pages += 1
        if page.newest_s is not None:
            walk.newest_s = max(walk.newest_s or 0, page.newest_s)
        following = page.next_cursor
        if following is None:
            self._finish(walk)
            return False
        if following in walk.seen:
            self.counters.repeated_cursors += 1
            self._abandon(walk, "the venue repeats a page cursor")
            return False
        walk.seen.add(following)
        walk.cursor = following
        return True

    def cut(self, walk: Walk, mono_ns: int) -> None:
        """Leave a long walk where it is and go on with it in the next round."""
        self.counters.cut_walks += 1
        if (account := self._accounts.get(walk.wallet)) is not None:
            account.open_walk = walk
            account.due_ns = mono_ns

    def failed(self, walk: Walk, problem: str) -> None:
        """Note a failure: the next round starts again from the unmoved cursor."""
        self.counters.failures += 1
        self._abandon(walk, problem)

    def scheduled(self, walk: Walk, mono_ns: int) -> None:
        """Set when the wallet is due again."""
        if (account := self._accounts.get(walk.wallet)) is not None:
            account.due_ns = mono_ns + int(self.limits.every_s * _NS)

    def processed_s(self, wallet: Wallet) -> int | None:
        """Return the block second up to which a wallet is complete."""
        account = self._accounts.get(wallet)
        return account.processed_s if account else None

    def problems(self) -> dict[Wallet, str]:
        """Return the wallets whose last read failed, with one sentence each."""
        return {w: a.problem for w, a in self._accounts.items() if a.problem}

    def _walk(self, wallet: Wallet) -> Walk:
        account = self._accounts[wallet]
        walk, account.open_walk = account.open_walk, None
        return walk or Walk(wallet, max(1, account.processed_s - self.limits.overlap_s))

    def _finish(self, walk: Walk) -> None:
        self.counters.walks += 1
        account = self._accounts.get(walk.wallet)
        if account is None:
            return
        account.problem = ""
        if walk.newest_s is not None:
            account.processed_s = max(account.processed_s, walk.newest_s)

    def _abandon(self, walk: Walk, problem: str) -> None:
        if (account := self._accounts.get(walk.wallet)) is not None:
            account.open_walk = None
            account.problem = problem


class RepairRunner:
    """Does the plan's walks with a few requests at a time."""

    def __init__(self, plan: RepairPlan, fetch: FetchTrades, clock: Clock) -> None:
        self._plan = plan
        self._fetch = fetch
        self._clock = clock
        self._kicked = asyncio.Event()
        self._pause_s = 0.0

    def set_wallets(self, wallets: Iterable[Wallet]) -> None:
        """Follow exactly these wallets."""
        now_s = self._clock.now_ns() // _NS
        if self._plan.set_wallets(wallets, now_s, self._clock.monotonic_ns()):
            self._kicked.set()

    def stream_is_back(self) -> None:
        """Read every wallet at once: there is a gap to fill."""
        self._plan.all_due(self._clock.monotonic_ns())
        self._kicked.set()

    async def run(self) -> None:
        """Repair until cancelled."""
        while True:
            await self.round()
            await self._rest()

    async def round(self) -> None:
        """Do the walks that are due."""
        gate = asyncio.Semaphore(self._plan.limits.parallel)
        async with asyncio.TaskGroup() as group:
            for walk in self._plan.due(self._clock.monotonic_ns()):
                group.create_task(self._do(walk, gate))

    async def _rest(self) -> None:
        """Wait until a wallet is due or somebody kicks; a pause the venue asked for first."""
        if self._pause_s > 0:
            pause, self._pause_s = self._pause_s, 0.0
            await self._clock.sleep(pause)
        if (due := self._plan.next_due_ns()) is None:
            await self._kicked.wait()
        elif (wait_ns := due - self._clock.monotonic_ns()) > 0:
            await sleep_or_event(self._clock, wait_ns / _NS, self._kicked)
        self._kicked.clear()

    async def _do(self, walk: Walk, gate: asyncio.Semaphore) -> None:
        async with gate:
            self._plan.scheduled(walk, self._clock.monotonic_ns())
            try:
                await self._read_pages(walk)
            except RateLimited as error:
                self._pause_s = max(self._pause_s, error.retry_after_s or 1.0)
                self._plan.failed(walk, str(error))
            except (VenueUnavailable, VenueRejected, WireError) as error:
                self._plan.failed(walk, str(error))

    async def _read_pages(self, walk: Walk) -> None:
        for _ in range(self._plan.limits.max_pages):
            page = await self._fetch(walk.wallet, walk.start_s, walk.cursor)
            if not self._plan.page_done(walk, page):
                return
        self._plan.cut(walk, self._clock.monotonic_ns())
