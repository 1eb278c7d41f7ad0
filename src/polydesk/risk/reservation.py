"""Cash kept aside for open buys, at the worst price they allow."""

from __future__ import annotations

from polydesk.domain.instruments import FeeSchedule, Market, Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros, notional_ceil

FILL_ROUNDING = 6
"""Micro-dollars by which one fill may round up: one of its value, five of its fee."""
FILLS_COVERED = 1_666
"""More than the levels a 0.001 grid has, so more than any one walk through such a book."""
ROUNDING_RESERVE = UsdMicros(10_000)
"""One cent: what the rounding of that many fills, and of the estimate itself, can cost."""


def worst_case_cost(price: PriceMicros, size: ShareMicros, fees: FeeSchedule) -> UsdMicros:
    """Return what a buy can cost at most, fee included.

    Cost plus fee rises with the price for every fee rate below one, so the limit price is
    the worst case.
    """
    if not size:
        return UsdMicros(0)
    return UsdMicros(notional_ceil(price, size) + fees.taker(size, price) + ROUNDING_RESERVE)


def worst_cost_of(intent: OrderIntent, market: Market | None) -> UsdMicros:
    """Return what an order can cost at most; zero for a sale or when the market is not known."""
    if intent.side is Side.SELL or market is None:
        return UsdMicros(0)
    return worst_case_cost(intent.price, intent.size, market.fees)
