"""Cash kept aside for open buys, at the worst price they allow."""

from __future__ import annotations

from polydesk.domain.instruments import FeeSchedule
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros, notional_ceil

ROUNDING_RESERVE = UsdMicros(1_000)
"""A tenth of a cent: each of an order's fills may round up by one micro-dollar."""


def worst_case_cost(price: PriceMicros, size: ShareMicros, fees: FeeSchedule) -> UsdMicros:
    """Return what a buy can cost at most, fee included.

    Cost plus fee rises with the price for every fee rate below one, so the limit price is
    the worst case.
    """
    if not size:
        return UsdMicros(0)
    return UsdMicros(notional_ceil(price, size) + fees.taker(size, price) + ROUNDING_RESERVE)
