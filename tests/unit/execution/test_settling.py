"""Fills: each leg once, and each to one end."""

from __future__ import annotations

import pytest
from tests.unit.execution.rig import SHARE, T0, YES, Rig, digest, leg

from polydesk.domain import events as ev
from polydesk.domain.fills import Liquidity, Settlement
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.execution import inputs as given
from polydesk.execution.patience import SECOND
from polydesk.execution.reports import OVERFILLED

FEES = FeeSchedule(rate=70_000)


def settlements(rig: Rig) -> list[tuple[str, Settlement]]:
    return [(report.trade_id, report.settlement) for report in rig.told(ev.FillSettled)]


def test_f035_a_trade_told_by_socket_and_listing_is_applied_once() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 40)
    rig.see_fill("o1", "t1", 40, "MINED")
    rig.tell(given.TradesListed((leg("o1", "t1", 40),), 0, rig.now))
    assert len(rig.told(ev.OrderFilled)) == 1
    assert rig.pending().filled == 40 * SHARE


def test_f036_two_of_our_orders_in_one_trade_are_two_fills() -> None:
    rig = Rig()
    rig.rest("o1")
    rig.rest("o2")
    rig.see_fill("o1", "t1", 40)
    rig.see_fill("o2", "t1", 60)
    rig.see_fill("o1", "t1", 40)
    fills = [report.fill for report in rig.told(ev.OrderFilled)]
    assert [(fill.client_order_id, fill.size // SHARE) for fill in fills] == [
        ("o1", 40),
        ("o2", 60),
    ]


def test_f037_a_status_that_goes_backward_is_ignored() -> None:
    rig = Rig()
    rig.rest()
    for status in ("MATCHED", "MINED", "CONFIRMED", "MATCHED", "RETRYING", "CONFIRMED"):
        rig.see_fill("o1", "t1", 40, status)
    assert settlements(rig) == [("t1", Settlement.CONFIRMED)]
    assert not rig.executor.state.unsettled


def test_f038_a_trade_that_fails_is_told_void_once() -> None:
    rig = Rig()
    rig.rest()
    for status in ("MATCHED", "RETRYING", "FAILED", "FAILED", "MATCHED"):
        rig.see_fill("o1", "t1", 40, status)
    assert settlements(rig) == [("t1", Settlement.VOID)]
    assert len(rig.told(ev.OrderFilled)) == 1


def test_f038_what_failed_used_up_size_of_the_order() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 100)
    rig.see_fill("o1", "t1", 100, "FAILED")
    assert not rig.is_live()
    assert rig.pending().filled == 100 * SHARE


def test_f039_a_trade_being_retried_stays_provisional_and_is_watched() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 100)
    for _ in range(3):
        rig.see_fill("o1", "t1", 100, "RETRYING")
    assert not settlements(rig)
    assert rig.executor.state.unsettled
    assert len(rig.told(ev.OrderNoted)) == 1


@pytest.mark.parametrize(("first", "second"), [("CONFIRMED", "FAILED"), ("FAILED", "CONFIRMED")])
def test_f040_a_contradiction_freezes_the_market_and_books_nothing(first: str, second: str) -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 40, first)
    for _ in range(5):
        rig.see_fill("o1", "t1", 40, second)
    assert len(rig.told(ev.MarketFrozen)) == 1
    assert rig.told(ev.MarketFrozen)[0].token_id == YES
    assert len(settlements(rig)) == (0 if first == "CONFIRMED" else 1)


def test_f041_a_trade_first_told_as_failed_is_born_void() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 40, "FAILED")
    rig.see_fill("o1", "t1", 40, "MATCHED")
    assert rig.kinds()[-2:] == ["OrderFilled", "FillSettled"]
    assert settlements(rig) == [("t1", Settlement.VOID)]


def test_a_trade_first_told_as_confirmed_is_money_at_once() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 40, "CONFIRMED")
    assert rig.told(ev.OrderFilled)[0].fill.settlement is Settlement.CONFIRMED
    assert not settlements(rig)


def test_f042_partial_fills_out_of_order_add_up() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "LIVE", 70)
    rig.see_fill("o1", "t2", 40, at=T0 + SECOND)
    rig.see_order("o1", "LIVE", 30)
    rig.see_fill("o1", "t1", 30, at=T0)
    assert rig.pending().filled == 70 * SHARE
    assert not rig.pending().misses_fills


def test_f044_fills_beyond_the_size_are_told_for_the_books_to_refuse_and_end_the_order() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 60)
    rig.see_fill("o1", "t2", 60)
    assert rig.kinds()[-2:] == ["OrderFilled", "OrderClosed"]
    assert rig.told(ev.OrderClosed)[0].reason == OVERFILLED


def test_f043_a_hair_more_than_the_size_is_rounding_and_booked() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 0, size=ShareMicros(100 * SHARE + 9_999))
    assert len(rig.told(ev.OrderFilled)) == 1
    assert "OrderClosed" not in rig.kinds()


def test_f045_side_and_price_are_those_of_our_own_leg() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 40, side=Side.BUY, price=PriceMicros(480_000))
    fill = rig.told(ev.OrderFilled)[0].fill
    assert (fill.side, fill.price, fill.value) == (Side.BUY, 480_000, 19_200_000)


def test_f046_a_taker_pays_the_markets_fee_and_a_maker_none() -> None:
    rig = Rig(fees=FEES)
    rig.rest("o1")
    rig.rest("o2")
    rig.see_fill("o1", "t1", 100)
    rig.see_fill("o2", "t2", 100, liquidity=Liquidity.TAKER)
    assert [report.fill.fee for report in rig.told(ev.OrderFilled)] == [0, 1_750_000]


def test_f046_value_and_fee_of_a_sweep_are_the_sums_over_what_it_met() -> None:
    rig = Rig(fees=FEES)
    rig.rest(price=PriceMicros(600_000))
    parts = (
        (PriceMicros(400_000), ShareMicros(50 * SHARE)),
        (PriceMicros(600_000), ShareMicros(50 * SHARE)),
    )
    rig.see_fill("o1", "t1", 100, liquidity=Liquidity.TAKER, parts=parts)
    fill = rig.told(ev.OrderFilled)[0].fill
    assert fill.value == 50_000_000
    assert fill.fee == 1_680_000


@pytest.mark.parametrize("side", list(Side))
def test_f043_money_of_a_match_is_rounded_down_on_both_sides(side: Side) -> None:
    """The exchange moves one sum: what a buyer pays is what the seller gets."""
    rig = Rig()
    rig.rest(side=side)
    rig.see_fill("o1", "t1", 1, side=side, price=PriceMicros(333_000), size=ShareMicros(1_000_001))
    assert rig.told(ev.OrderFilled)[0].fill.value == 333_000


def test_f048_a_stranger_whose_order_is_not_shown_waits_for_a_later_listing() -> None:
    rig = Rig()
    rig.see_fill("web", "t1", 40)
    rig.answer("web", None)
    assert not rig.told(ev.OrderFilled)
    rig.see_fill("web", "t2", 60)
    rig.wait(10)
    rig.answer_looks(fills=[leg("web", "t1", 40), leg("web", "t2", 60)])
    for _ in rig.asked():
        rig.answer("web", None)
    fills = [report.fill.size // SHARE for report in rig.told(ev.OrderFilled)]
    assert fills == [40, 60]
    assert len(rig.told(ev.ExternalOrderSeen)) == 1
    assert not rig.told(ev.MarketFrozen)


def test_f048_a_strangers_later_word_about_its_fill_counts() -> None:
    rig = Rig()
    rig.see_fill("web", "t1", 40)
    rig.see_fill("web", "t1", 40, "FAILED")
    rig.see_fill("web", "t1", 40, "MATCHED")
    rig.answer("web", "MATCHED", 40, size=ShareMicros(40 * SHARE))
    assert settlements(rig) == [("t1", Settlement.VOID)]


def test_f056_what_was_matched_before_the_account_was_opened_is_not_booked() -> None:
    rig = Rig()
    old = leg("web", "t0", 40, "CONFIRMED", at=T0 - 1)
    rig.tell(given.TradesListed((old,), 0, rig.now))
    rig.tell(given.UserFillSeen(old))
    rig.see_order("web", "LIVE", 40)
    rig.tell(given.TradesListed((old,), 0, rig.now))
    assert not rig.told(ev.OrderFilled)
    assert not rig.pending("ext-0xweb").misses_fills


def test_a_fill_of_unknown_markets_costs_no_fee_we_could_not_compute() -> None:
    rig = Rig(fees=FEES)
    rig.see_order("web", "LIVE", token_id="999")
    rig.see_fill("web", "t1", 40, token_id="999", liquidity=Liquidity.TAKER)
    assert rig.told(ev.OrderFilled)[0].fill.fee == 0


def test_questions_about_a_stranger_are_repeated_with_every_look() -> None:
    rig = Rig()
    rig.see_fill("web", "t1", 40)
    assert rig.asked() == [digest("web")]
    rig.wait(6)
    assert rig.asked() == [digest("web")]
