from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydesk.domain import units
from polydesk.domain.instruments import TICK_SIZES
from polydesk.domain.units import MICROS
from polydesk.errors import WireError

AMOUNTS = st.integers(-(10**15), 10**15)
PRICES = st.integers(1, MICROS - 1)
SIZES = st.integers(0, 10**13)
TICKS = st.sampled_from(TICK_SIZES)


@given(AMOUNTS, st.integers(0, 6))
def test_text_round_trips(value, decimals):
    assert units.parse_micros(units.format_micros(value, min_decimals=decimals)) == value


@given(AMOUNTS)
def test_decimals_round_trip(value):
    assert units.micros_from_decimal(units.decimal_from_micros(value)) == value


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9
    )
)
def test_parsing_is_exact(number):
    assert units.parse_micros(f"{number:f}") == number * MICROS


@given(st.text(max_size=12))
def test_text_is_read_exactly_or_refused(text):
    try:
        value = units.parse_micros(text)
    except WireError:
        return
    assert Fraction(value, MICROS) == Fraction(Decimal(text))
    assert text.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "-.",
        "1e3",
        "NaN",
        "Infinity",
        "1_0",
        " 1",
        "1 ",
        "1\n",
        "+1",
        "٠.٥",
        "0x1",
        "1,5",
    ],
)
def test_other_grammars_are_refused(text):
    with pytest.raises(WireError):
        units.parse_micros(text)


@pytest.mark.parametrize("text", ["0.0000001", "1.1234567", "9" * 31, "9" * 5_000, "0." + "1" * 31])
def test_what_does_not_fit_is_refused(text):
    with pytest.raises(WireError):
        units.parse_micros(text)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN", "1E+999999", "1E+21"])
def test_decimals_that_are_no_numbers_are_refused(value):
    with pytest.raises(WireError):
        units.micros_from_decimal(Decimal(value))


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "NaN", "1e999999999", "1e30", "abc", "", "1_0", "٣", " 1"]
)
def test_json_numbers_that_are_no_numbers_are_refused(value):
    with pytest.raises(WireError):
        units.micros_from_json_number(value)


@pytest.mark.parametrize(
    "value", ["0.0000001", "1E-999999", "123456789012345678.12345678901", "0." + "1" * 200]
)
def test_decimals_with_more_than_six_places_are_refused(value):
    with pytest.raises(WireError):
        units.micros_from_decimal(Decimal(value))


@given(st.integers(-(10**12), 10**12))
def test_json_numbers_are_rounded_to_the_nearest_micro(value):
    assert units.micros_from_json_number(value / MICROS) == value


@given(PRICES, SIZES)
def test_a_notional_lies_between_its_floor_and_its_ceiling(price, size):
    exact = Fraction(price * size, MICROS)
    floor, ceiling = units.notional_floor(price, size), units.notional_ceil(price, size)
    assert floor <= exact <= ceiling
    assert ceiling - floor == (exact.denominator != 1)


@given(st.integers(0, 10**13), PRICES)
def test_bought_shares_never_cost_more_than_the_cash(cash, price):
    size = units.shares_for(cash, price)
    assert units.notional_ceil(price, size) <= cash
    assert units.notional_ceil(price, size + 1) >= cash


@pytest.mark.parametrize("price", [0, -1])
def test_nothing_is_bought_at_no_price(price):
    with pytest.raises(ValueError, match="above zero"):
        units.shares_for(1, price)


@given(SIZES, st.integers(0, 10**9), st.integers(1, 10**9))
def test_shares_of_a_whole_add_up_to_at_most_the_whole(value, part, rest):
    whole = part + rest
    mine, other = units.share_of(value, part, whole), units.share_of(value, rest, whole)
    assert 0 <= mine + other <= value <= mine + other + 1
    assert units.share_of(value, whole, whole) == value


@given(SIZES, PRICES, st.integers(0, 100_000), st.integers(0, 3))
def test_the_fee_is_the_formula_to_the_nearest_grain(size, price, rate, exponent):
    p = Fraction(price, MICROS)
    exact = size * Fraction(rate, MICROS) * (p * (1 - p)) ** exponent
    fee = units.taker_fee(size, price, rate, exponent)
    assert fee % units.FEE_GRAIN == 0
    assert abs(fee - exact) <= Fraction(units.FEE_GRAIN, 2)


@given(SIZES, PRICES, st.integers(0, 100_000))
def test_the_fee_is_symmetric_and_largest_in_the_middle(size, price, rate):
    fee = units.taker_fee(size, price, rate, 1)
    assert fee == units.taker_fee(size, MICROS - price, rate, 1)
    assert fee <= units.taker_fee(size, MICROS // 2, rate, 1)


@pytest.mark.parametrize(
    ("shares", "price", "fee"),
    [
        (100, 500_000, 1_750_000),
        (100, 300_000, 1_470_000),
        (100, 10_000, 69_300),
        (25, 640_000, 403_200),
    ],
)
def test_published_fee_examples(shares, price, fee):
    assert units.taker_fee(shares * MICROS, price, 70_000, 1) == fee


@given(st.integers(-MICROS, 2 * MICROS), TICKS)
def test_rounding_to_the_grid_lands_on_it_on_the_right_side(price, tick):
    low, high = units.floor_to_tick(price, tick), units.ceil_to_tick(price, tick)
    assert units.on_tick(low, tick)
    assert units.on_tick(high, tick)
    if tick <= price <= MICROS - tick:
        assert price - tick < low <= price <= high < price + tick


@given(st.integers(0, MICROS), TICKS)
def test_a_grid_price_stays_where_it_is(price, tick):
    if units.on_tick(price, tick):
        assert units.floor_to_tick(price, tick) == units.ceil_to_tick(price, tick) == price
        assert 0 < price < MICROS


@given(SIZES)
def test_a_lot_is_the_nearest_hundredth_below(size):
    lot = units.floor_to_lot(size)
    assert lot % 10_000 == 0
    assert 0 <= size - lot < 10_000


@given(
    st.one_of(
        st.floats(min_value=-2e9, max_value=2e9, allow_nan=False),
        st.integers(-(10**15), 10**15).map(lambda halves: halves / (2 * MICROS)),
    )
)
def test_json_numbers_are_rounded_as_their_decimal_text_is(value: float) -> None:
    assert units.micros_from_json_number(value) == units.micros_from_json_number(str(value))
