"""How much of a lot is sold, and which sales concern it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders import LEADER, MS, SECOND, T0, YES, leader_trade, micros, ready_engine
from tests.unit.copying.test_decisions import PERCENT, copy, fill_whole, intents, skip_of

from polydesk.domain.decisions import Verdict
from polydesk.domain.instruments import Side
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import ShareMicros


def test_a_lot_with_odd_decimals_is_sold_on_the_venues_lot() -> None:
    engine = ready_engine()
    (intent,) = intents(engine.process(leader_trade()))
    fill_whole(engine, replace(intent, size=ShareMicros(micros("12.345678"))))

    (sale,) = intents(engine.process(leader_trade(Side.SELL, "0.49", "100", ref="sell")))

    assert sale.size == micros("12.34")


def test_collected_sales_are_not_taken_from_the_lot_twice() -> None:
    engine = ready_engine(PERCENT)
    copy(engine, leader_trade(size="200", ref="buy"))

    sizes = []
    for n in range(3):
        sale = leader_trade(Side.SELL, "0.49", "40", ref=f"s{n}", at=T0 + n)
        sizes += [i.size for i in intents(engine.process(sale))]

    # The leader sold 3 x 40 of 200: 4 and 4 of our 20 wait or go, never more than 12 in all
    assert sizes == [micros("8")]
    assert engine.decisions[-1].verdict is Verdict.AGGREGATING


@pytest.mark.parametrize(("earlier_s", "sold"), [(5, True), (60, False)])
def test_a_sale_from_before_our_lot_began_does_not_sell_it(earlier_s: int, sold: bool) -> None:
    engine = ready_engine()
    copy(engine, leader_trade(ref="buy"))

    late = leader_trade(Side.SELL, "0.49", "100", delay_ms=1_900 + earlier_s * 1_000, ref="late")

    assert bool(intents(engine.process(late))) is sold
    assert (skip_of(engine) is SkipCode.NOTHING_TO_SELL) is not sold


def test_a_lot_bought_anew_begins_anew() -> None:
    engine = ready_engine()
    copy(engine, leader_trade(ref="buy"))
    (sale,) = intents(engine.process(leader_trade(Side.SELL, "0.49", "100", ref="sell")))
    fill_whole(engine, sale, "0.49")
    engine.process(leader_trade(ref="again", at=T0 + 30 * SECOND))

    assert engine.copier.leaders[LEADER].since[YES] == T0 + 30 * SECOND - 1_900 * MS


@pytest.mark.parametrize(("ahead_ms", "copied"), [(10_000, True), (10_001, False)])
def test_a_trade_from_the_future_has_no_known_age(ahead_ms: int, copied: bool) -> None:
    engine = ready_engine()

    engine.process(leader_trade(delay_ms=-ahead_ms))

    assert (engine.decisions[-1].verdict is Verdict.COPIED) is copied
    assert (skip_of(engine) is SkipCode.TOO_OLD) is not copied
