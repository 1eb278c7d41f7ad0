"""Resting orders on the paper venue: queue, prints, mirrors, expiry, cancels, resolution."""

from __future__ import annotations

from dataclasses import replace

import pytest

from polydesk.domain.events import (
    BookChanged,
    MarketResolved,
    MarketsListed,
    OrderAccepted,
    OrderClosed,
    OrderFilled,
    OrderRejected,
    QueueMoved,
    TickSizeChanged,
    TimePassed,
)
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.venues.simulation.queue_position import PRINT_WINDOW_NS

BUY, SELL = Side.BUY, Side.SELL
NO = TokenId("222")
CONDITION = "0xc0"
SECOND = 1_000_000_000
SHARE = 1_000_000


def fills(reports):
    return [(r.fill.client_order_id, r.fill.size) for r in reports if isinstance(r, OrderFilled)]


def queue(reports):
    return [r.queue_ahead for r in reports if isinstance(r, QueueMoved)]


def test_everything_displayed_is_ahead_at_placement(rig):
    (accepted,) = rig.place(BUY, 0.48, 10)
    assert isinstance(accepted, OrderAccepted)
    assert (accepted.resting, accepted.queue_ahead) == (True, 100 * SHARE)


def test_prints_take_the_queue_first_and_then_fill_us_as_maker(rig):
    rig.place(BUY, 0.48, 10)
    assert queue(rig.trade(SELL, 0.48, 60)) == [40 * SHARE]
    filled, moved = rig.trade(SELL, 0.48, 45)
    assert (filled.fill.price, filled.fill.size) == (480_000, 5 * SHARE)
    assert (filled.fill.liquidity, filled.fill.fee) == (Liquidity.MAKER, 0)
    assert (filled.ts_event, filled.ts_init) == (rig.now, rig.now)
    assert moved.queue_ahead == 0
    assert fills(rig.trade(SELL, 0.48, 500)) == [("o1", 5 * SHARE)]
    assert rig.venue.open_orders() == ()


def test_a_maker_pays_where_the_schedule_is_not_taker_only(make_rig):
    rig = make_rig()
    rig.market = replace(rig.market, fees=FeeSchedule(rate=70_000, taker_only=False))
    rig.snapshot(bids=[], asks=[])
    rig.place(BUY, 0.50, 10)
    (report,) = rig.trade(SELL, 0.50, 10)
    assert report.fill.fee == 175_000


def test_quotes_that_pass_our_price_fill_nothing(rig):
    rig.place(BUY, 0.48, 10)
    rig.change(True, 0.48, 0)
    rig.change(False, 0.47, 1_000)
    assert rig.trade(BUY, 0.47, 900) == []
    assert rig.venue.bracket()[0].optimistic == 0


@pytest.mark.parametrize(
    ("side", "price"), [(BUY, 0.48), (SELL, 0.49), (BUY, 0.40)], ids=["buyer", "better bid", "low"]
)
def test_prints_that_do_not_reach_us_change_nothing(rig, side, price):
    rig.place(BUY, 0.48, 10)
    assert rig.trade(side, price, 10_000) == []


def test_a_print_through_our_price_fills_what_exceeds_the_queue_and_ends_it(rig):
    rig.place(BUY, 0.48, 10)
    reports = rig.trade(SELL, 0.47, 104)
    assert fills(reports) == [("o1", 4 * SHARE)]
    assert queue(reports) == [0]
    assert fills(rig.trade(SELL, 0.46, 5)) == [("o1", 5 * SHARE)]


def test_a_sell_order_is_filled_by_buyers_at_or_above_its_price(rig):
    rig.place(SELL, 0.52, 10)
    assert queue(rig.trade(BUY, 0.52, 40)) == [0]
    assert fills(rig.trade(BUY, 0.55, 3)) == [("o1", 3 * SHARE)]


def test_a_print_on_the_other_outcome_is_the_same_match(rig):
    rig.place(BUY, 0.48, 10)
    assert queue(rig.trade(BUY, 0.52, 70, token=NO)) == [30 * SHARE]
    assert fills(rig.trade(BUY, 0.53, 32, token=NO)) == [("o1", 2 * SHARE)]
    assert rig.trade(SELL, 0.52, 900, token=NO) == []


def test_a_print_older_than_the_book_at_placement_is_not_ours(rig):
    placed_on = rig.books[TokenId("111")].snapshot_ts
    rig.place(BUY, 0.48, 10)
    assert rig.trade(SELL, 0.48, 500, ts_event=placed_on) == []
    assert fills(rig.trade(SELL, 0.48, 500, ts_event=placed_on + 1)) == [("o1", 10 * SHARE)]


def test_a_print_delivered_twice_counts_once(rig):
    rig.place(BUY, 0.48, 10)
    assert queue(rig.trade(SELL, 0.48, 60, tx="0xaa")) == [40 * SHARE]
    assert rig.trade(SELL, 0.48, 60, tx="0xaa") == []
    assert queue(rig.trade(SELL, 0.48, 10, tx="0xbb")) == [30 * SHARE]


def test_a_print_fills_our_orders_by_price_then_time_and_never_twice(make_rig):
    rig = make_rig()
    rig.snapshot(bids=[(0.40, 10)], asks=[])
    rig.place(BUY, 0.40, 5)
    rig.place(BUY, 0.40, 5)
    rig.place(SELL, 0.59, 5, token_id=NO)
    assert fills(rig.trade(SELL, 0.40, 22)) == [
        ("o3", 5 * SHARE),
        ("o1", 5 * SHARE),
        ("o2", 2 * SHARE),
    ]


def test_a_cancel_moves_only_the_share_that_must_have_been_ahead(rig):
    rig.place(BUY, 0.48, 10)
    rig.change(True, 0.48, 160)
    assert rig.change(True, 0.48, 120) == []
    rig.now += PRINT_WINDOW_NS
    assert rig.change(True, 0.48, 80) == []
    rig.now += PRINT_WINDOW_NS
    assert queue(rig.change(True, 0.48, 81)) == [80 * SHARE]


def test_a_fall_explained_by_a_print_is_not_counted_again(rig):
    rig.place(BUY, 0.48, 10)
    rig.change(True, 0.48, 40)
    assert queue(rig.trade(SELL, 0.48, 60)) == [40 * SHARE]
    rig.trade(SELL, 0.48, 10)
    rig.change(True, 0.48, 30)
    rig.now += 2 * PRINT_WINDOW_NS
    assert rig.change(True, 0.48, 31) == []
    assert rig.venue.open_orders()[0].queue_ahead == 30 * SHARE


def test_the_bracket_shows_three_estimates(rig):
    rig.place(BUY, 0.48, 10)
    rig.change(True, 0.48, 150)
    rig.change(True, 0.48, 105)
    rig.now += PRINT_WINDOW_NS
    rig.change(True, 0.48, 106)
    rig.trade(SELL, 0.48, 62)
    bracket = rig.venue.bracket()[0]
    assert (bracket.pessimistic, bracket.expected, bracket.optimistic) == (0, 0, 7 * SHARE)
    rig.trade(SELL, 0.48, 12)
    bracket = rig.venue.bracket()[0]
    assert (bracket.pessimistic, bracket.expected, bracket.optimistic) == (0, 4 * SHARE, 10 * SHARE)


def test_a_snapshot_corrects_the_queue_like_a_change(rig):
    rig.place(BUY, 0.48, 10)
    rig.snapshot(bids=[(0.48, 30)], asks=[(0.52, 1)])
    rig.now += PRINT_WINDOW_NS
    assert queue(rig.snapshot(bids=[(0.48, 30)], asks=[(0.52, 2)])) == [30 * SHARE]


def test_a_stale_book_leaves_the_queue_alone(rig):
    rig.place(BUY, 0.48, 10)
    book = rig.books[TokenId("111")]
    book.mark_stale()
    rig.now += 5 * SECOND
    assert rig.venue.on_event(BookChanged(CONDITION, rig.now, rig.now, []), rig.now) == []
    assert rig.venue.open_orders()[0].queue_ahead == 100 * SHARE


def test_cancel_closes_the_rest_after_its_latency(rig):
    rig.place(BUY, 0.48, 10)
    (closed,) = rig.cancel("o1")
    assert isinstance(closed, OrderClosed)
    assert (closed.expired, closed.reason) == (False, "canceled")
    assert rig.trade(SELL, 0.40, 999) == []
    assert rig.venue.ignored_cancels == 0


def test_gtd_leaves_the_book_a_minute_before_its_expiration(rig):
    expires = rig.now + 240 * SECOND + 123
    rig.place(BUY, 0.48, 10, "GTD", expires_at=expires)
    drop = expires - 60 * SECOND - expires % SECOND
    assert rig.venue.next_due() == drop
    assert rig.venue.run_due(drop - 1) == []
    (closed,) = rig.venue.run_due(drop)
    assert (closed.expired, closed.ts_event) == (True, drop)


def test_gtd_needs_three_minutes(rig):
    arrival = rig.now + SECOND // 20
    (report,) = rig.place(BUY, 0.48, 10, "GTD", expires_at=arrival + 180 * SECOND - 1)
    assert isinstance(report, OrderRejected)
    arrival = rig.now + SECOND // 20
    (report,) = rig.place(BUY, 0.48, 10, "GTD", expires_at=arrival + 180 * SECOND)
    assert isinstance(report, OrderAccepted)


def test_the_expiry_of_a_filled_order_is_silent(rig):
    rig.place(BUY, 0.48, 10, "GTD", expires_at=rig.now + 240 * SECOND)
    rig.trade(SELL, 0.47, 500)
    assert rig.wait(300 * SECOND) == []


def test_resolution_closes_every_order_of_the_market(rig):
    rig.place(BUY, 0.48, 10)
    rig.place(SELL, 0.60, 10, token_id=NO)
    event = MarketResolved(CONDITION, rig.now, rig.now, ((TokenId("111"), 1_000_000), (NO, 0)))
    reports = rig.venue.on_event(event, rig.now)
    assert [(r.client_order_id, r.reason) for r in reports] == [
        ("o1", "market resolved"),
        ("o2", "market resolved"),
    ]
    assert rig.venue.open_orders() == ()


def test_a_market_listed_as_closed_closes_its_orders(rig):
    rig.place(BUY, 0.48, 10)
    assert rig.venue.on_event(MarketsListed(rig.now, [rig.market]), rig.now) == []
    closed = replace(rig.market, closed=True)
    (report,) = rig.venue.on_event(MarketsListed(rig.now, [closed]), rig.now)
    assert report.reason == "market closed"


def test_a_resting_order_survives_a_tick_change_off_its_grid(rig):
    rig.place(BUY, 0.48, 10)
    event = TickSizeChanged(TokenId("111"), CONDITION, rig.now, rig.now, 100_000)
    assert rig.venue.on_event(event, rig.now) == []
    assert len(rig.venue.open_orders()) == 1


def test_events_of_other_markets_do_nothing(rig):
    rig.place(BUY, 0.48, 10)
    other = BookChanged("0xother", 1, 1, [(TokenId("9"), True, 1, 1, None, None, "")])
    assert rig.venue.on_event(other, rig.now) == []
    assert rig.venue.on_event(TimePassed(rig.now), rig.now) == []


def test_the_digest_is_plain_ordered_values_and_moves_with_the_state(rig):
    empty = rig.venue.digest()
    rig.place(BUY, 0.48, 10)
    rig.place(BUY, 0.52, 10)
    placed = rig.venue.digest()
    rig.trade(SELL, 0.48, 7)

    def leaves(value):
        if isinstance(value, tuple):
            return [leaf for item in value for leaf in leaves(item)]
        return [value]

    assert {type(leaf) for leaf in leaves(rig.venue.digest())} <= {int, str, TokenId, Side}
    assert len({empty, placed, rig.venue.digest()}) == 3
