"""What the venue checks when an order arrives; its own words where they are known.

Source: ``trading.md`` sections 4.2 (grid), 4.4 (minimums), 5.1 (order types) and 5.4 (texts).
"""

from __future__ import annotations

from polydesk.domain.book import L2Book
from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import OrderIntent, TimeInForce
from polydesk.domain.units import MICROS, PriceMicros, format_micros, notional_ceil, on_tick
from polydesk.venues.simulation.matching import is_marketable

SECOND = 1_000_000_000
GTD_THRESHOLD_NS = 60 * SECOND
"""A GTD order leaves the book this long before its stated expiration."""
GTD_SHORTEST_NS = 180 * SECOND
"""An expiration must be at least this far ahead."""
LOT = 10_000
"""Order sizes have two decimals."""
SMALLEST_MARKETABLE_BUY = MICROS
"""A buy that matches at once must be worth one dollar."""
RESTING = frozenset({TimeInForce.GTC, TimeInForce.GTD})

UNKNOWN_TOKEN = "the token belongs to no known market"
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)
NOT_READY = "the market is not yet ready to process new orders"
CROSSES = "invalid post-only order: order crosses book"
BAD_EXPIRATION = "invalid expiration"


def book_drop_time(expires_at: int) -> int:
    """Return when the book drops a GTD order, nanoseconds.

    The venue reads whole seconds and drops the order a minute early.

    Source: ``trading.md`` section 5.1.
    """
    return expires_at - expires_at % SECOND - GTD_THRESHOLD_NS


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
    name = f"order {intent.client_order_id} is invalid."
    if not on_tick(intent.price, tick):
        price, grid = format_micros(intent.price), format_micros(tick)
        return f"{name} Price ({price}) breaks minimum tick size rule: {grid}"
    if intent.size < market.min_size:
        size, least = format_micros(intent.size), format_micros(market.min_size)
        return f"{name} Size ({size}) lower than the minimum: {least}"
    if intent.size % LOT and _size_is_stated_in_shares(intent):
        return f"{name} Maximum lot size is 2"
    if intent.post_only and intent.time_in_force not in RESTING:
        return "invalid post-only order: only GTC and GTD orders can be post-only"
    return _expiration_refusal(intent, now)


def _size_is_stated_in_shares(intent: OrderIntent) -> bool:
    """A market buy states dollars; its shares may have more decimals."""
    return intent.side is Side.SELL or intent.time_in_force in RESTING


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
    if intent.post_only:
        return CROSSES
    worth = notional_ceil(intent.price, intent.size)
    if intent.side is Side.BUY and worth < SMALLEST_MARKETABLE_BUY:
        return f"invalid amount for a marketable BUY order (${format_micros(worth)}), min size: $1"
    return ""
