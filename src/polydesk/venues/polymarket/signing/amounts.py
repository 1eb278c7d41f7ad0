"""What an order gives and wants, by integers and with the venue's rounding.

The venue allows shares with two decimals, prices with the tick's decimals, and the calculated
side with two more than the price. On the grid a limit order never needs rounding.

Source: ``trading.md`` sections 4.1 to 4.3, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from polydesk.domain.instruments import Side
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    UsdMicros,
    decimals_of,
    floor_to_lot,
    notional_floor,
    on_tick,
    shares_for,
)
from polydesk.errors import NotSignable

LOT: Final = 10_000
"""Shares and dollars of a market order have two decimals."""
SIZE_DECIMALS: Final = 2
CHAIN_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Amounts:
    """Both sides of an order in micros."""

    maker: int
    """Given: pUSD of a buy, shares of a sale."""
    taker: int
    """Wanted: shares of a buy, pUSD of a sale."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """Decimals that the venue allows at one tick."""

    price: int
    size: int
    amount: int


@lru_cache(maxsize=64)
def rounding(tick: PriceMicros) -> Rounding:
    """Return the allowed decimals at a tick, also at one the venue has not had so far.

    Raises:
        NotSignable: The tick does not divide one, or amounts would need more than six decimals.
    """
    if not 0 < tick < MICROS or MICROS % tick:
        raise NotSignable(f"impossible tick size: {tick} micros")
    price = decimals_of(tick)
    amount = price + SIZE_DECIMALS
    if amount > CHAIN_DECIMALS:
        raise NotSignable(f"a tick of {tick} micros needs more decimals than the chain has")
    return Rounding(price, SIZE_DECIMALS, amount)


def limit_amounts(side: Side, price: PriceMicros, size: ShareMicros, tick: PriceMicros) -> Amounts:
    """Return the amounts of a limit order; the size is rounded down to 0.01 share.

    Raises:
        NotSignable: The price is off the grid, or nothing remains of the size.
    """
    _check_price(price, tick)
    shares = floor_to_lot(size, LOT)
    cash = notional_floor(price, shares)
    return _above_zero(Amounts(cash, shares) if side is Side.BUY else Amounts(shares, cash))


def market_buy_amounts(cash: UsdMicros, price: PriceMicros, tick: PriceMicros) -> Amounts:
    """Return the amounts of a market buy (FAK or FOK) that spends ``cash`` before fees.

    Cash is rounded down to cents, shares down to the tick's amount decimals: rounding shares up
    would imply a price below the limit, which an ask at the limit does not cross.

    Args:
        cash: Micro-pUSD to give.
        price: Limit price, from walking the book.
        tick: The market's present tick.

    Raises:
        NotSignable: The price is off the grid, or nothing remains.
    """
    grain = _check_price(price, tick)
    given = UsdMicros(floor_to_lot(cash, LOT))
    return _above_zero(Amounts(given, floor_to_lot(shares_for(given, price), grain)))


def market_sell_amounts(size: ShareMicros, price: PriceMicros, tick: PriceMicros) -> Amounts:
    """Return the amounts of a market sale (FAK or FOK), the same as those of a limit sale."""
    return limit_amounts(Side.SELL, price, size, tick)


def _check_price(price: PriceMicros, tick: PriceMicros) -> int:
    """Return the grain of calculated amounts, in micros, for a price on the grid."""
    decimals = rounding(tick).amount
    if not on_tick(price, tick):
        raise NotSignable(f"the price {price} is off the grid of {tick} micros")
    return int(10 ** (CHAIN_DECIMALS - decimals))


def _above_zero(amounts: Amounts) -> Amounts:
    if amounts.maker <= 0 or amounts.taker <= 0:
        raise NotSignable("the order is too small: an amount rounds to zero")
    return amounts
