"""Polymarket's sockets: wanted state in, frames and status out.

Subscriptions are wanted state; what is sent is the difference. Each change of a connection's
state becomes a control frame in the same sink, before any later data of that connection, so
that a recording of the sink replays what the engine was told in the order it was told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from polydesk.domain.frames import CONTROL, MARKET, RTDS, Frame
from polydesk.domain.ids import TokenId
from polydesk.errors import RateLimited, VenueUnavailable
from polydesk.ports import Clock, FrameSink
from polydesk.venues.polymarket.socket import (
    Link,
    LinkRules,
    StreamCounters,
    Timing,
    Watch,
    open_link,
)
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.subscribe import (
    build_market_subscription,
    build_market_update,
    build_rtds_subscription,
)

MARKET_TIMING = Timing(ping_s=10.0, pong_s=30.0, first_data_s=10.0, silence_s=30.0)
"""Source: ``websockets.md`` sections 1 and 3.3, 2026-11."""
RTDS_TIMING = Timing(ping_s=5.0, pong_s=None, first_data_s=30.0, silence_s=30.0)
"""A ping may be answered by an empty text or by nothing, so only activity counts.
Source: ``websockets.md`` sections 5.2 and 5.4, 2026-11."""


class Pace(Protocol):
    """When one connection may try again."""

    def up(self) -> None:
        """Say that data arrives."""
        ...

    async def wait(self, at_least_s: float = 0.0) -> None:
        """Wait before the next attempt."""
        ...


class Supervision(Protocol):
    """Makes paces and watchdogs; ``ingest.supervisor.Supervision`` in the product."""

    def pace(self) -> Pace:
        """Return the pace of a new connection."""
        ...

    def watch(self, first_data_s: float, silence_s: float) -> Watch:
        """Return the data watchdog of a new connection."""
        ...


class ShardPlan(Protocol):
    """Assigns tokens to connections; ``ingest.shards.Shards`` in the product."""

    def assign(self, wanted: Iterable[TokenId]) -> dict[int, tuple[TokenId, ...]]:
        """Return every connection's tokens; none is empty."""
        ...


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """A connection of a stream went up or down."""

    stream: str
    """``market`` or ``rtds``."""
    up: bool
    detail: str
    token_ids: tuple[TokenId, ...]
    """Tokens concerned; empty means the whole stream."""


StatusListener = Callable[[StreamStatus], None]


@dataclass(frozen=True, slots=True)
class _Rim:
    """What every connection of a stream uses."""

    rules: LinkRules
    clock: Clock
    sink: FrameSink
    supervision: Supervision
    counters: StreamCounters
    on_status: StatusListener | None

    def report(self, up: bool, detail: str, token_ids: tuple[TokenId, ...]) -> None:
        """Put the change into the sink as a control frame, then tell the listener."""
        status = StreamStatus(self.rules.channel, up, detail, token_ids)
        self.sink.put(Frame(CONTROL, self.clock.now_ns(), build_status(status)))
        if self.on_status is not None:
            self.on_status(status)


def build_status(status: StreamStatus) -> bytes:
    """Return the control frame's text of a status."""
    body = {
        "kind": "status",
        "stream": status.stream,
        "up": status.up,
        "detail": status.detail,
        "tokens": list(status.token_ids),
    }
    return json.dumps(body, separators=(",", ":")).encode()


class _Line:
    """One connection that is kept: connect, talk until it ends, report, wait, again."""

    def __init__(self, rim: _Rim) -> None:
        self._rim = rim
        self._up: bool | None = None

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        timing = self._rim.rules.timing
        pace = self._rim.supervision.pace()
        watch = self._rim.supervision.watch(timing.first_data_s, timing.silence_s)
        at_least_s = 0.0
        try:
            while True:
                await pace.wait(at_least_s)
                try:
                    await self._session(pace, watch)
                except VenueUnavailable as error:
                    self._mark_down(str(error))
                    at_least_s = _asked_wait_s(error)
        finally:
            self._stop()

    async def _session(self, pace: Pace, watch: Watch) -> None:
        rim = self._rim
        link = await open_link(rim.rules, rim.clock, rim.sink, watch, rim.counters)
        try:
            await self._open(link)
            self._up = True
            await link.run(push=self._push(), poke=self._poke(), on_data=pace.up)
        except VenueUnavailable as error:
            # Before closing: a dead peer may keep us waiting, and books are stale already.
            self._mark_down(str(error))
            raise
        finally:
            await link.close()

    def _mark_down(self, detail: str) -> None:
        """Tell of the first failure of a row; later attempts change nothing."""
        if self._up is False:
            return
        self._rim.counters.drops += self._up is True
        self._up = False
        self._went_down(detail)

    def _stop(self) -> None:
        if self._up:
            self._up = False
            self._went_down("stopped")

    async def _open(self, link: Link) -> None:
        raise NotImplementedError

    def _went_down(self, detail: str) -> None:
        raise NotImplementedError

    def _push(self) -> Callable[[Link], Awaitable[None]] | None:
        return None

    def _poke(self) -> Callable[[Link], Awaitable[bool]] | None:
        return None


def _asked_wait_s(error: VenueUnavailable) -> float:
    return (error.retry_after_s or 0.0) if isinstance(error, RateLimited) else 0.0


class _Shard(_Line):
    """One market connection and its tokens."""

    def __init__(self, rim: _Rim, token_ids: tuple[TokenId, ...]) -> None:
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
        rules = LinkRules(hosts.market_ws, MARKET, timing)
        self._rim = _Rim(rules, clock, sink, supervision, self.counters, on_status)
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


class _Activity(_Line):
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
        self._rim = _Rim(rules, clock, sink, supervision, self.counters, on_status)

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        await _Activity(self._rim).run()
