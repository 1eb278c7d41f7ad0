"""Polymarket's sockets: wanted state in, frames and status out.

Subscriptions are wanted state; what is sent is the difference. Each change of a connection's
state becomes a control frame in the same sink, before any later data of that connection, so
that a recording of the sink replays what the engine was told in the order it was told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Protocol

from polydesk.domain.frames import MARKET, RTDS
from polydesk.domain.ids import TokenId
from polydesk.ports import Clock, FrameSink
from polydesk.venues.polymarket.line import Line, Rim, StatusListener, StreamStatus, Supervision
from polydesk.venues.polymarket.socket import Link, LinkRules, StreamCounters, Timing
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.subscribe import (
    build_market_subscription,
    build_market_update,
    build_rtds_subscription,
)

__all__ = ["MARKET_TIMING", "RTDS_TIMING", "MarketStream", "RtdsStream", "StreamStatus"]

MARKET_TIMING: Final = Timing(ping_s=10.0, pong_s=30.0, first_data_s=10.0, silence_s=30.0)
"""Source: ``websockets.md`` sections 1 and 3.3, 2026-11."""
_BROADCAST: Final = b'"new_market"'
"""Source: ``websockets.md`` section 3, 2026-11: sent for all markets, whatever is subscribed."""
RTDS_TIMING: Final = Timing(ping_s=5.0, pong_s=None, first_data_s=30.0, silence_s=30.0)
"""A ping may be answered by an empty text or by nothing, so only activity counts.
Source: ``websockets.md`` sections 5.2 and 5.4, 2026-11."""


class ShardPlan(Protocol):
    """Assigns tokens to connections; ``ingest.shards.Shards`` in the product."""

    def assign(self, wanted: Iterable[TokenId]) -> dict[int, tuple[TokenId, ...]]:
        """Return every connection's tokens; none is empty."""
        ...


class _Shard(Line):
    """One market connection and its tokens."""

    def __init__(self, rim: Rim, token_ids: tuple[TokenId, ...]) -> None:
        super().__init__(rim)
        self._wanted = dict.fromkeys(token_ids)
        self._held: dict[TokenId, None] = {}
        self._again: dict[TokenId, None] = {}
        self._changed = asyncio.Event()
        self._poked = 0

    def set_wanted(self, token_ids: tuple[TokenId, ...]) -> None:
        """Want exactly these tokens from now on."""
        self._wanted = dict.fromkeys(token_ids)
        self._changed.set()

    def resubscribe(self, token_ids: Iterable[TokenId]) -> None:
        """Ask for a fresh dump of those tokens that are held here."""
        again = [token for token in token_ids if token in self._held]
        if again:
            self._again.update(dict.fromkeys(again))
            self._changed.set()

    async def _open(self, link: Link) -> None:
        opening = dict(self._wanted)
        self._again.clear()
        await link.send(build_market_subscription(list(opening)))
        self._held = opening
        self._rim.report(True, "subscribed", tuple(opening))

    def _went_down(self, detail: str) -> None:
        concerned = tuple(self._held or self._wanted)
        self._held = {}
        self._rim.report(False, detail, concerned)

    def _push(self) -> Callable[[Link], Awaitable[None]]:
        return self._push_changes

    def _poke(self) -> Callable[[Link], Awaitable[bool]]:
        return self._ask_for_dump

    async def _push_changes(self, link: Link) -> None:
        while True:
            self._changed.clear()
            await self._unsubscribe(link, [t for t in self._held if t not in self._wanted])
            await self._subscribe(link, [t for t in self._wanted if t not in self._held])
            again = [token for token in self._again if token in self._held]
            self._again.clear()
            await self._renew(link, again)
            await self._changed.wait()

    async def _unsubscribe(self, link: Link, token_ids: list[TokenId]) -> None:
        if not token_ids:
            return
        for token in token_ids:
            del self._held[token]
        # Down first: what still arrives for these tokens belongs to no live book.
        self._rim.report(False, "unsubscribed", tuple(token_ids))
        await link.send(build_market_update("unsubscribe", token_ids))

    async def _subscribe(self, link: Link, token_ids: list[TokenId]) -> None:
        if not token_ids:
            return
        # Up first: sending may suspend, and the dump must not overtake its status.
        self._held.update(dict.fromkeys(token_ids))
        self._rim.report(True, "subscribed", tuple(token_ids))
        await link.send(build_market_update("subscribe", token_ids))

    async def _renew(self, link: Link, token_ids: Sequence[TokenId]) -> None:
        """Unsubscribe and subscribe: only a new subscription dumps the book.

        Source: ``websockets.md`` section 2, 2026-11.
        """
        if not token_ids:
            return
        await link.send(build_market_update("unsubscribe", token_ids))
        await link.send(build_market_update("subscribe", token_ids))

    async def _ask_for_dump(self, link: Link) -> bool:
        """Renew one token, a different one each time: an answer proves the connection."""
        if not self._held:
            return False
        held = list(self._held)
        self._poked += 1
        await self._renew(link, [held[self._poked % len(held)]])
        return True


class MarketStream:
    """The market channel over as many connections as the wanted tokens need."""

    def __init__(
        self,
        hosts: Hosts,
        clock: Clock,
        sink: FrameSink,
        supervision: Supervision,
        shards: ShardPlan,
        *,
        timing: Timing = MARKET_TIMING,
        on_status: StatusListener | None = None,
    ) -> None:
        self.counters = StreamCounters()
        rules = LinkRules(hosts.market_ws, MARKET, timing, broadcast=_BROADCAST)
        self._rim = Rim(rules, clock, sink, supervision, self.counters, on_status)
        self._plan = shards
        self._wanted: tuple[TokenId, ...] = ()
        self._changed = asyncio.Event()
        self._shards: dict[int, _Shard] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @property
    def connections(self) -> int:
        """Return how many connections the wanted tokens are spread over."""
        return len(self._shards)

    def set_wanted(self, token_ids: Iterable[TokenId]) -> None:
        """Want exactly these tokens; live connections get the difference."""
        wanted = tuple(token_ids)
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    def resubscribe(self, token_ids: Iterable[TokenId]) -> None:
        """Ask live connections for fresh dumps of these tokens."""
        wanted = tuple(token_ids)
        for shard in self._shards.values():
            shard.resubscribe(wanted)

    async def run(self) -> None:
        """Keep all connections until cancelled."""
        self._shards, self._tasks = {}, {}
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                self._reconcile(group)
                await self._changed.wait()

    def _reconcile(self, group: asyncio.TaskGroup) -> None:
        plan = self._plan.assign(self._wanted)
        for number in [number for number in self._shards if number not in plan]:
            self._tasks.pop(number).cancel()
            del self._shards[number]
        for number, token_ids in plan.items():
            shard = self._shards.get(number)
            if shard is None:
                shard = self._shards[number] = _Shard(self._rim, token_ids)
                self._tasks[number] = group.create_task(shard.run(), name=f"market-{number}")
            else:
                shard.set_wanted(token_ids)


class _Activity(Line):
    """The activity connection: settled trades of the whole platform with their wallets."""

    async def _open(self, link: Link) -> None:
        await link.send(build_rtds_subscription())
        self._rim.report(True, "subscribed", ())

    def _went_down(self, detail: str) -> None:
        self._rim.report(False, detail, ())


class RtdsStream:
    """The activity topic of the real-time data socket."""

    def __init__(
        self,
        hosts: Hosts,
        clock: Clock,
        sink: FrameSink,
        supervision: Supervision,
        *,
        timing: Timing = RTDS_TIMING,
        on_status: StatusListener | None = None,
    ) -> None:
        self.counters = StreamCounters()
        rules = LinkRules(hosts.rtds_ws, RTDS, timing)
        self._rim = Rim(rules, clock, sink, supervision, self.counters, on_status)

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        await _Activity(self._rim).run()
