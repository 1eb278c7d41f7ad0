"""The state of the exchange at one moment of a recording, built from its frames in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from polydesk.domain.frames import MARKET, REST_PREFIX, RTDS, Frame
from polydesk.domain.units import parse_micros
from polydesk.errors import WireError
from polydesk.sandbox.activity import ActivityAudience, TradeLog, decode_activity
from polydesk.sandbox.books import TokenBook
from polydesk.sandbox.catalogue import Catalogue, tick_of
from polydesk.sandbox.history import PriceHistory
from polydesk.sandbox.market_frames import (
    MarketAudience,
    MarketEvent,
    audience_of,
    decode_market,
    optional_micros,
)

Audience = MarketAudience | ActivityAudience

UNREADABLE: Final = (WireError, RecursionError, ValueError, ArithmeticError)
"""What a damaged recording's texts can raise: wrong forms, endless nesting, impossible times."""


class World:
    """Books, catalogue, trades and prices as the recording has shown them so far.

    Pure: the same frames give the same state and therefore the same answers.
    """

    def __init__(self) -> None:
        self.now_ns = 0
        """Receive time of the newest frame taken, nanoseconds UTC."""
        self.books: dict[str, TokenBook] = {}
        self.catalogue = Catalogue()
        self.trades = TradeLog()
        self.history = PriceHistory()
        self.winners: dict[str, str] = {}
        """Winning outcome id by condition id."""
        self._market_last: dict[str, int] = {}
        """Price of the last trade by condition id."""
        self.unread = 0
        """Frames whose text does not have the documented form."""
        self.on_market: Callable[[MarketEvent, int], None] | None = None
        """Told every event of the market channel or a recorded book, after it was taken."""
        self.on_catalogue: Callable[[], None] | None = None
        """Told that catalogue rows were taken."""

    def consume(self, frame: Frame) -> Audience | None:
        """Take the next frame.

        Returns:
            Whom a socket frame concerns; None for anything that no socket carries.
        """
        self.now_ns = max(self.now_ns, frame.ts_init)
        try:
            return self._take(frame)
        except UNREADABLE:
            self.unread += 1
            return None

    def book(self, token: str) -> TokenBook | None:
        """Return a token's book with its present terms; None when none was ever shown."""
        held = self.books.get(token)
        if held is None or not held.known:
            return None
        held.terms = self.catalogue.terms(token, held.terms)
        held.market_last = self._market_last.get(held.market)
        return held

    def _take(self, frame: Frame) -> Audience | None:
        channel, text = frame.channel, frame.text
        if channel == MARKET:
            events = decode_market(text)
            for event in events:
                self._take_market_event(event, frame.ts_init)
            self._tell(events, frame.ts_init)
            concerned = audience_of(events)
            if concerned.broadcast:
                self.catalogue.take_announcements(text)
            return concerned
        if channel == RTDS:
            audience, trade = decode_activity(text)
            if trade is not None:
                self.trades.add(trade)
            return audience
        if channel.startswith(REST_PREFIX):
            self._take_rest(channel.removeprefix(REST_PREFIX), frame)
        return None

    def _take_rest(self, route: str, frame: Frame) -> None:
        if route.startswith("gamma/markets"):
            self.catalogue.take_markets(frame.text)
            self._tell_catalogue()
        elif route.startswith(("gamma/events", "gamma/search", "gamma/public-search")):
            self.catalogue.take_events(frame.text)
            self._tell_catalogue()
        elif route in {"clob/books", "clob/book"}:
            events = decode_market(frame.text)
            for event in events:
                self._replace_book(event, frame.ts_init)
                event.event_type = "book"
            self._tell(events, frame.ts_init)
        elif route in {"data/trades", "data/activity"}:
            self.trades.take_answer(frame.text)

    def _tell(self, events: list[MarketEvent], ts_init: int) -> None:
        if self.on_market is not None:
            for event in events:
                self.on_market(event, ts_init)

    def _tell_catalogue(self) -> None:
        if self.on_catalogue is not None:
            self.on_catalogue()

    def _take_market_event(self, event: MarketEvent, ts_init: int) -> None:
        match event.event_type:
            case "price_change":
                self._change_books(event, ts_init)
            case "book":
                self._replace_book(event, ts_init)
            case "last_trade_price":
                self._note_trade(event)
            case "tick_size_change":
                self._change_tick(event)
            case "market_resolved":
                self._resolve(event)

    def _held(self, token: str, condition: str) -> TokenBook:
        held = self.books.get(token)
        if held is None:
            row = self.catalogue.market(token)
            held = TokenBook(token, condition, tick_of(row or {}))
            self.books[token] = held
        return held

    def _change_books(self, event: MarketEvent, ts_init: int) -> None:
        ts_ms = event.ts_ms
        for change in event.price_changes:
            held = self._held(change.asset_id, event.market)
            level = parse_micros(change.price), parse_micros(change.size)
            held.change(change.side == "BUY", level, ts_ms, ts_init, change.hash)
            self._note_mid(held, ts_ms)

    def _replace_book(self, event: MarketEvent, ts_init: int) -> None:
        held = self._held(event.asset_id, event.market)
        held.replace(event, ts_init)
        self._note_mid(held, event.ts_ms)

    def _note_mid(self, held: TokenBook, ts_ms: int) -> None:
        mid = held.book.mid
        if mid is not None:
            self.history.note(held.book.token_id, ts_ms // 1_000, mid)

    def _note_trade(self, event: MarketEvent) -> None:
        held = self._held(event.asset_id, event.market)
        price = optional_micros(event.price)
        if price is not None:
            held.book.last_trade = price
            held.last_side = event.side.upper()
            self._market_last[event.market] = price

    def _change_tick(self, event: MarketEvent) -> None:
        """Take a new grid. The exchange keeps its levels; it does not lose sight of its book."""
        tick = optional_micros(event.new_tick_size)
        if tick:
            self._held(event.asset_id, event.market).book.tick = tick

    def _resolve(self, event: MarketEvent) -> None:
        self.winners[event.market] = event.winning_asset_id
        self.catalogue.resolve(event.market, {event.winning_asset_id: "1"}, event.ts_ms // 1_000)
