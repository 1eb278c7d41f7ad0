"""Rows of the fault catalogue that the engine answers: fills that cannot be, ends of markets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders import (
    CONDITION,
    NO,
    SECOND,
    T0,
    YES,
    levels,
    market,
    micros,
    ready_engine,
    snapshot,
)
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.commands import PlaceOrder, SubmitOrder
from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.engine.engine import Engine


def settle(order: Order, settlement: Settlement, *, ref: str = "f1") -> ev.FillSettled:
    return ev.FillSettled(TradeId(ref), order.intent.client_order_id, settlement, T0, T0)


def provisional(order: Order, size: str, value: str, **more: str) -> ev.OrderFilled:
    told = fill(order, size, value, **more)
    return replace(told, fill=replace(told.fill, settlement=Settlement.PROVISIONAL))


def sell(engine: Engine, size: str, price: str = "0.49") -> Order:
    command = PlaceOrder(
        YES, Side.SELL, PriceMicros(micros(price)), ShareMicros(micros(size)), ref=f"s{size}"
    )
    engine.process(ev.UserCommandGiven(T0, command))
    return list(engine.account.orders.values())[-1]


def resolved(yes: str, no: str) -> ev.MarketResolved:
    pairs = ((YES, PriceMicros(micros(yes))), (NO, PriceMicros(micros(no))))
    return ev.MarketResolved(CONDITION, T0, T0, pairs)


def live_engine() -> Engine:
    engine = ready_engine()
    engine.go_live()
    engine.process(ev.ReadinessChanged(True, T0, T0, ""))
    return engine


def test_f007_a_step_told_again_after_a_restart_changes_no_state() -> None:
    engine = ready_engine()
    order = place(engine)
    for _ in range(2):
        engine.process(provisional(order, "4", "2"))
    assert (order.filled, len(engine.account.fills)) == (micros("4"), 1)


def test_f029_shares_at_risk_are_not_for_sale() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    assert "INSUFFICIENT_SHARES" in sell(engine, "10").reason
    engine.process(settle(order, Settlement.CONFIRMED))
    assert sell(engine, "9").state is OrderState.INTENT


def test_f030_after_a_change_of_the_grid_a_price_of_the_old_one_is_denied() -> None:
    engine = ready_engine()
    engine.process(ev.TickSizeChanged(YES, CONDITION, T0, T0, PriceMicros(1_000)))
    book = snapshot(levels(("0.491", "9")), levels(("0.499", "9")), at=T0 + SECOND)
    engine.process(book)
    assert engine.token_markets[YES].tick == 1_000
    assert place(engine, price="0.4915").state is OrderState.DENIED
    assert "PRICE_OFF_TICK" in place(engine, price="0.4915", ref="k2").reason
    assert place(engine, price="0.492", ref="k3").state is OrderState.INTENT


def test_f038_a_failed_trade_gives_cash_shares_and_result_back() -> None:
    engine = ready_engine(fees=FeeSchedule(50_000))
    before = engine.account.ledger.cash
    order = place(engine)
    engine.process(provisional(order, "10", "5", fee="0.1"))
    engine.process(settle(order, Settlement.VOID))
    ledger = engine.account.ledger
    assert (ledger.cash, ledger.position(YES).size, ledger.position(YES).realised) == (before, 0, 0)
    assert (order.filled, order.voided, order.fees) == (0, micros("10"), 0)


def test_f040_confirmed_and_then_failed_freezes_the_market_and_books_nothing() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    engine.process(settle(order, Settlement.CONFIRMED))
    cash = engine.account.ledger.cash
    engine.process(settle(order, Settlement.VOID))
    assert (engine.account.ledger.cash, order.filled) == (cash, micros("10"))
    assert "MARKET_FROZEN" in place(engine, ref="k2").reason


def test_f041_a_trade_that_failed_before_it_was_seen_is_born_void() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(settle(order, Settlement.VOID))
    cash = engine.account.ledger.cash
    engine.process(provisional(order, "10", "5"))
    assert (engine.account.ledger.cash, engine.account.ledger.position(YES).size) == (cash, 0)


def test_f042_partial_fills_in_any_order_come_to_the_same_sum() -> None:
    sizes = [("1", "0.5", "a"), ("2", "1", "b"), ("7", "3.5", "c")]
    ends = set()
    for told in (sizes, sizes[::-1], [sizes[1], sizes[2], sizes[0]]):
        engine = ready_engine()
        order = place(engine)
        for size, value, ref in told:
            engine.process(provisional(order, size, value, ref=ref))
        ends.add((order.filled, order.state, engine.account.ledger.cash))
    assert len(ends) == 1


@pytest.mark.parametrize(("size", "is_over"), [("9.995", True), ("9.98", False)])
def test_f043_a_rest_below_a_hundredth_of_a_share_is_no_rest(size: str, *, is_over: bool) -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, size, "4.99"))
    assert (order.state is OrderState.MATCHED) is is_over
    assert bool(engine.account.reserved) is not is_over


def test_f043_a_hair_more_than_was_ordered_is_booked_as_it_is() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10.000003", "5.000002"))
    assert engine.account.ledger.position(YES).size == micros("10.000003")
    assert not engine.venue.frozen


def test_f044_fills_beyond_the_order_are_refused_and_freeze_the_market() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    cash = engine.account.ledger.cash
    engine.process(provisional(order, "3", "1.5", ref="f2"))
    assert (engine.account.ledger.cash, order.filled) == (cash, micros("10"))
    assert "MARKET_FROZEN" in place(engine, ref="k2").reason
    assert order.trace[-1][1] == "fill refused"


def test_f046_a_fee_above_the_estimate_is_booked_and_the_estimate_released() -> None:
    engine = ready_engine(fees=FeeSchedule(50_000))
    order = place(engine)
    reserved = engine.account.reserved[order.intent.client_order_id]
    engine.process(provisional(order, "10", "5", fee="0.5"))
    assert order.fees == micros("0.5")
    assert reserved < micros("5.5")
    assert not engine.account.reserved


def test_f049_f052_a_resolved_position_is_redeemable_and_not_cash() -> None:
    engine = live_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    engine.process(settle(order, Settlement.CONFIRMED))
    cash = engine.account.ledger.cash
    engine.process(resolved("1", "0"))
    assert (engine.account.ledger.cash, engine.account.redeemable) == (cash, micros("10"))
    assert "MARKET_NOT_TRADING" in place(engine, ref="k2").reason


def test_f050_a_resolution_told_otherwise_later_has_booked_no_money() -> None:
    engine = live_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    cash, entries = engine.account.ledger.cash, engine.account.ledger.seq
    engine.process(resolved("1", "0"))
    assert engine.account.redeemable == micros("10")
    engine.process(resolved("0", "1"))
    assert engine.account.redeemable == 0
    assert (engine.account.ledger.cash, engine.account.ledger.seq) == (cash, entries)


def test_f051_a_divided_pay_out_is_worth_its_share() -> None:
    engine = live_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    engine.process(resolved("0.5", "0.5"))
    assert engine.account.redeemable == micros("5")


def test_f055_a_count_of_zero_changes_no_books() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    engine.process(settle(order, Settlement.CONFIRMED))
    later = T0 + SECOND
    told = ev.BalanceReported(later, later, UsdMicros(0), None, ((YES, ShareMicros(0)),))
    engine.process(told)
    account = engine.account
    assert account.ledger.position(YES).size == micros("10")
    assert account.counted.share_drift(account.ledger) == {YES: -micros("10")}
    assert account.drift == -micros("995")


@pytest.mark.parametrize("price", ["0", "1", "1.01", "0.995"])
def test_f057_no_order_has_a_price_of_zero_or_one_or_beyond(price: str) -> None:
    order = place(ready_engine(), price=price)
    assert (order.state, "PRICE_OFF_TICK" in order.reason) == (OrderState.DENIED, True)


def test_f057_a_price_of_zero_values_what_is_lost() -> None:
    engine = live_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    engine.process(resolved("0", "1"))
    assert engine.account.totals().positions_value == 0
    assert engine.account.ledger.position(YES).size == micros("10")


def test_f058_dust_stays_on_show_and_is_not_sent() -> None:
    engine = ready_engine()
    engine.process(ev.MarketsListed(T0, [market(min_size=ShareMicros(micros("5")))]))
    order = place(engine)
    engine.process(provisional(order, "3", "1.5"))
    engine.process(settle(order, Settlement.CONFIRMED))
    sent: list[object] = []
    command = PlaceOrder(YES, Side.SELL, PriceMicros(490_000), ShareMicros(micros("3")), ref="s")
    for _ in range(3):
        sent += engine.process(ev.UserCommandGiven(T0, command))
    denied = engine.account.orders[ClientOrderId(list(engine.account.orders)[-1])]
    assert "ORDER_SIZE_BELOW_MINIMUM" in denied.reason
    assert not [each for each in sent if isinstance(each, SubmitOrder)]
    assert engine.account.ledger.position(YES).size == micros("3")


def own_touch(engine: Engine, token_id: TokenId) -> tuple[int | None, int | None]:
    bound = engine.account.bound(token_id, engine.token_markets[token_id])
    return bound.bid, bound.ask


def test_f028_own_orders_are_kept_apart_across_outcomes_too() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    engine.process(settle(order, Settlement.CONFIRMED))
    bid = place(engine, price="0.40", ref="bid")
    assert own_touch(engine, YES) == (bid.intent.price, None)
    assert own_touch(engine, NO) == (None, micros("0.60"))
    assert "SELF_TRADE" in sell(engine, "5", "0.40").reason
    assert sell(engine, "6", "0.41").state is OrderState.INTENT
    assert "SELF_TRADE" in place(engine, price="0.41", ref="meets").reason


def test_f028_an_order_that_never_rests_is_in_nobodys_way() -> None:
    engine = ready_engine()
    command = PlaceOrder(
        YES, Side.BUY, PriceMicros(500_000), ShareMicros(10_000_000), time_in_force="FAK", ref="f"
    )
    engine.process(ev.UserCommandGiven(T0, command))
    assert own_touch(engine, YES) == (None, None)
