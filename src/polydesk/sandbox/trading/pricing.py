"""The limit price that an order's two amounts mean.

An order states amounts, not a price. On the grid a limit order divides exactly; a market buy
was divided by its price and rounded down, so its ratio lies a hair beyond the limit. Where a
client rounds the shares up (as the venue's own page does once), the ratio lies a hair below it:
such an order is good, and reaches what is offered below the limit only.

Source: ``trading.md`` sections 4.1 to 4.3.
"""

from __future__ import annotations

from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    UsdMicros,
    ceil_to_tick,
    floor_to_lot,
    floor_to_tick,
    notional_ceil,
    shares_for,
)
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.amounts import CHAIN_DECIMALS, rounding
from polydesk.venues.polymarket.signing.orders import OrderFields
from polydesk.venues.simulation.exchange.book import MarketBook


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
    explained = _explains(near, cash, shares, tick, buys) or (
        buys and near > 0 and _is_rounded_up(PriceMicros(near + tick), cash, shares, tick)
    )
    return (near if explained else ratio), ShareMicros(shares)


def bought_for(
    cash: UsdMicros, book: MarketBook, token: TokenId, price: PriceMicros
) -> ShareMicros:
    """Return how many shares a market buy asks for: it states what it spends, not what it gets.

    Args:
        cash: Micro-pUSD to spend before fees.
        book: The market as it is now; what is offered below the limit buys more shares.
        token: The outcome.
        price: Limit; what the book cannot give counts at this price.
    """
    is_bid, level = book.displayed.place_of(token, True, price)
    left, shares = cash, 0
    for take in book.takes(is_bid, level, shares_for(cash, PriceMicros(1))):
        at = book.price_in(token, take.level)
        part = min(take.size, shares_for(left, at))
        shares += part
        left = UsdMicros(left - notional_ceil(at, ShareMicros(part)))
        if part < take.size:
            return floor_to_lot(shares, grain_of(book.market.tick))
    return floor_to_lot(shares + shares_for(left, price), grain_of(book.market.tick))


def grain_of(tick: PriceMicros) -> int:
    """Return the grain of calculated amounts in micros; raise NotSignable for a strange tick."""
    grain: int = 10 ** (CHAIN_DECIMALS - rounding(tick).amount)
    return grain


def _explains(price: PriceMicros, cash: int, shares: int, tick: PriceMicros, buys: bool) -> bool:
    """Return whether amounts are those of a price, with what is calculated rounded down."""
    try:
        grain = grain_of(tick)
    except NotSignable:
        return False
    excess = cash * MICROS - price * shares
    return 0 <= excess < price * grain if buys else 0 <= -excess < MICROS * grain


def _is_rounded_up(price: PriceMicros, cash: int, shares: int, tick: PriceMicros) -> bool:
    """Return whether a buy's shares are its cash divided by a price and rounded up."""
    try:
        grain = grain_of(tick)
    except NotSignable:
        return False
    return 0 < price * shares - cash * MICROS < price * grain
