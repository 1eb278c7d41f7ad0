"""Rows of the fault catalogue that the gate answers before anything is signed."""

from __future__ import annotations

import pytest
from tests.builders import SECOND, T0
from tests.unit.risk import gate

from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.venue import VenueMode


@pytest.mark.parametrize("ahead_s", [-3_600, 0, 179])
def test_f031_an_expiry_in_the_past_or_too_near_is_denied_here(ahead_s: int) -> None:
    moment = gate.context()
    order = gate.intent(time_in_force=TimeInForce.GTD, expires_at=moment.now + ahead_s * SECOND)
    assert gate.code(order, moment) == "EXPIRY_TOO_NEAR"


def test_f031_a_clock_that_runs_ahead_lets_no_order_end_before_the_venues_least() -> None:
    order = gate.intent(time_in_force=TimeInForce.GTD, expires_at=T0 + 240 * SECOND)
    assert gate.code(order, gate.context(now=T0)) == ""
    assert gate.code(order, gate.context(now=T0 + 100 * SECOND)) == "EXPIRY_TOO_NEAR"


@pytest.mark.parametrize("mode", [VenueMode.RESTARTING, VenueMode.CANCEL_ONLY, VenueMode.DISABLED])
def test_f018_f021_a_shut_venue_gets_no_order_from_the_gate(mode: VenueMode) -> None:
    assert gate.code(gate.intent(), gate.context(venue_mode=mode)) == "VENUE_NOT_TAKING_ORDERS"


def test_f054_a_market_known_to_be_closed_gets_no_order() -> None:
    market = gate.market(accepting_orders=False)
    assert gate.code(gate.intent(), gate.context(market=market)) == "MARKET_NOT_TRADING"


@pytest.mark.parametrize(
    ("side", "own", "expected"),
    [
        (Side.BUY, {"own_ask": 500_000}, "SELF_TRADE"),
        (Side.BUY, {"own_ask": 490_000}, "SELF_TRADE"),
        (Side.BUY, {"own_ask": 510_000}, ""),
        (Side.BUY, {"own_bid": 500_000}, ""),
        (Side.SELL, {"own_bid": 500_000}, "SELF_TRADE"),
        (Side.SELL, {"own_bid": 490_000}, ""),
        (Side.SELL, {"own_ask": 500_000}, ""),
    ],
)
def test_f028_a_price_at_which_an_own_order_would_be_met_is_denied(
    side: Side, own: dict[str, int], expected: str
) -> None:
    assert gate.code(gate.intent(side), gate.context(**own)) == expected
