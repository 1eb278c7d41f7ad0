"""Reading the recorded market channel: just what the exchange needs to keep its books.

Frames themselves are passed on untouched; this decoding serves the world's state and tells
whom a frame concerns.

Source: ``websockets.md`` sections 2 and 3, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from polydesk.domain.units import MICROS, parse_micros
from polydesk.errors import WireError

CUSTOM_EVENTS: Final = frozenset({"best_bid_ask", "new_market", "market_resolved"})
"""Sent only to sockets that set ``custom_feature_enabled``."""
BROADCAST_EVENTS: Final = frozenset({"new_market"})
"""Sent to every socket with the flag, whatever it subscribed."""


class LevelText(msgspec.Struct):
    """A price level as written."""

    price: str
    size: str


class ChangeText(msgspec.Struct):
    """One entry of a ``price_change``."""

    asset_id: str
    price: str
    size: str
    side: str
    hash: str = ""


class MarketEvent(msgspec.Struct):
    """Any event of the market channel; fields that a kind lacks keep their defaults."""

    event_type: str = ""
    market: str = ""
    asset_id: str = ""
    timestamp: str | int = 0
    """Milliseconds since the epoch."""
    hash: str = ""
    bids: list[LevelText] = []
    asks: list[LevelText] = []
    price_changes: list[ChangeText] = []
    tick_size: str | float | None = None
    new_tick_size: str | float | None = None
    last_trade_price: str | float | None = None
    min_order_size: str | float | None = None
    neg_risk: bool | None = None
    price: str = ""
    size: str = ""
    side: str = ""
    transaction_hash: str = ""
    assets_ids: list[str] = []
    winning_asset_id: str = ""

    @property
    def ts_ms(self) -> int:
        """Venue time in milliseconds.

        Raises:
            WireError: The text is no whole number.
        """
        try:
            return int(self.timestamp)
        except ValueError as error:
            raise WireError(f"not a timestamp: {self.timestamp!r}") from error

    @property
    def ts_ns(self) -> int:
        """Venue time in nanoseconds UTC."""
        return self.ts_ms * 1_000_000

    def tokens(self) -> list[str]:
        """Return every outcome the event names."""
        if self.price_changes:
            return [change.asset_id for change in self.price_changes]
        return [self.asset_id] if self.asset_id else self.assets_ids


@dataclass(frozen=True, slots=True)
class MarketAudience:
    """Whom a market frame concerns."""

    tokens: frozenset[str]
    """Subscribers of any of these get the frame."""
    custom_tokens: frozenset[str]
    """Subscribers of any of these get it if they set the custom flag."""
    broadcast: bool
    """Everybody with the custom flag gets it."""


_ONE = msgspec.json.Decoder(MarketEvent)
_MANY = msgspec.json.Decoder(list[MarketEvent])


def decode_market(text: bytes) -> list[MarketEvent]:
    """Decode a frame of the market channel, one object or an array of them.

    Raises:
        WireError: The text has another form, for instance ``PONG``.
    """
    try:
        if text[:1] == b"[":
            return _MANY.decode(text)
        return [_ONE.decode(text)]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not a market frame: {error}") from error


def audience_of(events: list[MarketEvent]) -> MarketAudience:
    """Return whom the events of one frame concern."""
    plain: set[str] = set()
    custom: set[str] = set()
    broadcast = False
    for event in events:
        kind = event.event_type
        if kind in BROADCAST_EVENTS:
            broadcast = True
        elif kind in CUSTOM_EVENTS:
            custom.update(event.tokens())
        else:
            plain.update(event.tokens())
    return MarketAudience(frozenset(plain), frozenset(custom), broadcast)


def parse_levels(levels: list[LevelText]) -> list[tuple[int, int]]:
    """Return (price, size) in micros, without empty levels."""
    pairs = [(parse_micros(level.price), parse_micros(level.size)) for level in levels]
    return [(price, size) for price, size in pairs if size]


def optional_micros(value: str | float | None) -> int | None:
    """Read a price that may be absent or empty; None when it is not a price.

    Raises:
        WireError: The text is no plain decimal.
    """
    if value is None or value == "":
        return None
    micros = parse_micros(str(value))
    return micros if 0 <= micros <= MICROS else None
