from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from polydesk.domain.ids import TokenId
from polydesk.domain.positions import Position
from polydesk.domain.units import MICROS, notional_ceil

LOTS = st.lists(
    st.tuples(st.integers(1, 10**9), st.integers(1, MICROS - 1)), min_size=1, max_size=8
)
PARTS = st.lists(st.integers(1, 100), max_size=8)


def build(lots) -> Position:
    position = Position(TokenId("1"))
    for size, price in lots:
        position.add(size, notional_ceil(price, size))
    return position


@given(LOTS)
def test_the_average_lies_between_the_prices_paid(lots):
    position = build(lots)
    prices = [price for _, price in lots]
    smallest = min(size for size, _ in lots)
    assert min(prices) <= position.average_price <= max(prices) + MICROS // smallest + 1


@given(LOTS, PARTS)
def test_selling_in_parts_gives_back_the_whole_cost(lots, parts):
    position = build(lots)
    total, returned = position.cost, 0
    for part in parts:
        size = position.size * part // 100
        if size:
            before = Fraction(position.cost, position.size)
            cost = position.remove(size)
            assert 0 <= before * size - cost < 1 or position.size == 0
            returned += cost
        assert position.cost >= 0
        assert position.size >= 0
    if position.size:
        returned += position.remove(position.size)
    assert returned == total
    assert (position.size, position.cost, position.average_price) == (0, 0, None)


@given(LOTS, st.integers(0, MICROS))
def test_value_is_size_times_mark_and_cost_without_a_mark(lots, mark):
    position = build(lots)
    exact = Fraction(position.size * mark, MICROS)
    assert 0 <= exact - position.value_at(mark) < 1
    assert position.value_at(None) == position.cost
