"""The exchange's books as its protocol writes them, with the venue's own hash.

Source: ``websockets.md`` sections 3 and 3.4, ``rest-data.md`` section 4, 2026-11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from polydesk.domain.book import L2Book, Level
from polydesk.domain.ids import TokenId
from polydesk.domain.units import MICROS, format_micros
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

    __slots__ = ("book", "changed_ms", "last_side", "market", "market_last", "terms", "venue_hash")

    def __init__(self, token: str, market: str, tick: int) -> None:
        self.book = L2Book(TokenId(token), tick)
        self.market = market
        """Condition id."""
        self.changed_ms = 0
        """Venue time of the newest change, milliseconds."""
        self.venue_hash = ""
        """The hash the venue gave the book after its newest change."""
        self.last_side = ""
        """Taker side of the last trade, empty when none was recorded."""
        self.market_last: int | None = None
        """Price of the market's last trade, of either outcome, in micros."""
        self.terms = Terms()

    @property
    def known(self) -> bool:
        """Whether there was a snapshot, so that the book can be shown."""
        return not self.book.stale

    def replace(self, event: MarketEvent, ts_init: int) -> None:
        """Take a full book."""
        bids, asks = parse_levels(event.bids), parse_levels(event.asks)
        self.book.apply_snapshot(bids, asks, event.ts_ns, ts_init)
        self.book.tick = optional_micros(event.tick_size) or self.book.tick
        last = optional_micros(event.last_trade_price)
        if last is not None:
            self.book.last_trade = last
        self._take_terms(event)
        self._stamp(event.ts_ms, event.hash)

    def change(self, is_bid: bool, level: Level, ts_ms: int, ts_init: int, venue_hash: str) -> None:
        """Set one level to a new total, as of the venue's time ``ts_ms``."""
        if self.book.apply_change(is_bid, *level, ts_ms * 1_000_000, ts_init):
            self._stamp(ts_ms, venue_hash)

    def rest_json(self) -> Json:
        """Return the answer of ``GET /book`` with its hash.

        The hash is the venue's own wherever a reading of what the recording leaves open (last
        trade in terms of which outcome, kind of market) reproduces it. Otherwise it is the
        same recipe over what is known.
        """
        readings = [self._hashed(last, neg_risk) for last, neg_risk in self._readings()]
        proven = (body for body in readings if body["hash"] == self.venue_hash)
        return next(proven, readings[0])

    def socket_json(self) -> Json:
        """Return the ``book`` event of the market channel."""
        body = self.rest_json()
        del body["min_order_size"], body["neg_risk"]
        return {**body, "event_type": "book"}

    def _stamp(self, ts_ms: int, venue_hash: str) -> None:
        if ts_ms >= self.changed_ms:
            self.changed_ms = ts_ms
            self.venue_hash = venue_hash

    def _take_terms(self, event: MarketEvent) -> None:
        """Keep what only REST answers say."""
        if event.min_order_size is not None:
            self.terms.min_order_size = str(event.min_order_size)
        if event.neg_risk is not None:
            self.terms.neg_risk = event.neg_risk

    def _readings(self) -> Iterator[tuple[int | None, bool]]:
        """Yield what last trade and kind may be, the likeliest first.

        The venue keeps one last trade per market, in terms of the outcome that was resting.
        """
        prices: dict[int | None, None] = {self.book.last_trade: None}
        if self.market_last is not None:
            prices.update({self.market_last: None, MICROS - self.market_last: None})
        for neg_risk in (self.terms.neg_risk, not self.terms.neg_risk):
            for price in prices:
                yield price, neg_risk

    def _hashed(self, last: int | None, neg_risk: bool) -> Json:
        book = self.book
        body = {
            "market": self.market,
            "asset_id": str(book.token_id),
            "timestamp": str(self.changed_ms),
            "hash": "",
            "bids": _levels(sorted(book.bids.items())),
            "asks": _levels(sorted(book.asks.items(), reverse=True)),
            "min_order_size": self.terms.min_order_size,
            "tick_size": format_micros(book.tick),
            "neg_risk": neg_risk,
            "last_trade_price": "" if last is None else format_micros(last, min_decimals=3),
        }
        body["hash"] = hashlib.sha1(msgspec.json.encode(body), usedforsecurity=False).hexdigest()
        return body


def _levels(levels: list[Level]) -> list[Json]:
    return [{"price": format_micros(price), "size": format_micros(size)} for price, size in levels]
