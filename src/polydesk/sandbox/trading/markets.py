"""How the recording's markets reach the exchange core: only those that somebody trades.

A market is taken into trading with the book it has at that moment when an order or a question
first names it, and is kept up to date from then on. So a recording that nobody trades on costs
nothing, and one with thousands of markets costs as much as those that are traded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    Event,
    LevelChange,
    MarketResolved,
    MarketsListed,
    TickSizeChanged,
    TradePrinted,
)
from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, parse_micros
from polydesk.errors import WireError
from polydesk.sandbox.books import TokenBook
from polydesk.sandbox.catalogue import number_micros
from polydesk.sandbox.market_frames import MarketEvent, optional_micros, parse_levels
from polydesk.sandbox.world import World
from polydesk.venues.polymarket.wire.gamma import parse_markets
from polydesk.venues.simulation.exchange import ExchangeCore

MOST_DELAY: Final = 60 * MICROS
"""A stated taker delay beyond a minute is not believed."""
MS: Final = 1_000_000


class MarketFeed:
    """Carries a world's markets into an exchange core."""

    def __init__(self, world: World, core: ExchangeCore, now: Callable[[], int]) -> None:
        self._world = world
        self._core = core
        self._now = now
        self.local: set[ConditionId] = set()
        """Markets whose books are the core's own; what sockets hear of them is not news to it."""
        self.on_change: Callable[[], None] | None = None
        """Told that the recording changed an order or a trade of ours."""

    def find(self, token: str) -> Market | None:
        """Return the market of a token, taken into trading; None when the catalogue has none."""
        if self._traded(token) is None:
            self._list(token)
        return self._traded(token)

    def peek(self, token: str) -> Market | None:
        """Return the same without taking the market into trading."""
        return self._traded(token) or self._market(token)

    def _traded(self, token: str) -> Market | None:
        condition = self._core.state.condition_of.get(TokenId(token))
        return None if condition is None else self._core.state.markets[condition].market

    def outcome(self, token: str) -> tuple[str, int]:
        """Return label and number of an outcome, an empty label when it is unknown."""
        market = self.find(token)
        if market is None:
            return "", 0
        found = market.outcome(TokenId(token))
        return found.label, found.index

    def taker_delay(self, market: Market) -> int:
        """Return how long a market holds marketable orders, nanoseconds.

        Source: ``trading.md`` section 5.11 (``secondsDelay`` of the catalogue).
        """
        row = self._world.catalogue.market(market.condition_id) or {}
        seconds = number_micros(row.get("secondsDelay")) or 0
        return min(seconds, MOST_DELAY) * 1_000

    def on_market(self, event: MarketEvent, ts_init: int) -> None:
        """Take an event of the recording if its market is traded."""
        condition = ConditionId(event.market)
        if condition not in self._core.state.markets or condition in self.local:
            return
        try:
            told = self._translated(event, ts_init)
        except (WireError, ValueError):
            # The world has taken what it could of this event; trading needs all of it.
            return
        for each in told:
            self._core.on_market_event(each, self._now())
        self._notice()

    def on_catalogue(self) -> None:
        """Look again at the catalogue rows of traded markets."""
        rows = (self._market(condition) for condition in list(self._core.state.markets))
        markets = [market for market in rows if market is not None]
        if markets:
            now = self._now()
            self._core.on_market_event(MarketsListed(now, markets), now)
            self._notice()

    def _notice(self) -> None:
        if self._core.state.outbox and self.on_change is not None:
            self.on_change()

    def _list(self, token: str) -> None:
        market = self._market(token)
        if market is None or token not in {outcome.token_id for outcome in market.outcomes}:
            return
        now = self._now()
        self._core.on_market_event(MarketsListed(now, [market]), now)
        self._world.on_market, self._world.on_catalogue = self.on_market, self.on_catalogue
        shown = None if market.condition_id in self.local else self._shown(market)
        if shown is not None:
            self._core.on_market_event(_snapshot(shown, shown.book.newest_ts, now), now)

    def _market(self, key: str) -> Market | None:
        row = self._world.catalogue.market(key)
        try:
            found = parse_markets(msgspec.json.encode([row]))[0] if row is not None else []
        except WireError:
            return None
        return found[0] if found else None

    def _shown(self, market: Market) -> TokenBook | None:
        """Return the recorded book of a market, of the first outcome that has one."""
        books = (self._world.books.get(outcome.token_id) for outcome in market.outcomes)
        return next((book for book in books if book is not None and book.known), None)

    def _translated(self, event: MarketEvent, ts_init: int) -> list[Event]:
        match event.event_type:
            case "price_change":
                return [_changes(event, ts_init)]
            case "book":
                return [_book(event, ts_init)]
            case "last_trade_price":
                return [_print(event, ts_init)]
            case "tick_size_change":
                return self._tick_change(event, ts_init)
            case "market_resolved":
                return self._resolution(event, ts_init)
        return []

    def _resolution(self, event: MarketEvent, ts_init: int) -> list[Event]:
        winner, condition = TokenId(event.winning_asset_id), ConditionId(event.market)
        outcomes = self._core.state.markets[condition].market.outcomes
        if winner not in {outcome.token_id for outcome in outcomes}:
            return []
        paid = ((winner, PriceMicros(MICROS)),)
        return [MarketResolved(condition, event.ts_ns, ts_init, paid)]

    def _tick_change(self, event: MarketEvent, ts_init: int) -> list[Event]:
        """Return the new grid and the book again: the exchange keeps its levels."""
        tick = optional_micros(event.new_tick_size)
        if not tick:
            return []
        token, condition = TokenId(event.asset_id), ConditionId(event.market)
        changed = TickSizeChanged(token, condition, event.ts_ns, ts_init, PriceMicros(tick))
        market = self._core.state.markets[condition].market
        shown = self._shown(market)
        after = [] if shown is None else [_snapshot(shown, event.ts_ns, ts_init)]
        return [changed, *after]


def _snapshot(shown: TokenBook, ts_event: int, ts_init: int) -> BookSnapshotReceived:
    book = shown.book
    return BookSnapshotReceived(
        token_id=book.token_id,
        condition_id=ConditionId(shown.market),
        ts_event=ts_event,
        ts_init=ts_init,
        bids=list(book.bids.items()),
        asks=list(book.asks.items()),
        tick=PriceMicros(book.tick),
    )


def _book(event: MarketEvent, ts_init: int) -> BookSnapshotReceived:
    tick = optional_micros(event.tick_size)
    return BookSnapshotReceived(
        token_id=TokenId(event.asset_id),
        condition_id=ConditionId(event.market),
        ts_event=event.ts_ns,
        ts_init=ts_init,
        bids=parse_levels(event.bids),
        asks=parse_levels(event.asks),
        tick=PriceMicros(tick) if tick else None,
    )


def _changes(event: MarketEvent, ts_init: int) -> BookChanged:
    changes: list[LevelChange] = [
        (
            TokenId(change.asset_id),
            change.side == "BUY",
            parse_micros(change.price),
            parse_micros(change.size),
            None,
            None,
            change.hash,
        )
        for change in event.price_changes
    ]
    return BookChanged(ConditionId(event.market), event.ts_ns, ts_init, changes)


def _print(event: MarketEvent, ts_init: int) -> TradePrinted:
    return TradePrinted(
        token_id=TokenId(event.asset_id),
        condition_id=ConditionId(event.market),
        ts_event=event.ts_ns,
        ts_init=ts_init,
        price=PriceMicros(parse_micros(event.price)),
        size=ShareMicros(parse_micros(event.size)),
        side=Side(event.side.upper()),
        transaction_hash=event.transaction_hash,
    )
