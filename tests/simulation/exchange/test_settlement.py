"""From a match to money, and back again."""

from __future__ import annotations

import pytest
from tests.simulation.exchange.venue import (
    BUY,
    CONDITION,
    NO,
    SELL,
    YES,
    Venue,
    micros,
    neg_risk_market,
)

from polydesk.domain.ids import ConditionId, EventId
from polydesk.domain.units import PriceMicros
from polydesk.errors import InvariantError
from polydesk.venues.simulation.exchange.accounts import CASH, EXTERNAL
from polydesk.venues.simulation.exchange.settlement import FAILED, NORMAL, RETRIED, REVERTED
from polydesk.venues.simulation.exchange.trades import TradeStatus

HALF = (PriceMicros(500_000), PriceMicros(500_000))
FIRST = (PriceMicros(1_000_000), PriceMicros(0))


def statuses(events):
    return [event.trade.status.value for event in events if hasattr(event, "trade")]


def swap(venue, size=10, buyer="ann", seller="bob"):
    """Let two accounts trade YES at a half and return the trade's name."""
    venue.place(seller, SELL, 0.50, size)
    return venue.place(buyer, BUY, 0.50, size).trade_ids[0]


@pytest.mark.parametrize("script", [NORMAL, RETRIED, FAILED, REVERTED])
def test_a_trade_is_reported_once_for_each_step(script):
    venue = Venue()
    venue.core.script_settlements(script)
    swap(venue)
    assert statuses(venue.wait(60)) == ["MATCHED", *(step.value for step in script)]


def test_shares_are_there_when_mined_and_not_before():
    venue = Venue()
    venue.core.withdraw("ann", YES, micros(500), venue.now)
    swap(venue)
    assert venue.refusal("ann", SELL, 0.90, 10) == "not enough balance / allowance"
    while "MINED" not in statuses(venue.wait(1)):
        assert venue.held("ann") == 0
    assert venue.refusal("ann", SELL, 0.90, 10) == ""


@pytest.mark.parametrize("script", [FAILED, REVERTED])
def test_a_failed_trade_leaves_every_balance_as_it_was(script):
    venue = Venue(fee_rate=70_000)
    before = venue.core.truth()["balances"]
    venue.core.script_settlements(script)
    venue.place("bob", BUY, 0.50, 10, token_id=NO)
    venue.place("cid", SELL, 0.50, 10)
    venue.place("ann", BUY, 0.50, 20)
    assert venue.core.truth()["balances"] != before
    venue.wait(60)
    assert venue.core.truth()["balances"] == before


def test_a_failure_takes_along_the_trades_that_spent_what_it_gave():
    venue = Venue()
    venue.core.withdraw("ann", YES, micros(500), venue.now)
    venue.core.script_settlements((TradeStatus.MINED, *[TradeStatus.RETRYING] * 3, *FAILED))
    first = swap(venue)
    while not venue.held("ann"):
        venue.wait(1)
    venue.core.script_settlements((*[TradeStatus.RETRYING] * 30, *NORMAL))
    second = swap(venue, 6, "cid", "ann")
    venue.wait(40)
    found = venue.core.state.trades
    assert [found[name].status for name in (first, second)] == [TradeStatus.FAILED] * 2
    assert (venue.held("ann"), venue.held("bob"), venue.held("cid")) == (
        0,
        micros(500),
        micros(500),
    )


def test_a_failure_cancels_the_orders_it_leaves_without_cover():
    venue = Venue()
    venue.core.withdraw("ann", YES, micros(500), venue.now)
    venue.core.script_settlements(REVERTED)
    swap(venue)
    while not venue.held("ann"):
        venue.wait(1)
    venue.place("ann", SELL, 0.90, 10)
    venue.wait(60)
    assert venue.status("0x03") == "CANCELED_NOT_ENOUGH_BALANCE"


def test_what_was_spent_for_good_cannot_fail_any_more():
    venue = Venue()
    venue.core.withdraw("ann", YES, micros(500), venue.now)
    venue.core.script_settlements((TradeStatus.MINED, *[TradeStatus.RETRYING] * 30, *FAILED))
    first = swap(venue)
    while not venue.held("ann"):
        venue.wait(1)
    second = swap(venue, 10, "cid", "ann")
    venue.wait(300)
    found = venue.core.state.trades
    assert [found[name].status for name in (first, second)] == [TradeStatus.CONFIRMED] * 2


def test_a_trade_can_be_reverted_until_it_is_final():
    venue = Venue()
    name = swap(venue)
    assert venue.core.revert(name, venue.now)
    assert statuses(venue.wait(60)) == ["MATCHED", "RETRYING", "FAILED"]
    assert not venue.core.revert(name, venue.now)


@pytest.mark.parametrize(
    "steps", [(), (TradeStatus.MINED,), (TradeStatus.FAILED, TradeStatus.CONFIRMED)]
)
def test_a_script_must_end_once(steps):
    with pytest.raises(ValueError, match="must end"):
        Venue().core.script_settlements(steps)


def test_a_withdrawal_cancels_the_newest_orders_it_leaves_without_cover():
    venue = Venue()
    venue.place("ann", BUY, 0.50, 1_000)
    venue.place("ann", BUY, 0.40, 1_000)
    venue.core.withdraw("ann", CASH, micros(200), venue.now)
    assert venue.status("0x01") == "LIVE"
    assert venue.status("0x02") == "CANCELED_NOT_ENOUGH_BALANCE"
    with pytest.raises(InvariantError):
        venue.core.withdraw("ann", CASH, micros(900), venue.now)


def test_resolution_cancels_orders_and_pays_the_winner_only():
    venue = Venue()
    venue.place("ann", BUY, 0.50, 10)
    venue.core.resolve(CONDITION, FIRST, venue.now)
    assert venue.status("0x01") == "CANCELED_MARKET_RESOLVED"
    assert venue.core.redeem("ann", CONDITION, venue.now) == micros(500)
    assert (venue.held("ann"), venue.held("ann", NO)) == (0, 0)
    assert venue.cash("ann") == micros(1_500)
    assert venue.core.redeem("ann", CONDITION, venue.now) == 0
    assert venue.refusal("bob", BUY, 0.50, 10) == (
        "the market is not yet ready to process new orders"
    )


def test_fifty_fifty_pays_half_for_either_outcome():
    venue = Venue()
    venue.core.withdraw("ann", NO, micros(500), venue.now)
    venue.core.resolve(CONDITION, HALF, venue.now)
    assert venue.core.redeem("ann", CONDITION, venue.now) == micros(250)
    assert venue.core.redeem("bob", CONDITION, venue.now) == micros(500)


def test_a_trade_matched_before_the_resolution_settles_after_it():
    venue = Venue()
    swap(venue)
    venue.core.resolve(CONDITION, FIRST, venue.now)
    venue.wait(60)
    assert venue.core.redeem("ann", CONDITION, venue.now) == micros(510)


@pytest.mark.parametrize("payouts", [(600_000, 500_000), (1_000_000,), (1_500_000, -500_000)])
def test_payouts_must_share_out_one_dollar(payouts):
    venue = Venue()
    with pytest.raises(ValueError, match="pay-out"):
        venue.core.resolve(CONDITION, payouts, venue.now)


def test_a_resolution_is_final():
    venue = Venue()
    venue.core.resolve(CONDITION, FIRST, venue.now)
    venue.core.resolve(CONDITION, FIRST, venue.now)
    with pytest.raises(ValueError, match="is resolved"):
        venue.core.resolve(CONDITION, HALF, venue.now)


def test_one_market_of_a_negative_risk_event_wins_and_the_others_lose():
    venue = Venue()
    for number in (1, 2, 3):
        venue.core.list_market(neg_risk_market(number))
    venue.core.resolve_event(EventId("e"), ConditionId("0xe2"), venue.now)
    markets = venue.core.truth()["markets"]
    assert [markets[f"0xe{n}"]["payouts"][0] for n in (1, 2, 3)] == [0, 1_000_000, 0]
    assert markets[CONDITION]["payouts"] == []
    with pytest.raises(ValueError, match="negative-risk"):
        venue.core.resolve_event(EventId("e"), CONDITION, venue.now)


def test_time_never_goes_back():
    venue = Venue()
    with pytest.raises(InvariantError):
        venue.core.advance(venue.now - 1)


def test_entries_that_do_not_balance_or_overdraw_are_refused():
    accounts = Venue().core.state.accounts
    with pytest.raises(InvariantError, match="balance"):
        accounts.post([("ann", CASH, 5)])
    with pytest.raises(InvariantError, match="below zero"):
        accounts.move(CASH, micros(1_001), "ann", EXTERNAL)
    with pytest.raises(ValueError, match="trader's account"):
        accounts.open(EXTERNAL)


def test_another_seed_settles_at_other_times_and_equal_seeds_equally():
    def run(seed):
        venue = Venue(seed=seed)
        swap(venue)
        return [event.at for event in venue.wait(60)], venue.core.digest()

    assert run(1) == run(1)
    assert run(1)[0] != run(2)[0]
