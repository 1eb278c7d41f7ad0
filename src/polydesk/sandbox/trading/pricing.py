"""The limit price that an order's two amounts mean.

An order states amounts, not a price. On the grid a limit order divides exactly; a market buy
was divided by its price and rounded down, so its ratio lies a hair beyond the limit.

Source: ``trading.md`` sections 4.1 to 4.3.
"""

from __future__ import annotations

from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, ceil_to_tick, floor_to_tick
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.amounts import CHAIN_DECIMALS, rounding
from polydesk.venues.polymarket.signing.orders import OrderFields


def limit_of(order: OrderFields, tick: PriceMicros) -> tuple[PriceMicros, ShareMicros]:
    """Return an order's limit price and its shares.

    Args:
        order: The order.
        tick: The market's present grid.

    Returns:
        The price is on the grid if rounding explains the amounts, else their plain ratio.
    """
    buys = order.side is Side.BUY
    cash, shares = order.maker_amount, order.taker_amount
    if not buys:
        cash, shares = shares, cash
    ratio = PriceMicros(cash * MICROS // shares)
    near = floor_to_tick(ratio, tick) if buys else ceil_to_tick(-(-cash * MICROS // shares), tick)
    return (near if _explains(near, cash, shares, tick, buys) else ratio), ShareMicros(shares)


def _explains(price: PriceMicros, cash: int, shares: int, tick: PriceMicros, buys: bool) -> bool:
    """Return whether amounts are those of a price, with what is calculated rounded down."""
    try:
        grain: int = 10 ** (CHAIN_DECIMALS - rounding(tick).amount)
    except NotSignable:
        return False
    excess = cash * MICROS - price * shares
    return 0 <= excess < price * grain if buys else 0 <= -excess < MICROS * grain
