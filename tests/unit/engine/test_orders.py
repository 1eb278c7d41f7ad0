from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders import (
    CONDITION,
    MS,
    NO,
    SECOND,
    T0,
    YES,
    leader_trade,
    levels,
    micros,
    ready_engine,
    snapshot,
)

from polydesk.domain import events as ev
from polydesk.domain.commands import (
    CancelAll,
    CancelOrder,
    Kill,
    PlaceOrder,
    ReleaseKill,
    SetTradingState,
    SubmitOrder,
    TradingState,
)
from polydesk.domain.fills import Fill, Liquidity
from polydesk.domain.ids import ClientOrderId, TradeId, VenueOrderId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.engine.engine import DAY_STARTED, Engine
from polydesk.engine.observer import SilentObserver


def place(engine: Engine, *, size: str = "10", price: str = "0.50", ref: str = "k1") -> Order:
    command = PlaceOrder(
        YES, Side.BUY, PriceMicros(micros(price)), ShareMicros(micros(size)), ref=ref
    )
    engine.process(ev.UserCommandGiven(T0, command))
    return list(engine.account.orders.values())[-1]


def fill(order: Order, size: str, value: str, *, ref: str = "f1", fee: str = "0") -> ev.OrderFilled:
    intent = order.intent
    executed = Fill(
        trade_id=TradeId(ref),
        client_order_id=intent.client_order_id,
        token_id=intent.token_id,
        side=intent.side,
        price=intent.price,
        size=ShareMicros(micros(size)),
        value=UsdMicros(micros(value)),
        fee=UsdMicros(micros(fee)),
        liquidity=Liquidity.TAKER,
        ts_event=T0,
    )
    return ev.OrderFilled(executed, T0, T0)


def test_an_approved_order_waits_to_be_sent_and_reserves_its_worst_case() -> None:
    engine = ready_engine(fees=FeeSchedule(rate=50_000))

    order = place(engine)

    assert order.state is OrderState.INTENT
    # 10 x 0.50, fee 10 x 0.05 x 0.25, one cent for rounding
    assert engine.account.free_cash == micros("1000") - micros("5") - micros("0.125") - 10_000


def test_one_key_press_is_one_order() -> None:
    engine = ready_engine()

    place(engine, ref="same")
    place(engine, ref="same")

    assert len(engine.account.orders) == 1


def test_a_fill_told_twice_is_booked_once() -> None:
    engine = ready_engine()
    order = place(engine)

    for _ in range(3):
        engine.process(fill(order, "4", "2"))

    assert order.filled == micros("4")
    assert order.state is OrderState.PARTIAL
    assert engine.account.ledger.cash == micros("998")
    assert engine.account.ledger.position(YES).size == micros("4")


def test_a_full_fill_ends_the_order_and_its_reservation() -> None:
    engine = ready_engine()
    order = place(engine)

    engine.process(fill(order, "10", "5"))

    assert order.state is OrderState.MATCHED
    assert not engine.account.reserved
    assert engine.account.free_cash == micros("995")


def test_a_fill_after_the_cancel_changes_quantity_not_state() -> None:
    engine = ready_engine()
    order = place(engine)
    key = order.intent.client_order_id

    engine.process(ev.OrderClosed(key, T0, T0, expired=False, reason="canceled"))
    engine.process(fill(order, "4", "2"))

    assert order.state is OrderState.CANCELED
    assert engine.account.ledger.position(YES).size == micros("4")


def test_a_rejected_order_frees_its_money_and_keeps_the_words() -> None:
    engine = ready_engine()
    order = place(engine)

    engine.process(ev.OrderRejected(order.intent.client_order_id, T0, T0, "no thanks"))

    assert (order.state, order.reason) == (OrderState.REJECTED, "no thanks")
    assert engine.account.free_cash == micros("1000")


def test_reports_about_foreign_orders_change_nothing() -> None:
    engine = ready_engine()
    foreign = ClientOrderId("other")

    engine.process(ev.OrderRejected(foreign, T0, T0, "x"))
    engine.process(ev.OrderAccepted(foreign, VenueOrderId("v"), T0, T0, resting=True))

    assert not engine.account.orders


def test_a_denied_order_is_kept_with_its_reason_and_reserves_nothing() -> None:
    engine = ready_engine()

    order = place(engine, size="3")

    assert order.state is OrderState.DENIED
    assert order.reason.startswith("ORDER_SIZE_BELOW_MINIMUM: size=3 min=5")
    assert engine.account.free_cash == micros("1000")


def test_kill_cancels_all_and_denies_until_the_word_is_typed() -> None:
    engine = ready_engine()
    resting = place(engine, price="0.40")

    commands = engine.process(ev.UserCommandGiven(T0, Kill("by hand")))
    assert commands == (CancelOrder(resting.intent.client_order_id),)
    assert place(engine, ref="k2").reason == "KILL_LATCHED"

    engine.process(ev.UserCommandGiven(T0, ReleaseKill("release")))
    assert engine.killed
    engine.process(ev.UserCommandGiven(T0, ReleaseKill("RELEASE")))
    assert place(engine, ref="k3").state is OrderState.INTENT


def test_cancel_all_names_every_open_order() -> None:
    engine = ready_engine()
    keys = [place(engine, price="0.40", ref=f"k{n}").intent.client_order_id for n in range(3)]

    commands = engine.process(ev.UserCommandGiven(T0, CancelAll()))

    assert commands == tuple(CancelOrder(key) for key in keys)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(TradingState.HALTED, "TRADING_HALTED"), (TradingState.REDUCING, "TRADING_REDUCING")],
)
def test_trading_states_deny_buys(state: TradingState, reason: str) -> None:
    engine = ready_engine()
    engine.process(ev.UserCommandGiven(T0, SetTradingState(state)))

    assert place(engine).reason == reason


def test_resolution_pays_out_and_closes_the_market() -> None:
    engine = ready_engine()
    engine.process(fill(place(engine), "10", "5"))

    payouts = ((YES, PriceMicros(1_000_000)), (NO, PriceMicros(0)))
    engine.process(ev.MarketResolved(CONDITION, T0 + 1, T0 + 1, payouts))

    totals = engine.account.totals()
    assert (totals.cash, totals.positions_value) == (micros("1005"), 0)
    assert totals.realised == micros("5")
    assert engine.token_markets[YES].payouts == (1_000_000, 0)
    assert place(engine, ref="late").reason == "MARKET_NOT_TRADING"


def test_a_resolution_told_twice_pays_once() -> None:
    engine = ready_engine()
    engine.process(fill(place(engine), "10", "5"))
    payouts = ((YES, PriceMicros(500_000)), (NO, PriceMicros(500_000)))

    for at in (T0 + 1, T0 + 2):
        engine.process(ev.MarketResolved(CONDITION, at, at, payouts))

    assert engine.account.ledger.cash == micros("1000")


def test_equity_always_adds_up() -> None:
    engine = ready_engine(fees=FeeSchedule(rate=70_000))
    engine.process(fill(place(engine), "10", "5", fee="0.175"))
    engine.process(snapshot(levels(("0.61", "9")), levels(("0.64", "9")), at=T0 + SECOND))

    totals = engine.account.totals()

    assert totals.equity == totals.net_deposits + totals.realised + totals.unrealised
    assert totals.positions_value == micros("6.25")
    assert totals.realised == -micros("0.175")


def test_the_days_loss_denies_buys_until_the_next_day() -> None:
    engine = ready_engine()
    engine.limits = replace(engine.limits, max_daily_loss_usd=UsdMicros(micros("1")))
    engine.process(fill(place(engine), "10", "5"))
    engine.process(snapshot(levels(("0.30", "9")), levels(("0.32", "9")), at=T0 + SECOND))

    assert place(engine, price="0.32", ref="k2").reason.startswith("DAILY_LOSS_REACHED")

    tomorrow = T0 + 86_400 * SECOND
    engine.process(snapshot(levels(("0.30", "9")), levels(("0.32", "9")), at=tomorrow))
    assert place(engine, price="0.32", ref="k3").state is OrderState.INTENT


def test_a_clock_that_steps_back_reopens_no_day() -> None:
    class Days(SilentObserver):
        def __init__(self) -> None:
            self.rows: list[str] = []

        def on_audit(self, ts: int, kind: str, text: str) -> None:
            if kind == DAY_STARTED:
                self.rows.append(text)

    days = Days()
    engine = Engine(observer=days)
    midnight = T0 - T0 % (86_400 * SECOND) + 86_400 * SECOND
    engine.open_account(UsdMicros(micros("10")), midnight - MS)

    for at in (midnight, midnight - SECOND, midnight + 1, midnight - MS):
        engine.process(ev.TimePassed(at))

    assert len(days.rows) == 2
    assert engine.now == midnight + 1


def test_a_copy_leaves_as_an_approved_order_with_its_proof() -> None:
    engine = ready_engine()

    (command,) = engine.process(leader_trade())

    assert isinstance(command, SubmitOrder)
    assert command.approved.proof is not None
    assert command.approved.proof.hash_state == "proven"
    assert command.approved.intent.price == micros("0.52")
