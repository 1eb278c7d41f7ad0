"""Fills that may fail: what counts, what may be spent and sold, and what is never guessed at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders import (
    CONDITION,
    LEADER,
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
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.commands import PlaceOrder, ThawMarket
from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, TradeId, VenueOrderId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.orders import DUST, Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.domain.venue import VenueOrder, VenueOrderStatus
from polydesk.engine.engine import Engine
from polydesk.engine.observer import SilentObserver
from polydesk.engine.state_hash import account_hash

P, C, V = Settlement.PROVISIONAL, Settlement.CONFIRMED, Settlement.VOID
RESOLVED = ((YES, PriceMicros(1_000_000)), (NO, PriceMicros(0)))


class Audit(SilentObserver):
    """Keeps the audit rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def on_audit(self, ts: int, kind: str, text: str) -> None:
        self.rows.append((kind, text))


def matched(order: Order, size: str, value: str, *, ref: str = "f1") -> ev.OrderFilled:
    """Return a fill that the chain has not confirmed."""
    event = fill(order, size, value, ref=ref)
    return replace(event, fill=replace(event.fill, settlement=P))


def settled(order: Order, settlement: Settlement, *, ref: str = "f1") -> ev.FillSettled:
    return ev.FillSettled(
        TradeId(ref), order.intent.client_order_id, settlement, T0, T0, "so it is"
    )


def sell(engine: Engine, size: str, *, ref: str = "s1") -> Order:
    shares, price = ShareMicros(micros(size)), PriceMicros(micros("0.49"))
    command = PlaceOrder(YES, Side.SELL, price, shares, ref=ref)
    engine.process(ev.UserCommandGiven(T0, command))
    return list(engine.account.orders.values())[-1]


def test_shares_that_may_not_come_are_held_and_cannot_be_sold() -> None:
    """F029, F039."""
    engine = ready_engine()
    order = place(engine)
    engine.process(matched(order, "10", "5"))

    assert engine.account.ledger.position(YES).size == micros("10")
    assert engine.account.free_shares(YES) == 0
    assert sell(engine, "10").reason.startswith("INSUFFICIENT_SHARES: size=10 free=0")

    engine.process(settled(order, C))
    assert engine.account.free_shares(YES) == micros("10")
    assert sell(engine, "10", ref="s2").state is OrderState.INTENT


def test_proceeds_that_may_not_come_cannot_be_spent_and_still_count_as_risk() -> None:
    engine = ready_engine()
    engine.process(fill(place(engine), "10", "5"))
    order = sell(engine, "10")
    engine.process(matched(order, "10", "4.90", ref="f2"))
    account = engine.account

    assert account.ledger.cash == micros("999.90")
    assert account.free_cash == micros("995")
    assert account.exposures(account.bound(YES, engine.token_markets[YES])) == (
        micros("5"),
        micros("5"),
    )
    assert account.free_shares(YES) == 0

    engine.process(settled(order, C, ref="f2"))
    assert account.free_cash == micros("999.90")
    assert account.exposures(account.bound(YES, engine.token_markets[YES])) == (0, 0)


def test_a_fill_that_fails_is_as_if_it_had_never_been() -> None:
    """F038: by identity, with its fee, its part of the order and its leader's lot."""
    engine = ready_engine(fees=FeeSchedule(rate=70_000))
    order = place(engine)
    engine.process(matched(order, "4", "2", ref="f1"))
    engine.process(matched(order, "6", "2.90", ref="f2"))
    assert order.state is OrderState.MATCHED

    engine.process(settled(order, V, ref="f2"))

    position = engine.account.ledger.position(YES)
    assert (position.size, position.cost) == (micros("4"), micros("2"))
    assert engine.account.ledger.cash == micros("998")
    assert (order.filled, order.filled_value, order.voided) == (
        micros("4"), micros("2"), micros("6")
    )  # fmt: skip
    assert order.state is OrderState.MATCHED
    assert order.trace[-1][1:] == ("void", "trade f2: so it is")


def test_a_failed_part_of_an_open_order_is_not_asked_for_again() -> None:
    engine = ready_engine()
    order = place(engine, price="0.40")
    engine.process(matched(order, "4", "1.60"))
    engine.process(settled(order, V))

    assert (order.state, order.filled, order.remaining) == (OrderState.PARTIAL, 0, micros("6"))
    assert engine.account.free_cash == micros("1000") - micros("2.40") - 10_000
    engine.process(matched(order, "6", "2.40", ref="f2"))
    assert order.state is OrderState.MATCHED


def test_a_failure_gives_back_what_its_fee_took_from_the_reservation() -> None:
    """F046: the fee was more than estimated; without the fill the rest needs its whole cost."""
    engine = ready_engine()
    order = place(engine, price="0.40")
    event = fill(order, "4", "1.60", fee="0.05")
    engine.process(replace(event, fill=replace(event.fill, settlement=P)))
    assert sum(engine.account.reserved.values()) == micros("2.36")

    engine.process(settled(order, V))

    assert sum(engine.account.reserved.values()) == micros("2.41")


def test_the_lots_of_a_leader_lose_what_failed() -> None:
    engine = ready_engine()
    engine.process(leader_trade(size="100"))
    (order,) = engine.account.orders.values()
    engine.process(matched(order, "10", "5"))
    lots = engine.copier.leaders[LEADER].lots
    assert lots[YES].size == micros("10")

    engine.process(settled(order, V))

    assert YES not in lots


def test_totals_tell_what_is_settled_and_what_hangs_on_the_chain() -> None:
    engine = ready_engine()
    kept, at_risk = place(engine, ref="k1"), place(engine, ref="k2")
    engine.process(fill(kept, "10", "5", ref="f1"))
    engine.process(matched(at_risk, "10", "5", ref="f2"))
    engine.process(snapshot(levels(("0.59", "9")), levels(("0.61", "9")), at=T0 + SECOND))

    totals = engine.account.totals()

    assert totals.result == micros("2")
    assert (totals.settled_result, totals.at_risk_result) == (micros("1"), micros("1"))
    assert totals.at_risk_value == micros("5")


def test_a_gain_that_may_not_come_is_no_help_against_the_days_limit() -> None:
    engine = ready_engine()
    engine.process(matched(place(engine), "10", "5"))
    engine.process(snapshot(levels(("0.59", "9")), levels(("0.61", "9")), at=T0 + SECOND))

    assert engine.account.day_loss() == -micros("1")
    assert engine.account.gate_loss() == 0


@pytest.mark.parametrize("settlement", [C, V])
def test_the_first_final_word_stands_and_its_repeats_change_nothing(settlement: Settlement) -> None:
    """F035, F037."""
    engine = ready_engine()
    order = place(engine)
    engine.process(matched(order, "10", "5"))
    engine.process(settled(order, settlement))
    before = account_hash(engine.account)

    engine.process(settled(order, settlement))
    engine.process(matched(order, "10", "5"))
    engine.process(settled(order, P))

    assert account_hash(engine.account) == before
    assert not engine.venue.frozen


@pytest.mark.parametrize(("first", "then"), [(C, V), (V, C)])
@pytest.mark.parametrize("is_seen", [True, False])
def test_a_contradiction_books_nothing_and_freezes_the_market(
    first: Settlement, then: Settlement, is_seen: bool
) -> None:
    """F040."""
    engine, audit = ready_engine(), Audit()
    engine.observer = audit
    order = place(engine)
    if is_seen:
        engine.process(matched(order, "10", "5"))
    engine.process(settled(order, first))
    before = account_hash(engine.account)

    for _ in range(2):
        engine.process(settled(order, then))

    assert account_hash(engine.account) == before
    words = f"trade f1 was {first} and is now said to be {then}"
    assert engine.venue.frozen == {YES: words}
    assert audit.rows.count((f"freeze:{YES}", words)) == 1
    assert place(engine, ref="k2").reason == f"MARKET_FROZEN: reason={words}"


def test_a_failure_told_before_its_fill_is_remembered() -> None:
    """F041."""
    engine = ready_engine()
    order = place(engine)
    engine.process(settled(order, V))
    engine.process(matched(order, "10", "5"))

    assert engine.account.ledger.cash == micros("1000")
    assert (order.filled, order.state) == (0, OrderState.INTENT)
    assert "void" in [step for _, step, _ in order.trace]


def test_a_confirmation_told_before_its_fill_makes_it_money_at_once() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(settled(order, C))
    engine.process(matched(order, "10", "5"))

    assert engine.account.free_shares(YES) == micros("10")
    assert engine.account.fills[0].settlement is C


def test_a_fill_of_another_token_or_side_is_refused() -> None:
    """F045."""
    engine = ready_engine()
    order = place(engine)
    event = fill(order, "4", "2")

    engine.process(replace(event, fill=replace(event.fill, token_id=NO)))
    engine.process(replace(event, fill=replace(event.fill, side=Side.SELL, trade_id="f2")))

    assert not engine.account.fills
    assert engine.venue.frozen == {YES: "trade f1 is not of its order's token and side"}


@pytest.mark.parametrize(("over", "is_taken"), [(DUST, True), (DUST + 1, False)])
def test_an_overfill_beyond_dust_is_refused_and_freezes_the_market(
    over: int, is_taken: bool
) -> None:
    """F043, F044."""
    engine = ready_engine()
    order = place(engine)
    engine.process(fill(order, "9", "4.50"))
    more = fill(order, "1", "0.50", ref="f2")
    more = replace(more, fill=replace(more.fill, size=ShareMicros(micros("1") + over)))

    engine.process(more)
    engine.process(more)

    assert order.filled == (micros("10") + over if is_taken else micros("9"))
    assert (not engine.venue.frozen) is is_taken
    assert engine.account.ledger.position(YES).size == order.filled


def test_an_immediate_buy_may_get_more_shares_for_its_money_not_for_more_money() -> None:
    engine = ready_engine()
    for number, (size, value) in enumerate([("12", "5"), ("12", "5.20")]):
        command = PlaceOrder(
            YES, Side.BUY, PriceMicros(micros("0.50")), ShareMicros(micros("10")),
            TimeInForce.FAK, ref=f"k{number}",
        )  # fmt: skip
        engine.process(ev.UserCommandGiven(T0, command))
        order = list(engine.account.orders.values())[-1]
        engine.process(fill(order, size, value, ref=f"f{number}"))
        assert order.filled == (micros("12") if number == 0 else 0)


def test_a_purchase_that_fails_after_its_shares_were_sold_leaves_no_short_position() -> None:
    """The sale waits, out of the books, until it fails too or the shares are there."""
    engine = ready_engine()
    bought = place(engine)
    engine.process(matched(bought, "10", "5"))
    engine.process(settled(bought, C))
    again = place(engine, ref="k2")
    engine.process(matched(again, "10", "5", ref="f2"))
    sold = sell(engine, "10")
    more = fill(sold, "10", "4.90", ref="f3")
    engine.process(more)
    # Sold twice: once by us, once elsewhere, with the shares that then failed to come.
    elsewhere = place_external(engine, Side.SELL, "10")
    engine.process(fill(elsewhere, "10", "4.90", ref="f4"))
    assert engine.account.ledger.position(YES).size == 0

    engine.process(settled(again, V, ref="f2"))

    account = engine.account
    assert account.ledger.position(YES).size == 0
    assert [sale.trade_id for sale in account.ledger.waiting(YES)] == ["f4"]
    assert account.ledger.cash == micros("1000") - micros("5") + micros("4.90")
    assert engine.venue.frozen == {YES: "10 shares were sold that are not there"}
    totals = account.totals()
    assert totals.equity == totals.net_deposits + totals.realised + totals.unrealised


def place_external(engine: Engine, side: Side, size: str) -> Order:
    """Adopt an order made elsewhere and return it."""
    told = VenueOrder(
        VenueOrderId("0xe1"), YES, CONDITION, side, PriceMicros(micros("0.49")),
        ShareMicros(micros(size)), ShareMicros(0), VenueOrderStatus.LIVE,
    )  # fmt: skip
    key = ClientOrderId("ext-0xe1")
    engine.process(ev.ExternalOrderSeen(key, told, T0, T0))
    return engine.account.orders[key]


def test_a_failure_after_the_resolution_takes_its_pay_out_back() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(fill(order, "4", "2", ref="f1"))
    engine.process(matched(order, "6", "3", ref="f2"))
    engine.process(ev.MarketResolved(CONDITION, T0, T0, RESOLVED))
    assert engine.account.ledger.cash == micros("1005")

    engine.process(settled(order, V, ref="f2"))

    assert engine.account.ledger.cash == micros("1002")
    assert engine.account.totals().realised == micros("2")


def test_a_fill_that_comes_after_the_resolution_is_paid_out() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(ev.MarketResolved(CONDITION, T0, T0, RESOLVED))
    engine.process(fill(order, "10", "5"))

    assert engine.account.ledger.position(YES).size == 0
    assert engine.account.ledger.cash == micros("1005")


def test_live_shares_of_a_resolved_market_are_worth_their_pay_out_and_wait_to_be_redeemed() -> None:
    """F049: redeemable apart from cash."""
    engine = ready_engine()
    engine.go_live()
    engine.process(ev.ReadinessChanged(True, T0, T0))
    engine.process(fill(place(engine), "10", "5"))
    engine.process(ev.MarketResolved(CONDITION, T0, T0, RESOLVED))

    totals = engine.account.totals()
    assert (totals.cash, totals.positions_value) == (micros("995"), micros("10"))
    assert engine.account.redeemable == micros("10")


def test_a_person_lets_a_frozen_market_trade_again() -> None:
    engine, audit = ready_engine(), Audit()
    engine.observer = audit
    engine.process(ev.MarketFrozen(NO, T0, T0, "the book lies"))
    assert place(engine).reason == "MARKET_FROZEN: reason=the book lies"

    engine.process(ev.UserCommandGiven(T0, ThawMarket(YES)))

    assert place(engine, ref="k2").state is OrderState.INTENT
    assert audit.rows[-2] == (f"freeze:{NO}", "looked at")


def test_the_venues_count_is_compared_and_never_booked() -> None:
    """F055, F056."""
    engine = ready_engine()
    assert engine.account.drift is None
    order = place(engine)
    engine.process(matched(order, "10", "5"))
    ten = ((YES, ShareMicros(micros("10"))),)
    count = ev.BalanceReported(T0 + 1, T0 + 1, UsdMicros(micros("1000")), shares=ten)
    engine.process(count)

    account = engine.account
    assert account.drift is None, "cash cannot be compared while a fill may still fail"
    assert account.counted.share_drift(account.ledger) == {YES: micros("10")}
    engine.process(settled(order, C))
    engine.process(replace(count, ts_event=T0))
    assert account.drift is None, "the venue was asked before the books moved"
    engine.process(replace(count, ts_event=engine.now + 1))
    assert account.drift == micros("5")
    assert account.counted.share_drift(account.ledger) == {}
    assert account.ledger.cash == micros("995")


def test_the_allowance_last_told_bounds_buys_and_a_report_without_one_keeps_it() -> None:
    engine = ready_engine()
    engine.process(ev.BalanceReported(T0, T0, allowance=UsdMicros(micros("5"))))
    engine.process(ev.BalanceReported(T0, T0, cash=UsdMicros(0)))

    assert place(engine).reason == "ALLOWANCE_TOO_LOW: needed=5.01 allowed=5"


def test_orders_are_counted_over_a_sliding_minute() -> None:
    """I-29: approved ones only."""
    engine = ready_engine()
    engine.limits = replace(engine.limits, max_orders_per_minute=2, max_book_age_ms=10**6)
    for n in range(2):
        engine.process(ev.TimePassed(T0 + n * SECOND))
        assert place(engine, price="0.40", ref=f"k{n}").state is OrderState.INTENT
    assert place(engine, ref="k3").reason == "ORDER_RATE: minute=2 max=2"

    engine.process(ev.TimePassed(T0 + 60 * SECOND - 1))
    assert place(engine, ref="k4").reason == "ORDER_RATE: minute=2 max=2"
    engine.process(ev.TimePassed(T0 + 60 * SECOND))
    assert place(engine, price="0.40", ref="k5").state is OrderState.INTENT
