"""The paper venue as a taker meets it: latency, order types, refusals, fills and fees."""

from __future__ import annotations

import pytest

from polydesk.domain.approval import Approved
from polydesk.domain.events import (
    OrderAccepted,
    OrderClosed,
    OrderFilled,
    OrderRejected,
)
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import UsdMicros
from polydesk.errors import InvariantError

BUY, SELL = Side.BUY, Side.SELL
MS = 1_000_000
SECOND = 1_000 * MS


def kinds(reports):
    return [type(report) for report in reports]


def fills(reports):
    return [(r.fill.price, r.fill.size) for r in reports if isinstance(r, OrderFilled)]


def test_nothing_happens_before_the_latency_has_passed(rig):
    rig.venue.submit(Approved(rig.intent(BUY, 0.53, 10), UsdMicros(0), None), rig.now)
    due = rig.now + 50 * MS
    assert rig.venue.next_due() == due
    assert rig.venue.run_due(due - 1) == []
    reports = rig.venue.run_due(due + 7)
    assert {r.ts_event for r in reports} == {due}
    assert {r.ts_init for r in reports} == {due}


def test_an_order_meets_the_book_of_its_arrival_not_of_its_sending(rig):
    rig.venue.submit(Approved(rig.intent(BUY, 0.52, 10, "FAK"), UsdMicros(0), None), rig.now)
    rig.change(False, 0.52, 0)
    assert kinds(rig.wait(50 * MS)) == [OrderRejected]


def test_a_taker_walks_the_levels_at_their_prices(rig):
    reports = rig.place(BUY, 0.54, 90)
    assert kinds(reports) == [OrderAccepted, OrderFilled, OrderFilled]
    assert fills(reports) == [(520_000, 40_000_000), (530_000, 50_000_000)]
    assert not reports[0].resting
    assert [r.fill.trade_id for r in reports[1:]] == ["paper-o1-1", "paper-o1-2"]
    assert {r.fill.liquidity for r in reports[1:]} == {Liquidity.TAKER}


def test_a_seller_walks_the_bids_downwards(rig):
    assert fills(rig.place(SELL, 0.47, 150)) == [(480_000, 100_000_000), (470_000, 50_000_000)]


def test_value_is_rounded_against_us_and_the_fee_follows_the_market(make_rig):
    rig = make_rig()
    rig.snapshot(bids=[(0.48, 5.000001)], asks=[(0.52, 5.000001)])
    bought = rig.place(BUY, 0.52, 6, "FAK")[1].fill
    sold = rig.place(SELL, 0.48, 6, "FAK")[1].fill
    assert bought.value == 2_600_001
    assert sold.value == 2_400_000
    assert bought.fee == rig.market.fees.taker(bought.size, bought.price) == 87_360


def test_the_rest_of_a_gtc_order_rests_behind_its_level(rig):
    reports = rig.place(BUY, 0.52, 90)
    assert kinds(reports) == [OrderAccepted, OrderFilled]
    assert reports[0].resting
    assert reports[0].queue_ahead == 0
    (order,) = rig.venue.open_orders()
    assert (order.remaining, order.resting) == (50_000_000, True)


def test_fak_takes_what_is_there_and_the_rest_is_canceled(rig):
    reports = rig.place(BUY, 0.52, 90, "FAK")
    assert kinds(reports) == [OrderAccepted, OrderFilled, OrderClosed]
    assert fills(reports) == [(520_000, 40_000_000)]
    assert (reports[2].expired, reports[2].reason) == (False, "rest of FAK order")
    assert rig.venue.open_orders() == ()


@pytest.mark.parametrize(
    ("tif", "size", "text"),
    [
        ("FAK", 10, "no orders found to match with FAK order"),
        ("FOK", 10, "order couldn't be fully filled"),
    ],
)
def test_killed_orders_carry_the_venues_words(rig, tif, size, text):
    (report,) = rig.place(BUY, 0.51, size, tif)
    assert isinstance(report, OrderRejected)
    assert report.reason.startswith(text)


def test_fok_is_all_or_nothing(rig):
    assert kinds(rig.place(BUY, 0.53, 100.01, "FOK")) == [OrderRejected]
    assert fills(rig.place(BUY, 0.53, 100, "FOK")) == [
        (520_000, 40_000_000),
        (530_000, 60_000_000),
    ]


def test_displayed_size_is_eaten_once(rig):
    rig.place(BUY, 0.52, 30, "FAK")
    assert fills(rig.place(BUY, 0.52, 30, "FAK")) == [(520_000, 10_000_000)]
    assert kinds(rig.place(BUY, 0.52, 30, "FAK")) == [OrderRejected]


def test_the_mirrored_level_is_eaten_with_it(rig):
    rig.place(BUY, 0.52, 30, "FAK")
    sold = rig.place(SELL, 0.48, 30, "FAK", token_id=TokenId("222"))
    assert fills(sold) == [(480_000, 10_000_000)]


def test_size_added_to_an_eaten_level_can_be_eaten(rig):
    rig.place(BUY, 0.52, 40, "FAK")
    rig.change(False, 0.52, 65)
    assert fills(rig.place(BUY, 0.52, 90, "FAK")) == [(520_000, 25_000_000)]


def test_a_level_that_vanished_and_came_back_is_new(rig):
    rig.place(BUY, 0.52, 40, "FAK")
    rig.change(False, 0.52, 0)
    rig.change(False, 0.52, 40)
    assert fills(rig.place(BUY, 0.52, 90, "FAK")) == [(520_000, 40_000_000)]


def test_a_falling_total_cannot_be_turned_into_new_size(rig):
    rig.place(BUY, 0.52, 30, "FAK")
    rig.change(False, 0.52, 20)
    rig.change(False, 0.52, 25)
    assert fills(rig.place(BUY, 0.52, 90, "FAK")) == [(520_000, 5_000_000)]


def test_an_order_that_meets_only_eaten_size_rests(rig):
    rig.place(BUY, 0.52, 40, "FAK")
    reports = rig.place(BUY, 0.52, 10)
    assert kinds(reports) == [OrderAccepted]
    assert reports[0].resting


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"price": 0.525}, "breaks minimum tick size rule: 0.01"),
        ({"size": 4.99}, "Size (4.99) lower than the minimum: 5"),
        ({"size": 5.001}, "Maximum lot size is 2"),
        ({"price": 0.52, "post_only": True}, "order crosses book"),
        ({"tif": "FOK", "post_only": True}, "only GTC and GTD"),
        ({"tif": "GTD"}, "invalid expiration"),
        ({"token_id": TokenId("999")}, "no known market"),
    ],
)
def test_refusals_name_the_rule(rig, order, reason):
    (report,) = rig.place(BUY, **{"price": 0.50, "size": 10, **order})
    assert isinstance(report, OrderRejected)
    assert reason in report.reason
    assert rig.venue.open_orders() == ()


def test_a_market_buy_may_have_more_than_two_decimals(rig):
    assert fills(rig.place(BUY, 0.52, 5.0001, "FAK")) == [(520_000, 5_000_100)]


def test_a_marketable_buy_below_a_dollar_is_refused(make_rig):
    rig = make_rig()
    rig.snapshot(bids=[], asks=[(0.10, 100)])
    (report,) = rig.place(BUY, 0.10, 9.99)
    assert report.reason == "invalid amount for a marketable BUY order ($0.999), min size: $1"
    assert kinds(rig.place(BUY, 0.10, 10)) == [OrderAccepted, OrderFilled]
    assert kinds(rig.place(BUY, 0.09, 5)) == [OrderAccepted]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"payouts": (1_000_000, 0)}, "resolved"),
        ({"closed": True}, "closed"),
        ({"accepting_orders": False}, "not yet ready"),
    ],
)
def test_a_market_that_does_not_trade_refuses(rig, fields, reason):
    for name, value in fields.items():
        object.__setattr__(rig.market, name, value)
    (report,) = rig.place(BUY, 0.50, 10)
    assert reason in report.reason


def test_books_that_cannot_be_trusted_refuse(rig, make_rig):
    crossed = make_rig()
    crossed.snapshot(bids=[(0.53, 1)], asks=[(0.52, 1)])
    assert "crossed" in crossed.place(BUY, 0.50, 10)[0].reason
    rig.books[TokenId("111")].mark_stale()
    assert "stale" in rig.place(BUY, 0.50, 10)[0].reason
    rig.books[TokenId("111")] = None
    assert "no book" in rig.place(BUY, 0.50, 10)[0].reason


def test_an_identity_is_sent_once(rig):
    intent = rig.intent(BUY, 0.50, 10)
    rig.send(intent)
    with pytest.raises(InvariantError, match="sent twice"):
        rig.venue.submit(Approved(intent, UsdMicros(0), None), rig.now)


def test_unknown_cancels_are_counted_and_ignored(rig):
    assert rig.cancel("never") == []
    assert rig.venue.ignored_cancels == 1


def test_a_cancel_never_overtakes_its_order(make_rig):
    from polydesk.venues.paper import LatencyModel

    rig = make_rig(latency=LatencyModel(0, 80 * MS))
    rig.snapshot(bids=[(0.48, 100)], asks=[(0.52, 40)])
    for number in range(20):
        intent = rig.intent(BUY, 0.40, 10, client_order_id=ClientOrderId(f"race{number}"))
        rig.venue.submit(Approved(intent, UsdMicros(0), None), rig.now)
        rig.venue.cancel(intent.client_order_id, rig.now + 1)
    assert kinds(rig.wait(SECOND)).count(OrderClosed) == 20
    assert rig.venue.open_orders() == ()


def test_a_held_taker_matches_after_the_delay_and_its_cancel_waits(make_rig):
    rig = make_rig(taker_delay=lambda market: 3 * SECOND)
    rig.snapshot(bids=[(0.48, 100)], asks=[(0.52, 40)])
    assert rig.place(BUY, 0.52, 60) == []
    assert not rig.venue.open_orders()[0].resting
    assert rig.cancel("o1") == []
    rig.change(False, 0.52, 15)
    reports = rig.wait(3 * SECOND)
    assert kinds(reports) == [OrderAccepted, OrderFilled, OrderClosed]
    assert fills(reports) == [(520_000, 15_000_000)]


def test_a_resting_order_is_not_held(make_rig):
    rig = make_rig(taker_delay=lambda market: 3 * SECOND)
    rig.snapshot(bids=[(0.48, 100)], asks=[(0.52, 40)])
    assert kinds(rig.place(BUY, 0.48, 60)) == [OrderAccepted]


def test_an_order_held_over_a_resolution_is_refused(make_rig):
    rig = make_rig(taker_delay=lambda market: 3 * SECOND)
    rig.snapshot(bids=[(0.48, 100)], asks=[(0.52, 40)])
    rig.place(BUY, 0.52, 60)
    object.__setattr__(rig.market, "payouts", (1_000_000, 0))
    (report,) = rig.wait(3 * SECOND)
    assert "resolved" in report.reason


def test_the_grid_is_the_one_the_stream_states_not_the_catalogues(rig):
    rig.books[TokenId("111")].tick = 1_000

    assert kinds(rig.place(BUY, 0.405, 10)) == [OrderAccepted]
