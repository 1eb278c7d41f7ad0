"""The exchange's books as its protocol writes them, with the venue's own hash.

Source: ``websockets.md`` sections 3 and 3.4, ``rest-data.md`` section 4, 2026-11.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from polydesk.domain.book import L2Book, Level
from polydesk.domain.ids import TokenId
from polydesk.domain.units import format_micros
from polydesk.sandbox.market_frames import MarketEvent, optional_micros, parse_levels

Json = dict[str, Any]
"""A JSON object of the wire."""


@dataclass(slots=True)
class Terms:
    """What a book's text needs beside its levels."""

    min_order_size: str = "5"
    """The value of every recorded book; the catalogue overrides it."""
    neg_risk: bool = False


class TokenBook:
    """One outcome's book with what the protocol says about it."""

    __slots__ = ("book", "changed_ms", "last_side", "market", "terms")

    def __init__(self, token: str, market: str, tick: int) -> None:
        self.book = L2Book(TokenId(token), tick)
        self.market = market
        """Condition id."""
        self.changed_ms = 0
        """Venue time of the newest change, milliseconds."""
        self.last_side = ""
        """Taker side of the last trade, empty when none was recorded."""
        self.terms = Terms()

    @property
    def known(self) -> bool:
        """Whether there was a snapshot, so that the book can be shown."""
        return not self.book.stale

    def replace(self, event: MarketEvent, ts_init: int) -> None:
        """Take a full book."""
        bids, asks = parse_levels(event.bids), parse_levels(event.asks)
        self.book.apply_snapshot(bids, asks, event.ts_ns, ts_init)
        tick = optional_micros(event.tick_size)
        if tick:
            self.book.tick = tick
        last = optional_micros(event.last_trade_price)
        if last is not None:
            self.book.last_trade = last
        self._take_terms(event)
        self.changed_ms = max(self.changed_ms, int(event.timestamp))

    def _take_terms(self, event: MarketEvent) -> None:
        """Keep what only REST answers say."""
        if event.min_order_size is not None:
            self.terms.min_order_size = str(event.min_order_size)
        if event.neg_risk is not None:
            self.terms.neg_risk = event.neg_risk

    def change(self, is_bid: bool, price: int, size: int, ts_ns: int, ts_init: int) -> None:
        """Set one level to a new total."""
        if self.book.apply_change(is_bid, price, size, ts_ns, ts_init):
            self.changed_ms = max(self.changed_ms, ts_ns // 1_000_000)

    def rest_json(self) -> Json:
        """Return the answer of ``GET /book``, hash included."""
        body = self._hashed_fields()
        body["hash"] = hashlib.sha1(msgspec.json.encode(body), usedforsecurity=False).hexdigest()
        return body

    def socket_json(self) -> Json:
        """Return the ``book`` event of the market channel."""
        body = self.rest_json()
        del body["min_order_size"], body["neg_risk"]
        return {**body, "event_type": "book"}

    def _hashed_fields(self) -> Json:
        book = self.book
        last = book.last_trade
        return {
            "market": self.market,
            "asset_id": str(book.token_id),
            "timestamp": str(self.changed_ms),
            "hash": "",
            "bids": _levels(sorted(book.bids.items())),
            "asks": _levels(sorted(book.asks.items(), reverse=True)),
            "min_order_size": self.terms.min_order_size,
            "tick_size": format_micros(book.tick),
            "neg_risk": self.terms.neg_risk,
            "last_trade_price": "" if last is None else format_micros(last, min_decimals=3),
        }


def _levels(levels: list[Level]) -> list[Json]:
    return [{"price": format_micros(price), "size": format_micros(size)} for price, size in levels]
