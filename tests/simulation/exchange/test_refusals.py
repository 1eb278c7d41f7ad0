"""Every refusal, in the venue's words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.simulation.exchange.venue import (
    BUY,
    CONDITION,
    MARKET,
    NO,
    SECOND,
    SELL,
    START,
    Venue,
    micros,
)

from polydesk.domain.ids import TokenId
from polydesk.venues.simulation.exchange.modes import Mode

FOK_TEXT = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_TEXT = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)


@pytest.mark.parametrize(
    ("side", "price", "size", "extra", "text"),
    [
        (
            BUY,
            0.505,
            10,
            {},
            "order 0x01 is invalid. Price (0.505) breaks minimum tick size rule: 0.01",
        ),
        (BUY, 1.0, 10, {}, "order 0x01 is invalid. Price (1) breaks minimum tick size rule: 0.01"),
        (BUY, 0.5, 4.99, {}, "order 0x01 is invalid. Size (4.99) lower than the minimum: 5"),
        (SELL, 0.5, 5.001, {}, "order 0x01 is invalid. Maximum lot size is 2"),
        (BUY, 0.5, 0, {}, "Invalid order payload"),
        (BUY, 0.5, 10, {"token_id": TokenId("9")}, "Invalid order payload"),
        (
            BUY,
            0.5,
            10,
            {"kind": "FAK", "post_only": True},
            "invalid post-only order: only GTC and GTD orders can be post-only",
        ),
        (BUY, 0.5, 2_001, {}, "not enough balance / allowance"),
        (SELL, 0.5, 500.01, {}, "not enough balance / allowance"),
        (BUY, 0.5, 10, {"expiration": 5_000}, "invalid expiration"),
        (BUY, 0.5, 10, {"kind": "GTD"}, "invalid expiration"),
        (BUY, 0.5, 10, {"kind": "GTD", "expiration": 1_179}, "invalid expiration"),
        (BUY, 0.5, 10, {"kind": "FOK"}, FOK_TEXT),
        (BUY, 0.5, 10, {"kind": "FAK"}, FAK_TEXT),
    ],
)
def test_an_order_is_refused_in_the_venues_words(side, price, size, extra, text):
    venue = Venue()
    placed = venue.place("ann", side, price, size, **extra)
    assert placed.refusal is not None
    assert (placed.refusal.text, placed.refusal.http_status) == (text, 400)
    assert not placed.success
    assert venue.core.state.accounts.reserved.get(("ann", "pUSD"), 0) == 0


def test_an_expiration_three_minutes_ahead_is_taken():
    assert Venue().refusal("ann", BUY, 0.5, 10, kind="GTD", expiration=START // SECOND + 180) == ""


def test_the_same_digest_is_a_duplicate_even_after_it_was_canceled():
    venue = Venue()
    order = venue.order(BUY, 0.5, 10)
    assert venue.core.place("ann", order, venue.now).status == "live"
    venue.core.cancel("ann", [order.order_id], venue.now)
    refusal = venue.core.place("ann", order, venue.now).refusal
    assert refusal is not None
    assert refusal.text == "order 0x01 is invalid. Duplicated."


def test_a_refused_digest_may_come_again():
    venue = Venue()
    order = venue.order(BUY, 0.5, 2_100)
    assert not venue.core.place("ann", order, venue.now).success
    venue.core.deposit("ann", "pUSD", micros(100), venue.now)
    assert venue.core.place("ann", order, venue.now).success


def test_post_only_refuses_to_cross_orders_and_displayed_size_of_either_outcome():
    venue = Venue()
    text = "invalid post-only order: order crosses book"
    venue.place("bob", SELL, 0.52, 10)
    assert venue.refusal("ann", BUY, 0.52, 10, post_only=True) == text
    assert venue.refusal("ann", SELL, 0.48, 10, token_id=NO, post_only=True) == text
    venue.show([(0.48, 10)], [(0.51, 10)])
    assert venue.refusal("ann", BUY, 0.51, 10, post_only=True) == text
    assert venue.refusal("ann", BUY, 0.50, 10, post_only=True) == ""


def test_a_marketable_buy_needs_a_dollar_and_a_resting_one_does_not():
    venue = Venue()
    venue.place("bob", SELL, 0.05, 10)
    text = "invalid amount for a marketable BUY order ($0.95), min size: $1"
    assert venue.refusal("ann", BUY, 0.05, 19) == text
    assert venue.refusal("ann", BUY, 0.05, 20) == ""
    assert venue.refusal("ann", BUY, 0.01, 10) == ""


def test_funds_count_open_orders_and_the_takers_fee():
    venue = Venue(fee_rate=70_000)
    venue.place("ann", BUY, 0.40, 2_000)
    assert venue.refusal("ann", BUY, 0.40, 501) == "not enough balance / allowance"
    venue.place("bob", SELL, 0.50, 400)
    assert venue.refusal("ann", BUY, 0.50, 400) == "not enough balance / allowance"
    assert venue.refusal("ann", BUY, 0.50, 386) == ""


def test_a_withdrawn_allowance_refuses_until_it_is_given_again():
    venue = Venue()
    venue.core.restrict("ann", allowed=False)
    assert venue.refusal("ann", BUY, 0.5, 10) == "not enough balance / allowance"
    venue.core.restrict("ann")
    assert venue.refusal("ann", BUY, 0.5, 10) == ""


def test_a_banned_account_trades_nothing_and_a_closed_only_account_only_sells():
    venue = Venue()
    venue.core.restrict("ann", banned=True)
    assert venue.refusal("ann", SELL, 0.5, 10) == "'ann' address banned"
    venue.core.restrict("ann", closed_only=True)
    assert venue.refusal("ann", BUY, 0.5, 10) == "'ann' address in closed only mode"
    assert venue.refusal("ann", SELL, 0.5, 10) == ""


@pytest.mark.parametrize("changes", [{"closed": True}, {"accepting_orders": False}])
def test_a_market_that_takes_no_orders_says_so(changes):
    venue = Venue()
    venue.core.list_market(replace(MARKET, **changes))
    text = "the market is not yet ready to process new orders"
    assert venue.refusal("ann", BUY, 0.5, 10) == text


def test_a_restart_answers_425_and_then_takes_only_post_only_orders():
    venue = Venue()
    venue.place("ann", BUY, 0.40, 10)
    venue.core.restart(venue.now, 90, 120)
    refusal = venue.place("ann", BUY, 0.5, 10, post_only=True).refusal
    assert refusal is not None
    assert refusal.http_status == 425
    held = venue.core.cancel("ann", ["0x01"], venue.now).refusal
    assert held is not None
    assert held.http_status == 425
    venue.wait(90)
    refusal = venue.place("ann", BUY, 0.5, 10).refusal
    assert refusal is not None
    assert (refusal.http_status, refusal.code) == (503, "post_only_mode")
    assert refusal.text == "post-only mode: only post-only orders and cancels are allowed"
    assert refusal.retry_after_s == 120
    assert venue.place("ann", BUY, 0.5, 10, post_only=True).success
    assert venue.core.cancel("ann", ["0x01"], venue.now).canceled == ["0x01"]
    venue.wait(120)
    assert venue.place("ann", BUY, 0.5, 10).success


def test_a_wiped_book_loses_orders_without_a_word_and_frees_the_money():
    venue = Venue()
    venue.place("ann", BUY, 0.40, 10)
    venue.wait(0)
    venue.core.restart(venue.now, wipe=True)
    assert venue.wait(1) == []
    assert venue.status("0x01") == "CANCELED"
    assert venue.core.state.accounts.free("ann", "pUSD") == micros(1_000)


def test_cancel_only_takes_cancels_and_disabled_takes_nothing():
    venue = Venue()
    venue.place("ann", BUY, 0.40, 10)
    venue.core.set_mode(Mode.DISABLED, venue.now)
    disabled = "Trading is currently disabled. Check polymarket.com for updates"
    assert venue.refusal("ann", BUY, 0.5, 10) == disabled
    refused = venue.core.cancel("ann", ["0x01"], venue.now).refusal
    assert refused is not None
    assert refused.text == disabled
    venue.core.set_mode(Mode.CANCEL_ONLY, venue.now)
    text = "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
    assert venue.refusal("ann", BUY, 0.5, 10, post_only=True) == text
    assert venue.core.cancel("ann", ["0x01"], venue.now).canceled == ["0x01"]


def test_cancels_name_why_an_order_stays():
    venue = Venue()
    venue.place("ann", BUY, 0.40, 10)
    venue.place("bob", SELL, 0.40, 10)
    venue.place("bob", SELL, 0.60, 10)
    answer = venue.core.cancel("bob", ["0x01", "0x02", "0x03", "0x03", "0x09"], venue.now)
    assert answer.canceled == ["0x03"]
    assert answer.not_canceled == {
        "0x01": "Order not found or already canceled",
        "0x02": "order already matched",
        "0x09": "Order not found or already canceled",
    }


def test_cancel_all_can_be_narrowed_to_a_market_or_a_token():
    venue = Venue()
    venue.place("ann", BUY, 0.40, 10)
    venue.place("ann", BUY, 0.30, 10, token_id=NO)
    venue.place("bob", BUY, 0.40, 10)
    assert venue.core.cancel_all("ann", venue.now, token_id=NO).canceled == ["0x02"]
    assert venue.core.cancel_all("ann", venue.now, condition_id="0xother").canceled == []  # type: ignore[arg-type]
    assert venue.core.cancel_all("ann", venue.now, condition_id=CONDITION).canceled == ["0x01"]
    assert venue.status("0x03") == "LIVE"
