"""Events of the market channel for a book that the exchange itself keeps.

Levels are in terms of the first outcome; every event shows both outcomes, mirrored.

Source: ``websockets.md`` section 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.units import MICROS, format_micros
from polydesk.sandbox.books import Json
from polydesk.venues.simulation.exchange.trades import Trade

Levels = dict[bool, dict[int, int]]
"""Size by price, of bids (True) and asks (False), in micros."""


def book_events(
    condition: ConditionId, tokens: Sequence[TokenId], levels: Levels, at_ms: int
) -> list[Json]:
    """Return the full book of each outcome."""
    return [
        {
            "event_type": "book",
            "market": condition,
            "asset_id": token,
            "timestamp": str(at_ms),
            "hash": "",
            "bids": _rows(shown[True], falling=False),
            "asks": _rows(shown[False], falling=True),
            "tick_size": "0.01",
        }
        for token, shown in zip(tokens, (levels, mirrored(levels)), strict=True)
    ]


def changes(
    condition: ConditionId, tokens: Sequence[TokenId], before: Levels, after: Levels, at_ms: int
) -> Json | None:
    """Return the event of all levels that differ, None when none does."""
    entries = [
        entry
        for token, old, new in zip(
            tokens, (before, mirrored(before)), (after, mirrored(after)), strict=True
        )
        for entry in _entries(token, old, new)
    ]
    if not entries:
        return None
    return {
        "event_type": "price_change",
        "market": condition,
        "timestamp": str(at_ms),
        "price_changes": entries,
    }


def printed(trade: Trade, at_ms: int) -> Json:
    """Return the anonymous print of a trade."""
    return {
        "event_type": "last_trade_price",
        "market": trade.condition_id,
        "asset_id": trade.taker.token_id,
        "price": format_micros(trade.taker.price),
        "size": format_micros(trade.taker.size),
        "side": trade.taker.side.value,
        "fee_rate_bps": "0",
        "timestamp": str(at_ms),
        "transaction_hash": trade.transaction_hash,
    }


def mirrored(levels: Levels) -> Levels:
    """Return the same offers in terms of the other outcome."""
    return {
        is_bid: {MICROS - price: size for price, size in levels[not is_bid].items()}
        for is_bid in (True, False)
    }


def _entries(token: TokenId, old: Levels, new: Levels) -> Iterator[Json]:
    best_bid = format_micros(max(new[True], default=0))
    best_ask = format_micros(min(new[False], default=MICROS))
    for is_bid in (True, False):
        for price in sorted({*old[is_bid], *new[is_bid]}):
            size = new[is_bid].get(price, 0)
            if size != old[is_bid].get(price, 0):
                yield {
                    "asset_id": token,
                    "price": format_micros(price),
                    "size": format_micros(size),
                    "side": "BUY" if is_bid else "SELL",
                    "hash": "",
                    "best_bid": best_bid,
                    "best_ask": best_ask,
                }


def _rows(levels: dict[int, int], *, falling: bool) -> list[Json]:
    return [
        {"price": format_micros(price), "size": format_micros(size)}
        for price, size in sorted(levels.items(), reverse=falling)
    ]
