"""One WebSocket from open to end: receive, text ping, data watchdog.

Nothing here reconnects. A link that ends says why with ``VenueUnavailable``.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from polydesk.domain.frames import Frame
from polydesk.domain.text import clean
from polydesk.errors import RateLimited, VenueUnavailable
from polydesk.ports import Clock, FrameSink
from polydesk.venues.polymarket.hosts_text import USER_AGENT, host_name, is_loopback
from polydesk.venues.polymarket.limits import asked_pause_s
from polydesk.venues.polymarket.wire.subscribe import PING

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_NS = 1_000_000_000
_BEATS = frozenset({b"PONG", b"pong", b"PING", b"ping", b""})
_LONGEST_BEAT = 4
_TOO_BIG = 1009
_RECEIVE_QUEUE = 256
"""Messages buffered before reading pauses; the loop drains them without waiting."""
_CLOSE_S = 1.0
_HAPPY_EYEBALLS_S = 0.25
"""Head start of IPv6, so that a black hole there costs nothing."""


class Watch(Protocol):
    """Judges the data age of one connection by counts of data frames."""

    @property
    def has_data(self) -> bool:
        """Return whether data has come since ``opened``."""
        ...

    def opened(self, count: int) -> None:
        """Start the first-data deadline."""
        ...

    def check(self, count: int) -> str | None:
        """Return why the connection counts as dead, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of one kind of socket, seconds."""

    ping_s: float
    pong_s: float | None
    """Without a PONG this long the socket is dead; None when the venue need not answer."""
    first_data_s: float
    silence_s: float
    check_s: float = 0.5
    open_s: float = 10.0


@dataclass(slots=True)
class StreamCounters:
    """What a stream has been through since it was made."""

    connects: int = 0
    drops: int = 0
    oversized: int = 0
    """Closed by us because one message was larger than the cap."""
    pokes: int = 0
    """Silent connections asked to prove themselves by a fresh dump."""


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What one kind of socket needs."""

    url: str
    channel: str
    timing: Timing
    max_bytes: int = 4 * 1024 * 1024
    broadcast: bytes | None = None
    """Mark of texts that every socket gets, whatever it subscribed: they prove nothing about
    the subscription and do not count as its data."""


class Link:
    """One open connection."""

    def __init__(
        self,
        socket: ClientConnection,
        rules: LinkRules,
        *,
        clock: Clock,
        sink: FrameSink,
        watch: Watch,
        counters: StreamCounters,
    ) -> None:
        self._socket = socket
        self._rules = rules
        self._clock = clock
        self._sink = sink
        self._watch = watch
        self._counters = counters
        self._beat_at = clock.monotonic_ns()
        self.frames = 0
        """Data frames of the subscription received."""

    async def send(self, text: str) -> None:
        """Send one text.

        Raises:
            VenueUnavailable: The connection has ended.
        """
        from websockets.exceptions import ConnectionClosed

        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            self._ended(error)

    async def run(
        self,
        *,
        push: Callable[[Link], Awaitable[None]] | None = None,
        poke: Callable[[Link], Awaitable[bool]] | None = None,
        on_data: Callable[[], None],
    ) -> None:
        """Move frames into the sink until the connection ends.

        Args:
            push: Sends changes of the wanted state for as long as the link lives.
            poke: Asks a silent connection for fresh data; False when there is nothing to ask.
            on_data: Called at each check that found the connection delivering.

        Raises:
            VenueUnavailable: Always, in the end; the message says why.
        """
        self._watch.opened(self.frames)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._receive())
                group.create_task(self._ping())
                group.create_task(self._guard(poke, on_data))
                if push is not None:
                    group.create_task(_forward(push, self))
        except ExceptionGroup as ends:
            _raise_end(ends)

    async def close(self) -> None:
        """Close without waiting long for a peer that may be gone."""
        await self._socket.close()

    async def _receive(self) -> None:
        """Stamp and hand over each message; nothing else may happen here."""
        from websockets.exceptions import ConnectionClosed

        receive: Callable[..., Awaitable[bytes]] = self._socket.recv
        put, now, channel = self._sink.put, self._clock.now_ns, self._rules.channel
        broadcast = self._rules.broadcast
        try:
            while True:
                text = await receive(decode=False)
                if len(text) <= _LONGEST_BEAT and text in _BEATS:
                    self._beat_at = self._clock.monotonic_ns()
                    continue
                put(Frame(channel, now(), text))
                if broadcast is None or broadcast not in text:
                    self.frames += 1
        except ConnectionClosed as error:
            self._ended(error)

    async def _ping(self) -> None:
        timing = self._rules.timing
        while True:
            await self.send(PING)
            await self._clock.sleep(timing.ping_s)
            quiet_ns = self._clock.monotonic_ns() - self._beat_at
            if timing.pong_s is not None and quiet_ns >= timing.pong_s * _NS:
                raise VenueUnavailable(
                    f"{host_name(self._rules.url)} answered no ping for {timing.pong_s:g} s"
                )

    async def _guard(
        self, poke: Callable[[Link], Awaitable[bool]] | None, on_data: Callable[[], None]
    ) -> None:
        while True:
            await self._clock.sleep(self._rules.timing.check_s)
            reason = self._watch.check(self.frames)
            if reason is None:
                if self._watch.has_data:
                    on_data()
                continue
            if self._watch.has_data and poke is not None and await poke(self):
                self._counters.pokes += 1
                self._watch.opened(self.frames)
                continue
            raise VenueUnavailable(f"{host_name(self._rules.url)} sent {reason}")

    def _ended(self, error: Exception) -> NoReturn:
        sent = getattr(error, "sent", None)
        if sent is not None and sent.code == _TOO_BIG:
            self._counters.oversized += 1
            size = self._rules.max_bytes
            text = f"{host_name(self._rules.url)} sent a message larger than {size} bytes"
        else:
            text = f"{host_name(self._rules.url)} closed the connection: {clean(str(error))}"
        raise VenueUnavailable(text) from error


async def open_link(
    rules: LinkRules,
    clock: Clock,
    sink: FrameSink,
    watch: Watch,
    counters: StreamCounters,
) -> Link:
    """Connect.

    Raises:
        VenueUnavailable: The host cannot be reached or refuses; one sentence says which.
    """
    from websockets.exceptions import WebSocketException

    from polydesk.venues.polymarket.direct import DirectConnect

    url = rules.url
    try:
        socket = await DirectConnect(
            url,
            compression=None,
            user_agent_header=USER_AGENT,
            proxy=None if is_loopback(url) else True,
            open_timeout=rules.timing.open_s,
            # The venue's own text ping and the data watchdog decide; see Link.
            ping_interval=None,
            close_timeout=_CLOSE_S,
            max_size=rules.max_bytes,
            max_queue=_RECEIVE_QUEUE,
            happy_eyeballs_delay=_HAPPY_EYEBALLS_S,
        )
    except (OSError, EOFError, ImportError, WebSocketException) as error:
        raise _refused(url, error) from error
    counters.connects += 1
    return Link(socket, rules, clock=clock, sink=sink, watch=watch, counters=counters)


def _refused(url: str, error: Exception) -> VenueUnavailable:
    from websockets.exceptions import InvalidProxy

    host = host_name(url)
    response = getattr(error, "response", None)
    if response is not None:
        text = f"{host} refused the connection with status {response.status_code}"
        if response.status_code in {429, 503}:
            return RateLimited(text, asked_pause_s(response.headers.get("Retry-After")))
        return VenueUnavailable(text)
    if isinstance(error, ssl.SSLError):
        return VenueUnavailable(
            f"{host} shows a certificate that cannot be trusted (a sign-in portal, or a wrong clock?)"
        )
    if isinstance(error, TimeoutError):
        return VenueUnavailable(f"{host} did not answer in time")
    if isinstance(error, ImportError | InvalidProxy):
        return VenueUnavailable(
            f"{host} cannot be reached through the proxy set in the environment: {clean(str(error))}"
        )
    return VenueUnavailable(f"{host} cannot be reached: {clean(str(error))}")


async def _forward(push: Callable[[Link], Awaitable[None]], link: Link) -> None:
    await push(link)


def _raise_end(ends: ExceptionGroup[Exception]) -> NoReturn:
    """Raise the bug if there is one, otherwise the reason the link ended."""
    for error in ends.exceptions:
        if not isinstance(error, VenueUnavailable):
            raise error from None
    raise ends.exceptions[0] from None
