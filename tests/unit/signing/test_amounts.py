"""Amounts are exact integers, inside the venue's rounding, and off-grid input is refused."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polymarket._internal.actions.orders.limit import _compute_limit_order_amounts
from polymarket._internal.actions.orders.market import _compute_market_order_amounts

from polydesk.domain.instruments import TICK_SIZES, Side
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    UsdMicros,
    cash_before_fees,
    decimal_from_micros,
    taker_fee_exact,
)
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.amounts import (
    LOT,
    limit_amounts,
    market_buy_amounts,
    market_sell_amounts,
    rounding,
)

CENT = PriceMicros(10_000)
SIDES = st.sampled_from(Side)


@st.composite
def on_grid(draw: st.DrawFn) -> tuple[PriceMicros, PriceMicros]:
    """Return a price on the grid of one of the six ticks, and the tick."""
    tick = draw(st.sampled_from(TICK_SIZES))
    return PriceMicros(tick * draw(st.integers(1, MICROS // tick - 1))), tick


@settings(deadline=None)
@given(on_grid(), SIDES, st.integers(LOT, 10**13))
def test_a_limit_order_is_exactly_price_times_the_lots(
    place: tuple[PriceMicros, PriceMicros], side: Side, size: int
) -> None:
    price, tick = place

    made = limit_amounts(side, price, ShareMicros(size), tick)

    cash, shares = (made.maker, made.taker) if side is Side.BUY else (made.taker, made.maker)
    assert type(cash) is type(shares) is int
    assert shares == size // LOT * LOT
    assert Fraction(cash, shares) == Fraction(price, MICROS)
    assert cash % 10 ** (6 - rounding(tick).amount) == 0


@settings(deadline=None)
@given(on_grid(), st.integers(LOT, 10**12))
def test_a_market_buy_never_pays_less_than_the_limit_and_hardly_more(
    place: tuple[PriceMicros, PriceMicros], cash: int
) -> None:
    price, tick = place
    grain = 10 ** (6 - rounding(tick).amount)

    made = market_buy_amounts(UsdMicros(cash), price, tick)

    assert made.maker == cash // LOT * LOT
    assert made.taker % grain == 0
    exact = Fraction(made.maker * MICROS, price)
    assert 0 <= exact - made.taker < grain


@settings(max_examples=300, deadline=None)
@given(on_grid(), SIDES, st.integers(LOT, 10**12))
def test_amounts_are_those_of_the_official_client(
    place: tuple[PriceMicros, PriceMicros], side: Side, value: int
) -> None:
    price, tick = place
    exact = {
        "price": decimal_from_micros(price),
        "side": side.value,
        "tick_size": decimal_from_micros(tick),
    }
    quantity = decimal_from_micros(value)

    limit = limit_amounts(side, price, ShareMicros(value), tick)
    if side is Side.BUY:
        market = market_buy_amounts(UsdMicros(value), price, tick)
    else:
        market = market_sell_amounts(ShareMicros(value), price, tick)

    assert (limit.maker, limit.taker) == _compute_limit_order_amounts(size=quantity, **exact)
    assert (market.maker, market.taker) == _compute_market_order_amounts(amount=quantity, **exact)


@given(st.sampled_from(TICK_SIZES), st.integers(-MICROS, 2 * MICROS), SIDES)
def test_a_price_off_the_grid_is_refused(tick: PriceMicros, price: int, side: Side) -> None:
    if price % tick == 0 and tick <= price <= MICROS - tick:
        price += 1
    for make in (
        lambda: limit_amounts(side, PriceMicros(price), ShareMicros(5_000_000), tick),
        lambda: market_buy_amounts(UsdMicros(5_000_000), PriceMicros(price), tick),
        lambda: market_sell_amounts(ShareMicros(5_000_000), PriceMicros(price), tick),
    ):
        with pytest.raises(NotSignable, match="off the grid"):
            make()


@pytest.mark.parametrize("size", [0, 9_999, -10_000, -1])
def test_nothing_is_no_order(size: int) -> None:
    with pytest.raises(NotSignable, match="too small"):
        limit_amounts(Side.BUY, CENT, ShareMicros(size), CENT)
    with pytest.raises(NotSignable, match="too small"):
        market_buy_amounts(UsdMicros(size), CENT, CENT)


@pytest.mark.parametrize("tick", [0, -10_000, MICROS, 30_000, 2 * MICROS])
def test_an_impossible_tick_is_refused(tick: int) -> None:
    with pytest.raises(NotSignable, match="impossible tick"):
        limit_amounts(Side.BUY, PriceMicros(500_000), ShareMicros(MICROS), PriceMicros(tick))


def test_a_tick_finer_than_the_chain_is_refused() -> None:
    with pytest.raises(NotSignable, match="more decimals than the chain has"):
        limit_amounts(Side.BUY, PriceMicros(500_000), ShareMicros(MICROS), PriceMicros(10))


@pytest.mark.parametrize(
    ("tick", "columns"),
    [
        (100_000, (1, 2, 3)),
        (10_000, (2, 2, 4)),
        (5_000, (3, 2, 5)),
        (2_500, (4, 2, 6)),
        (1_000, (3, 2, 5)),
        (100, (4, 2, 6)),
    ],
)
def test_the_decimals_of_each_tick(tick: int, columns: tuple[int, int, int]) -> None:
    found = rounding(PriceMicros(tick))

    assert (found.price, found.size, found.amount) == columns


@settings(deadline=None)
@given(
    on_grid(), st.integers(1, 10**12), st.integers(0, 100_000), st.integers(0, 2),
    st.integers(0, 10_000),
)  # fmt: skip
def test_what_fees_leave_of_a_budget_is_used_to_the_micro_dollar(
    place: tuple[PriceMicros, PriceMicros], budget: int, rate: int, exponent: int, builder: int
) -> None:
    price, _ = place

    def cost(cash: int) -> Fraction:
        shares = Fraction(cash * MICROS, price)
        curve = Fraction(price * (MICROS - price), MICROS**2) ** exponent
        return cash + shares * Fraction(rate, MICROS) * curve + cash * Fraction(builder, MICROS)

    cash = cash_before_fees(UsdMicros(budget), price, rate, exponent, builder)

    assert type(cash) is int
    assert cost(cash) <= budget < cost(cash + 1)


@given(on_grid(), st.integers(0, 10**13), st.integers(0, 100_000), st.integers(0, 2))
def test_a_fee_before_rounding_is_the_formula(
    place: tuple[PriceMicros, PriceMicros], size: int, rate: int, exponent: int
) -> None:
    price, _ = place

    fee = taker_fee_exact(ShareMicros(size), price, rate, exponent)

    curve = Fraction(price * (MICROS - price), MICROS**2) ** exponent
    assert isinstance(fee, Decimal)
    assert Fraction(fee) == size * Fraction(rate, MICROS) * curve


def test_no_float_is_made_on_the_way() -> None:
    floats: list[object] = []

    def watch(frame: object, event: str, value: object) -> None:
        if event == "return" and isinstance(value, float):
            floats.append(frame)

    sys.setprofile(watch)
    try:
        limit_amounts(Side.BUY, PriceMicros(290_000), ShareMicros(1_150_000), CENT)
        market_buy_amounts(UsdMicros(10_000_000), PriceMicros(580_000), CENT)
        cash_before_fees(UsdMicros(10_000_000), PriceMicros(580_000), 70_000, 1)
    finally:
        sys.setprofile(None)

    assert floats == []
