"""Who listens, to what, and what each is sent.

Source: ``websockets.md`` sections 2 and 5.2, 2026-11.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from polydesk.sandbox.activity import ActivityAudience
from polydesk.sandbox.market_frames import MarketAudience
from polydesk.sandbox.outbox import Outbox
from polydesk.sandbox.protocol import text_frame
from polydesk.sandbox.world import Audience

ALL_TYPES: Final = "*"
SLOW: Final = (1013, "slow consumer: send buffer full")
RESTART: Final = (1012, "service restart")


@dataclass(eq=False)
class Subscriber:
    """One open socket."""

    outbox: Outbox = field(default_factory=Outbox)
    goodbye: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the server ends this connection."""
    goodbye_reason: tuple[int, str] = RESTART
    """Close code and reason."""

    @property
    def subscribed(self) -> bool:
        """Whether the socket has said what it listens to."""
        raise NotImplementedError

    def wants(self, audience: Audience) -> bool:
        """Return whether a frame concerns this socket."""
        raise NotImplementedError

    def dismiss(self, reason: tuple[int, str]) -> None:
        """End the connection with a close code."""
        self.goodbye_reason = reason
        self.goodbye.set()


@dataclass(eq=False)
class MarketSubscriber(Subscriber):
    """One socket on the market channel."""

    tokens: set[str] = field(default_factory=set)
    custom: bool = False
    opened: bool = False
    """Whether its first message has been taken."""

    @property
    def subscribed(self) -> bool:
        """Whether its first message has been taken."""
        return self.opened

    def wants(self, audience: Audience) -> bool:
        """Return whether a frame concerns one of its assets, or everybody with the flag."""
        if not isinstance(audience, MarketAudience):
            return False
        if not self.tokens.isdisjoint(audience.tokens):
            return True
        if not self.custom:
            return False
        return audience.broadcast or not self.tokens.isdisjoint(audience.custom_tokens)


@dataclass(eq=False)
class ActivitySubscriber(Subscriber):
    """One socket on the real-time data service."""

    topics: set[tuple[str, str]] = field(default_factory=set)
    """(topic, type); type ``*`` means all."""

    @property
    def subscribed(self) -> bool:
        """Whether it listens to any topic."""
        return bool(self.topics)

    def wants(self, audience: Audience) -> bool:
        """Return whether a frame's topic and type are subscribed."""
        if not isinstance(audience, ActivityAudience):
            return False
        topic, kind = audience.topic, audience.kind
        return (topic, kind) in self.topics or (topic, ALL_TYPES) in self.topics


@dataclass(eq=False)
class UserSubscriber(Subscriber):
    """One socket on the user channel."""

    owner: str = ""
    """Name of the API key, empty until the first message showed one."""
    markets: set[str] | None = None
    """Condition ids; None means all."""

    @property
    def subscribed(self) -> bool:
        """Whether its credentials were taken."""
        return bool(self.owner)

    def wants(self, audience: Audience) -> bool:
        """Return False: no frame of a recording is private."""
        return False

    def add_markets(self, markets: list[str]) -> None:
        """Listen to more markets; who listens to all does so already."""
        if self.markets is not None:
            self.markets.update(markets)

    def remove_markets(self, markets: list[str]) -> None:
        """Listen to fewer markets."""
        if self.markets is not None:
            self.markets.difference_update(markets)


class Hub:
    """All sockets that listen now."""

    def __init__(self) -> None:
        self.market: set[MarketSubscriber] = set()
        self.activity: set[ActivitySubscriber] = set()
        self.user: set[UserSubscriber] = set()
        self.sent = 0
        """Recorded frames handed to sockets, counted once per socket."""
        self._complete = asyncio.Event()
        self._vacant = asyncio.Event()
        self._vacant.set()

    @property
    def everyone(self) -> list[Subscriber]:
        """Every open socket."""
        return [*self.market, *self.activity, *self.user]

    def add(self, subscriber: Subscriber) -> None:
        """Begin to serve a socket."""
        self._vacant.clear()
        if isinstance(subscriber, MarketSubscriber):
            self.market.add(subscriber)
        elif isinstance(subscriber, ActivitySubscriber):
            self.activity.add(subscriber)
        elif isinstance(subscriber, UserSubscriber):
            self.user.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Stop serving a socket."""
        subscriber.outbox.close()
        if isinstance(subscriber, MarketSubscriber):
            self.market.discard(subscriber)
        elif isinstance(subscriber, ActivitySubscriber):
            self.activity.discard(subscriber)
        elif isinstance(subscriber, UserSubscriber):
            self.user.discard(subscriber)
        if not self.everyone:
            self._vacant.set()
        self.note_subscription()

    def note_subscription(self) -> None:
        """Look again whether both streams have somebody who listens."""
        market = any(subscriber.subscribed for subscriber in self.market)
        activity = any(subscriber.subscribed for subscriber in self.activity)
        if market and activity:
            self._complete.set()
        else:
            self._complete.clear()

    async def both_streams(self) -> None:
        """Wait until a market and an activity socket have subscribed."""
        await self._complete.wait()

    async def vacated(self) -> None:
        """Wait until no socket is open."""
        await self._vacant.wait()

    def publish(self, text: bytes, audience: Audience) -> None:
        """Give a recorded frame to everyone it concerns, byte for byte."""
        frame = b""
        for subscriber in self.everyone:
            if subscriber.wants(audience):
                frame = frame or text_frame(text)
                subscriber.outbox.put(frame)
                self.sent += 1

    def tell(self, owner: str, market: str, frame: bytes) -> None:
        """Give a private frame to the sockets of an API key that listen to its market."""
        for subscriber in self.user:
            if subscriber.owner == owner and (
                subscriber.markets is None or market in subscriber.markets
            ):
                subscriber.outbox.put(frame)

    async def room(self) -> None:
        """Wait until every socket has taken most of what it was given."""
        for subscriber in self.everyone:
            await subscriber.outbox.room()

    async def drained(self) -> None:
        """Wait until every socket has taken everything."""
        for subscriber in self.everyone:
            await subscriber.outbox.drained()

    def dismiss_overflowing(self) -> None:
        """End connections whose readers are hopelessly behind."""
        for subscriber in self.everyone:
            if subscriber.outbox.overflowing:
                subscriber.dismiss(SLOW)

    def dismiss_stalled(self) -> None:
        """End connections that still have something to read."""
        for subscriber in self.everyone:
            if subscriber.outbox.waiting:
                subscriber.dismiss(SLOW)

    def dismiss_all(self) -> None:
        """End every connection as the venue does when it restarts."""
        for subscriber in self.everyone:
            subscriber.dismiss(RESTART)
