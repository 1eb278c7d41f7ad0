"""One connection that is kept: pace, status frames, and the loop around a link."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from polydesk.domain.frames import CONTROL, Frame
from polydesk.domain.ids import TokenId
from polydesk.errors import RateLimited, VenueUnavailable
from polydesk.ports import Clock, FrameSink
from polydesk.venues.polymarket.socket import Link, LinkRules, StreamCounters, Watch, open_link


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
class Rim:
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


class Line(ABC):
    """One connection that is kept: connect, talk until it ends, report, wait, again."""

    def __init__(self, rim: Rim) -> None:
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
        except asyncio.CancelledError:
            # Before closing, too: these tokens may be wanted again, on another connection,
            # before this peer has answered.
            self._stop()
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

    @abstractmethod
    async def _open(self, link: Link) -> None:
        """Subscribe, and report up as the last step."""

    @abstractmethod
    def _went_down(self, detail: str) -> None:
        """Report down for everything the connection carried."""

    def _push(self) -> Callable[[Link], Awaitable[None]] | None:
        return None

    def _poke(self) -> Callable[[Link], Awaitable[bool]] | None:
        return None


def _asked_wait_s(error: VenueUnavailable) -> float:
    return (error.retry_after_s or 0.0) if isinstance(error, RateLimited) else 0.0
