from __future__ import annotations

import pytest

from polydesk.domain.ids import ConditionId, TokenId, short_id, wallet
from polydesk.domain.instruments import TICK_SIZES, FeeSchedule, Market, Outcome, Side
from polydesk.domain.units import MICROS

UP, DOWN = Outcome(TokenId("1"), "Up", 0), Outcome(TokenId("2"), "Down", 1)


def market(*outcomes: Outcome, tick: int = 10_000) -> Market:
    return Market(ConditionId("0xc"), "q", "q", outcomes, tick=tick)


def test_sides_are_each_others_opposite():
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY


def test_outcomes_are_found_by_token_not_by_label():
    both = market(UP, DOWN)
    assert both.outcome(TokenId("2")) is DOWN
    assert both.opposite(TokenId("2")) is UP
    with pytest.raises(KeyError):
        both.outcome(TokenId("3"))


def test_only_a_binary_market_has_an_opposite():
    assert market(UP).opposite(TokenId("1")) is None
    assert market(UP, DOWN, Outcome(TokenId("3"), "Flat", 2)).opposite(TokenId("1")) is None


@pytest.mark.parametrize("tick", TICK_SIZES)
def test_the_grid_runs_from_one_tick_to_one_less_a_tick(tick):
    grid = market(UP, DOWN, tick=tick)
    assert grid.accepts_price(tick)
    assert grid.accepts_price(MICROS - tick)
    for price in (0, tick - 1, tick + 1, MICROS - tick + 1, MICROS):
        assert not grid.accepts_price(price)


def test_a_market_without_a_schedule_is_free():
    assert FeeSchedule().taker(100 * MICROS, 500_000) == 0
    assert FeeSchedule(rate=70_000).taker(100 * MICROS, 500_000) == 1_750_000


def test_wallets_compare_in_lower_case():
    assert wallet(" 0xABc ") == "0xabc"


@pytest.mark.parametrize(
    ("text", "short"), [("0x1234567890abcdef", "0x1234…cdef"), ("0x12345678", "0x12345678")]
)
def test_long_ids_are_shortened(text, short):
    assert short_id(text) == short
