"""The trading side as one object: exchange core, accounts, keys, clock, user sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec

from polydesk.domain.instruments import Market
from polydesk.sandbox.playback import Playback
from polydesk.sandbox.protocol import text_frame
from polydesk.sandbox.subscribers import Hub
from polydesk.sandbox.trading.auth import Clocks
from polydesk.sandbox.trading.clock import NS, TradingClock
from polydesk.sandbox.trading.confirmed import note_confirmed
from polydesk.sandbox.trading.credentials import KeyRing
from polydesk.sandbox.trading.heartbeats import Heartbeats
from polydesk.sandbox.trading.listings import Listings
from polydesk.sandbox.trading.markets import MarketFeed
from polydesk.sandbox.trading.options import TradingOptions
from polydesk.sandbox.trading.practice import PracticeMarket
from polydesk.sandbox.trading.purses import Purses
from polydesk.sandbox.trading.tickets import Tickets
from polydesk.sandbox.trading.user_frames import Reporter
from polydesk.venues.simulation.exchange import ExchangeCore, Settings
from polydesk.venues.simulation.exchange.events import ExchangeEvent, TradeReported


class TradingDesk:
    """Everything about trading on the running exchange.

    A recording that is played again begins with a new core and accounts as at the start; API
    keys stay.
    """

    def __init__(
        self,
        playback: Playback,
        hub: Hub,
        options: TradingOptions,
        wall_ns: Callable[[], int],
    ) -> None:
        """Prepare trading.

        Args:
            playback: The recording that is played.
            hub: All sockets.
            options: The user's choices.
            wall_ns: This machine's time, nanoseconds UTC, by which official clients sign.
        """
        self.options = options
        self.clock = TradingClock(playback)
        self.keys = KeyRing(options.seed)
        self.practice: PracticeMarket | None = None
        self.blocked = False
        """What the geoblock route answers."""
        self._playback = playback
        self._hub = hub
        self._wall_ns = wall_ns
        self._changed = asyncio.Event()
        playback.on_rewind = self._begin_round
        self._begin_round()

    def _begin_round(self) -> None:
        self.clock.rewind()
        settings = Settings(self.options.seed, self.options.step, self._taker_delay)
        self.core = ExchangeCore(settings)
        self.tickets = Tickets()
        self.feed = MarketFeed(self._playback.world, self.core, self.clock.now_ns)
        self.feed.on_change = self.settle
        self.reporter = Reporter(self.tickets, self.feed)
        self.listings = Listings(self.core.state, self.tickets, self.feed, self.reporter)
        self.heartbeats = Heartbeats(self.options.seed)
        self.purses = Purses(self.core, self.options, self.clock.now_ns)
        self.practice = self._practice_market() if self.options.practice else None
        self.settle()

    def _practice_market(self) -> PracticeMarket:
        return PracticeMarket(self.options.seed, self._playback, self.core, self.feed, self.tickets)

    def _taker_delay(self, market: Market) -> int:
        return self.feed.taker_delay(market)

    @property
    def now_ns(self) -> int:
        """The exchange's time for trading, nanoseconds UTC."""
        return self.clock.now_ns()

    @property
    def now_s(self) -> int:
        """The same in epoch seconds."""
        return self.clock.now_ns() // NS

    @property
    def clocks(self) -> Clocks:
        """The clocks by which a request may be signed."""
        return Clocks(self.now_s, self._wall_ns() // NS, self.options.tolerance_s)

    def shift(self, seconds: float) -> None:
        """Put the exchange's time forward for ever and do everything that becomes due."""
        self.clock.skip(int(seconds * NS))
        self.settle()

    def settle(self) -> None:
        """Do what is due and tell everybody what has happened."""
        now = self.now_ns
        while (due := self.heartbeats.next_due()) is not None and due <= now:
            at = max(due, self.core.state.now)
            self._publish(self.core.advance(at))
            for owner in self.heartbeats.expired(due):
                self.cancel_of(owner, at)
        self._publish(self.core.advance(now))
        if self.practice is not None:
            self.practice.requote()
            self._publish(self.core.advance(now))
            self.practice.show()
        self._changed.set()

    def cancel_of(self, owner: str, now: int) -> None:
        """Cancel all open orders of an API key."""
        for order_id in self.tickets.of_owner(owner, self.core.state):
            self.core.cancel(self.core.state.orders[order_id].account, [order_id], now)

    def next_due(self) -> int | None:
        """Return when something happens by itself next, None when nothing will."""
        house = None if self.practice is None else self.practice.next_due()
        times = (self.core.next_due(), self.heartbeats.next_due(), house)
        return min((at for at in times if at is not None), default=None)

    async def run(self) -> None:
        """Let settlement, expiry, taker delays and heartbeats go on without requests."""
        while True:
            self._changed.clear()
            due = self.next_due()
            wait = None if due is None else self.clock.seconds_until(due)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)
            due = self.next_due()
            if due is not None and due <= self.now_ns:
                self.settle()

    def _publish(self, events: list[ExchangeEvent]) -> None:
        if self.practice is not None:
            self.practice.note(events)
        for event in events:
            if isinstance(event, TradeReported):
                note_confirmed(self._playback.world, event.trade, self.tickets)
            self._tell(event)

    def _tell(self, event: ExchangeEvent) -> None:
        if not self._hub.user:
            return
        for owner, body in self.reporter.frames(event):
            self._hub.tell(owner, str(body["market"]), text_frame(msgspec.json.encode(body)))
