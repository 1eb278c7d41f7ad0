"""The venue's limits on an order and its words, for the paper venue and the exchange core.

Source: ``trading.md`` sections 4.2 (grid), 4.4 (minimums), 5.1 (order types), 5.4 (texts).
"""

from __future__ import annotations

from typing import Final

from polydesk.domain.instruments import Side
from polydesk.domain.intents import DROPPED_EARLY_S, GTD_SHORTEST_S, RESTING, TimeInForce
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    format_micros,
    notional_ceil,
    on_tick,
)

SECOND: Final = 1_000_000_000
GTD_THRESHOLD_NS: Final = DROPPED_EARLY_S * SECOND
"""A GTD order leaves the book this long before its stated expiration."""
GTD_SHORTEST_NS: Final = GTD_SHORTEST_S * SECOND
"""An expiration must be at least this far ahead."""
LOT: Final = 10_000
"""Sizes have two decimals."""
SMALLEST_MARKETABLE_BUY: Final = MICROS
"""A buy that matches at once must be worth one dollar."""

NOT_READY: Final = "the market is not yet ready to process new orders"
CROSSES: Final = "invalid post-only order: order crosses book"
POST_ONLY_TYPE: Final = "invalid post-only order: only GTC and GTD orders can be post-only"
BAD_EXPIRATION: Final = "invalid expiration"
FOK_KILLED: Final = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED: Final = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)


def grid_refusal(
    order_id: str,
    side: Side,
    order_type: TimeInForce,
    *,
    price: PriceMicros,
    size: ShareMicros,
    tick: PriceMicros,
    minimum: ShareMicros,
) -> str:
    """Return why price or size do not fit the market's grids, empty when they do."""
    name = f"order {order_id} is invalid."
    if not on_tick(price, tick):
        shown, grid = format_micros(price), format_micros(tick)
        return f"{name} Price ({shown}) breaks minimum tick size rule: {grid}"
    if size < minimum:
        shown, least = format_micros(size), format_micros(minimum)
        return f"{name} Size ({shown}) lower than the minimum: {least}"
    # A market buy states dollars; its shares may have more decimals.
    is_stated_in_shares = side is Side.SELL or order_type in RESTING
    if size % LOT and is_stated_in_shares:
        return f"{name} Maximum lot size is 2"
    return ""


def marketable_refusal(
    side: Side, price: PriceMicros, size: ShareMicros, *, post_only: bool
) -> str:
    """Return what is wrong with an order that would match at once, empty when nothing is."""
    if post_only:
        return CROSSES
    worth = notional_ceil(price, size)
    if side is Side.BUY and worth < SMALLEST_MARKETABLE_BUY:
        return f"invalid amount for a marketable BUY order (${format_micros(worth)}), min size: $1"
    return ""
