"""What the venue checks when an order arrives; its own words where they are known.

Source: ``trading.md`` sections 4.2 (grid), 4.4 (minimums), 5.1 (order types) and 5.4 (texts).
"""

from __future__ import annotations

from polydesk.domain.book import L2Book
from polydesk.domain.instruments import Market
from polydesk.domain.intents import RESTING, OrderIntent, TimeInForce
from polydesk.domain.units import PriceMicros
from polydesk.venues.simulation.matching import is_marketable
from polydesk.venues.simulation.order_rules import (
    BAD_EXPIRATION,
    GTD_SHORTEST_NS,
    NOT_READY,
    POST_ONLY_TYPE,
    grid_refusal,
    marketable_refusal,
)

UNKNOWN_TOKEN = "the token belongs to no known market"


def refusal(intent: OrderIntent, market: Market | None, book: L2Book | None, now: int) -> str:
    """Return why the venue refuses an arriving order, empty when it takes it.

    Args:
        intent: The order.
        market: The catalogue row of its token, None when unknown.
        book: The token's book, None when there is none.
        now: Arrival time, nanoseconds.
    """
    if market is None:
        return UNKNOWN_TOKEN
    return (
        _market_refusal(market)
        or _form_refusal(intent, _tick(market, book), market, now)
        or _book_refusal(book)
        or _marketable_refusal(intent, book)
    )


def blocked(market: Market | None, book: L2Book | None) -> str:
    """Return why nothing can be matched now, empty when it can: for orders taken before."""
    if market is None:
        return UNKNOWN_TOKEN
    return _market_refusal(market) or _book_refusal(book)


def _market_refusal(market: Market) -> str:
    if market.payouts is not None:
        return "the market is resolved"
    if market.closed:
        return "the market is closed"
    return "" if market.accepting_orders else NOT_READY


def _tick(market: Market, book: L2Book | None) -> PriceMicros:
    """Return the grid the stream states: a catalogue row may be minutes old."""
    return market.tick if book is None else PriceMicros(book.tick)


def _form_refusal(intent: OrderIntent, tick: PriceMicros, market: Market, now: int) -> str:
    off_grid = grid_refusal(
        intent.client_order_id,
        intent.side,
        intent.time_in_force,
        price=intent.price,
        size=intent.size,
        tick=tick,
        minimum=market.min_size,
    )
    if off_grid:
        return off_grid
    if intent.post_only and intent.time_in_force not in RESTING:
        return POST_ONLY_TYPE
    return _expiration_refusal(intent, now)


def _expiration_refusal(intent: OrderIntent, now: int) -> str:
    if intent.time_in_force is not TimeInForce.GTD:
        return ""
    if intent.expires_at is None or intent.expires_at < now + GTD_SHORTEST_NS:
        return BAD_EXPIRATION
    return ""


def _book_refusal(book: L2Book | None) -> str:
    """Refuse what cannot be simulated honestly: nobody knows what is really displayed."""
    if book is None:
        return "paper venue: there is no book for this token"
    if book.stale:
        return "paper venue: the book is stale"
    return "paper venue: the book is crossed" if book.crossed else ""


def _marketable_refusal(intent: OrderIntent, book: L2Book | None) -> str:
    if book is None or not is_marketable(book, intent.side, intent.price):
        return ""
    return marketable_refusal(intent.side, intent.price, intent.size, post_only=intent.post_only)
