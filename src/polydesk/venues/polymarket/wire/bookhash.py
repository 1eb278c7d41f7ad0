"""The venue's book hash: SHA-1 of a compact JSON text with keys in a fixed order.

Equality proves the book. Inequality proves little: the text also covers the minimum order
size, the tick, the neg-risk flag and the last trade price, which sockets leave out.

The last trade price belongs to the market, not to the token: it is the price of the last
resting order that was hit, in that order's own token, so a buy of one outcome at 0.87 may
leave ``0.130`` in both books. It is written with at least three decimals. The market channel
tells of the trade some 20 ms after the book that is already hashed with it, so the price is
searched around the touch when the remembered one does not fit.

Source: ``websockets.md`` section 3.4 and the recording of 2026-04-21 (144 of 144 books).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from polydesk.domain.units import MICROS, format_micros
from polydesk.venues.polymarket.wire.numbers import TEXTS

LevelTexts = Sequence[tuple[str, str]]
"""(price, size) as the server writes them: bids ascending, asks descending."""

DEFAULT_MIN_SIZE = "5"
"""Minimum order size of every book in the recordings."""
SEARCH_REACH = 25
"""Ticks on each side of a touch that are tried as last trade price."""


@dataclass(slots=True)
class HashTerms:
    """The hashed values besides the levels; None where unknown."""

    min_order_size: str | None = None
    tick: str | None = None
    neg_risk: bool | None = None
    last_trade: str | None = None


def trade_text(price: int) -> str:
    """Write a last trade price as the server hashes it: at least three decimals."""
    return format_micros(price, min_decimals=3)


def book_head(
    market: str, asset_id: str, timestamp: str | int, bids: LevelTexts, asks: LevelTexts
) -> str:
    """Return the hashed text up to and including the asks."""
    return (
        f'{{"market":"{market}","asset_id":"{asset_id}","timestamp":"{timestamp}","hash":"",'
        f'"bids":[{_levels(bids)}],"asks":[{_levels(asks)}]'
    )


def _levels(levels: LevelTexts) -> str:
    return ",".join([f'{{"price":"{price}","size":"{size}"}}' for price, size in levels])


def book_tail(terms: HashTerms) -> str:
    """Return the rest of the hashed text; without a last trade price in the nine-key form.

    Source: ``websockets.md`` section 3.4: the tenth key appeared around December 2025.
    """
    flag = "true" if terms.neg_risk else "false"
    nine = (
        f',"min_order_size":"{terms.min_order_size}","tick_size":"{terms.tick}","neg_risk":{flag}'
    )
    if terms.last_trade is None:
        return nine + "}"
    return f'{nine},"last_trade_price":"{terms.last_trade}"}}'


def book_hash(head: str, terms: HashTerms) -> str:
    """Return the hash of a book whose terms are all known, in lower-case hex."""
    return hashlib.sha1((head + book_tail(terms)).encode(), usedforsecurity=False).hexdigest()


def held_levels(levels: dict[int, int], *, is_bid: bool) -> list[tuple[str, str]]:
    """Return a held side as the server writes it: shortest decimals, best level last."""
    ordered = sorted(levels.items(), reverse=not is_bid)
    return [(TEXTS[price], TEXTS[size]) for price, size in ordered]


def find_terms(head: str, wanted: str, candidates: Iterable[HashTerms]) -> HashTerms | None:
    """Return the first candidate that reproduces the hash ``wanted``, or None."""
    begun = hashlib.sha1(head.encode(), usedforsecurity=False)
    for terms in candidates:
        digest = begun.copy()
        digest.update(book_tail(terms).encode())
        if digest.hexdigest() == wanted:
            return terms
    return None


def candidate_terms(known: HashTerms, trades: Sequence[str | None]) -> Iterator[HashTerms]:
    """Yield the terms worth trying: what is known, and every sensible value of the rest."""
    ticks = [known.tick] if known.tick else ["0.01", "0.001", "0.0001", "0.005", "0.0025", "0.1"]
    flags = [False, True] if known.neg_risk is None else [known.neg_risk]
    least = known.min_order_size or DEFAULT_MIN_SIZE
    for trade in trades:
        for tick in ticks:
            for flag in flags:
                yield HashTerms(least, tick, flag, trade)


def trades_near(best_bid: int, best_ask: int, tick: int, reach: int = SEARCH_REACH) -> list[str]:
    """Return last trade prices to try, nearest to the touch first, in either token's terms."""
    found: dict[int, None] = {}
    for step in range(reach + 1):
        for anchor in (best_bid, best_ask):
            for price in (anchor + step * tick, anchor - step * tick):
                if 0 < price < MICROS:
                    found[price] = found[MICROS - price] = None
    return [trade_text(price) for price in found]
