"""Every check at its boundary: equal to a limit passes, one micro-unit beyond does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.builders import MS, SECOND, T0, levels, market, micros
from tests.unit.risk.gate import code, context, intent, proven_book

from polydesk.domain.approval import Approved, BookProof
from polydesk.domain.book import HashState
from polydesk.domain.commands import TradingState
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.intents import Origin, TimeInForce
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial
from polydesk.domain.units import PriceMicros, UsdMicros
from polydesk.domain.venue import VenueMode
from polydesk.risk.checks import CHECKS
from polydesk.risk.engine import judge
from polydesk.risk.reservation import ROUNDING_RESERVE, worst_case_cost

FEES = FeeSchedule(rate=70_000)


def test_an_easy_order_passes_and_carries_its_reservation_and_proof() -> None:
    verdict = judge(intent(), context(FEES), RiskLimits())

    # 10 at 0.50, fee 10 x 0.07 x 0.25
    reserved = micros("5") + micros("0.175") + ROUNDING_RESERVE
    assert verdict == Approved(intent(), UsdMicros(reserved), BookProof(1, 1, "proven"))


def test_a_sale_reserves_no_money() -> None:
    verdict = judge(intent(Side.SELL, "0.49"), context(FEES), RiskLimits())

    assert isinstance(verdict, Approved)
    assert verdict.reserved == 0


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(5_000_001, ""), (5_000_000, ""), (4_999_999, "ORDER_SIZE_ABOVE_MAXIMUM")],
)
def test_the_value_of_one_order(limit: int, expected: str) -> None:
    limits = RiskLimits(max_order_usd=UsdMicros(limit))

    assert code(intent(price="0.50", size="10"), context(), limits) == expected


def test_the_value_of_one_order_rounds_up() -> None:
    order = intent(price="0.51", size="10.000001")

    assert code(order, context(), RiskLimits(max_order_usd=UsdMicros(5_100_000))) != ""
    assert code(order, context(), RiskLimits(max_order_usd=UsdMicros(5_100_001))) == ""


@pytest.mark.parametrize(
    ("field", "limit", "expected"),
    [
        ("market_exposure", "max_market_usd", "MARKET_EXPOSURE_ABOVE_MAXIMUM"),
        ("total_exposure", "max_total_usd", "TOTAL_EXPOSURE_ABOVE_MAXIMUM"),
    ],
)
def test_exposure_with_the_order_may_equal_its_limit(field: str, limit: str, expected: str) -> None:
    limits = replace(RiskLimits(), **{limit: UsdMicros(micros("100"))})
    full: dict[str, Any] = {field: UsdMicros(micros("95"))}
    beyond: dict[str, Any] = {field: UsdMicros(micros("95") + 1)}

    assert code(intent(), context(**full), limits) == ""
    assert code(intent(), context(**beyond), limits) == expected
    assert code(intent(Side.SELL, "0.49"), context(**beyond), limits) == ""


def test_the_number_of_open_orders() -> None:
    limits = RiskLimits(max_open_orders=3)

    assert code(intent(), context(open_orders=2), limits) == ""
    assert code(intent(), context(open_orders=3), limits) == "TOO_MANY_OPEN_ORDERS"


@pytest.mark.parametrize(
    ("loss", "expected"), [(-1, ""), (0, "DAILY_LOSS_REACHED"), (1, "DAILY_LOSS_REACHED")]
)
def test_the_loss_of_the_day_stops_buys_when_it_is_reached(loss: int, expected: str) -> None:
    limits = RiskLimits(max_daily_loss_usd=UsdMicros(micros("50")))
    moment = context(day_loss=UsdMicros(micros("50") + loss))

    assert code(intent(), moment, limits) == expected
    assert code(intent(Side.SELL, "0.49"), moment, limits) == ""


@pytest.mark.parametrize(("short", "expected"), [(0, ""), (1, "INSUFFICIENT_CASH")])
def test_free_cash_must_cover_cost_fee_and_rounding(short: int, expected: str) -> None:
    order = intent()
    cost = worst_case_cost(order.price, order.size, FEES)

    assert code(order, context(FEES, free_cash=UsdMicros(cost - short))) == expected


@pytest.mark.parametrize(("short", "expected"), [(0, ""), (1, "INSUFFICIENT_SHARES")])
def test_free_shares_must_cover_a_sale(short: int, expected: str) -> None:
    order = intent(Side.SELL, "0.49")

    assert code(order, context(free_shares=order.size - short)) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("5", ""),
        ("4.999999", "ORDER_SIZE_BELOW_MINIMUM"),
        ("0", "ORDER_SIZE_BELOW_MINIMUM"),
        ("-5", "ORDER_SIZE_BELOW_MINIMUM"),
    ],
)
def test_the_markets_minimum_size(size: str, expected: str) -> None:
    assert code(intent(size=size), context()) == expected


@pytest.mark.parametrize("size", ["0", "-5"])
def test_nothing_is_no_size_even_where_the_market_has_no_minimum(size: str) -> None:
    moment = context(market=market(min_size=0))

    assert code(intent(size=size), moment) == "ORDER_SIZE_BELOW_MINIMUM"


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("0.01", ""),
        ("0.99", ""),
        ("0.009999", "PRICE_OFF_TICK"),
        ("0.505", "PRICE_OFF_TICK"),
        ("1", "PRICE_OFF_TICK"),
        ("0", "PRICE_OFF_TICK"),
        ("-0.5", "PRICE_OFF_TICK"),
    ],
)
def test_the_price_lies_on_the_grid_between_tick_and_one_less_tick(
    price: str, expected: str
) -> None:
    assert code(intent(price=price), context()) == expected


def test_the_books_tick_counts_before_the_catalogues() -> None:
    book = proven_book()
    book.tick = 1_000

    assert code(intent(price="0.505"), context(book=book)) == ""
    hand = intent(price="0.505", origin=Origin.MANUAL, confirmed=True)
    assert code(hand, context(book=None)) == "PRICE_OFF_TICK"


@pytest.mark.parametrize(
    "change",
    [{"closed": True}, {"accepting_orders": False}, {"payouts": (1_000_000, 0)}],
)
def test_a_market_that_does_not_trade(change: dict[str, Any]) -> None:
    assert code(intent(), context(market=market(**change))) == "MARKET_NOT_TRADING"


def test_an_unknown_market() -> None:
    assert code(intent(), context(market=None)) == "UNKNOWN_INSTRUMENT"


@pytest.mark.parametrize(("beyond_ns", "expected"), [(0, ""), (MS, "BOOK_STALE")])
def test_the_age_of_the_book(beyond_ns: int, expected: str) -> None:
    limits = RiskLimits(max_book_age_ms=2_000)

    assert code(intent(), context(now=T0 + 2_000 * MS + beyond_ns), limits) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (HashState.PROVEN, ""),
        (HashState.CHECKED, ""),
        (HashState.UNPROVEN, "BOOK_NOT_PROVEN"),
        (HashState.BROKEN, "BOOK_NOT_PROVEN"),
    ],
)
def test_no_proof_no_order(state: HashState, expected: str) -> None:
    book = proven_book()
    book.hash_state = state

    assert code(intent(), context(book=book)) == expected


def test_a_book_that_is_missing_stale_or_crossed() -> None:
    stale, crossed = proven_book(), proven_book()
    stale.mark_stale()
    crossed.apply_snapshot(levels(("0.50", "1")), levels(("0.50", "1")), T0 + 1, T0 + 1)
    crossed.hash_state = HashState.PROVEN

    assert code(intent(), context(book=None)) == "BOOK_STALE"
    assert code(intent(), context(book=stale)) == "BOOK_STALE"
    assert code(intent(), context(book=crossed)) == "BOOK_CROSSED"


def test_only_a_person_may_confirm_a_doubtful_book() -> None:
    stale = context(book=None)

    assert code(intent(origin=Origin.MANUAL), stale) == "BOOK_STALE"
    assert code(intent(origin=Origin.MANUAL, confirmed=True), stale) == ""
    assert code(intent(origin=Origin.COPY, confirmed=True), stale) == "BOOK_STALE"


def test_a_confirmed_book_excuses_nothing_else() -> None:
    hand = intent(origin=Origin.MANUAL, confirmed=True)

    assert code(hand, context(killed=True)) == "KILL_LATCHED"
    assert code(hand, context(free_cash=UsdMicros(0))) == "INSUFFICIENT_CASH"


@pytest.mark.parametrize(
    ("state", "buy", "sale"),
    [
        (TradingState.ACTIVE, "", ""),
        (TradingState.REDUCING, "TRADING_REDUCING", ""),
        (TradingState.HALTED, "TRADING_HALTED", "TRADING_HALTED"),
    ],
)
def test_trading_states(state: TradingState, buy: str, sale: str) -> None:
    moment = context(trading_state=state)

    assert code(intent(), moment) == buy
    assert code(intent(Side.SELL, "0.49"), moment) == sale


@pytest.mark.parametrize(
    ("mode", "post_only", "passes_buy", "passes_sale"),
    [
        (VenueMode.NORMAL, False, True, True),
        (VenueMode.POST_ONLY, False, False, False),
        (VenueMode.POST_ONLY, True, True, True),
        (VenueMode.CLOSED_ONLY, True, False, True),
        (VenueMode.RESTARTING, True, False, False),
        (VenueMode.CANCEL_ONLY, True, False, False),
        (VenueMode.DISABLED, True, False, False),
        (VenueMode.GEOBLOCKED, True, False, False),
    ],
)
def test_the_venues_mode_shuts_out_what_it_would_refuse(
    mode: VenueMode, post_only: bool, passes_buy: bool, passes_sale: bool
) -> None:
    """F018 to F021."""
    moment = context(venue_mode=mode)

    assert (code(intent(post_only=post_only), moment) == "") is passes_buy
    assert (code(intent(Side.SELL, "0.49", post_only=post_only), moment) == "") is passes_sale
    verdict = judge(intent(), context(venue_mode=VenueMode.DISABLED), RiskLimits())
    assert str(verdict) == "VENUE_NOT_TAKING_ORDERS: mode=disabled"


@pytest.mark.parametrize(
    ("ahead", "denial"),
    [(180 * SECOND, ""), (180 * SECOND - 1, "EXPIRY_TOO_NEAR"), (-SECOND, "EXPIRY_TOO_NEAR")],
)
def test_an_order_that_ends_too_soon_is_not_sent(ahead: int, denial: str) -> None:
    """F031."""
    moment = context()
    gtd = intent(time_in_force=TimeInForce.GTD, expires_at=moment.now + ahead)

    assert code(gtd, moment) == denial
    assert code(replace(gtd, expires_at=None), moment) == "EXPIRY_TOO_NEAR"
    assert code(replace(gtd, time_in_force=TimeInForce.GTC), moment) == ""


def test_the_rate_counts_what_was_approved_before() -> None:
    limits = RiskLimits(max_orders_per_minute=3)

    assert code(intent(), context(approved_lately=2), limits) == ""
    assert code(intent(), context(approved_lately=3), limits) == "ORDER_RATE"


def test_an_allowance_covers_the_order_and_the_open_ones() -> None:
    """10 x 0.50 and one cent, beside two dollars kept aside for others."""
    needed = micros("5") + 10_000 + micros("2")
    moment = context(reserved=UsdMicros(micros("2")))

    assert code(intent(), replace(moment, allowance=UsdMicros(needed))) == ""
    assert code(intent(), replace(moment, allowance=UsdMicros(needed - 1))) == "ALLOWANCE_TOO_LOW"
    assert code(intent(Side.SELL, "0.49"), replace(moment, allowance=UsdMicros(0))) == ""


def test_one_identity_is_used_once() -> None:
    assert code(intent(), context(duplicate=True)) == "DUPLICATE_ORDER"


IN_ORDER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("KILL_LATCHED", {"killed": True}),
    ("TRADING_HALTED", {"trading_state": TradingState.HALTED}),
    ("VENUE_NOT_TAKING_ORDERS", {"venue_mode": VenueMode.RESTARTING}),
    ("NOT_RECONCILED", {"ready": False}),
    ("MARKET_FROZEN", {"frozen": "it contradicts itself"}),
    ("DUPLICATE_ORDER", {"duplicate": True}),
    ("UNKNOWN_INSTRUMENT", {"market": None}),
    ("BOOK_STALE", {"book": None}),
    ("SELF_TRADE", {"own_ask": PriceMicros(1)}),
    ("MARKET_EXPOSURE_ABOVE_MAXIMUM", {"market_exposure": UsdMicros(micros("9999"))}),
    ("TOTAL_EXPOSURE_ABOVE_MAXIMUM", {"total_exposure": UsdMicros(micros("9999"))}),
    ("TOO_MANY_OPEN_ORDERS", {"open_orders": 10_000}),
    ("ORDER_RATE", {"approved_lately": 10_000}),
    ("DAILY_LOSS_REACHED", {"day_loss": UsdMicros(micros("9999"))}),
    ("INSUFFICIENT_CASH", {"free_cash": UsdMicros(0)}),
    ("ALLOWANCE_TOO_LOW", {"allowance": UsdMicros(0)}),
)


@pytest.mark.parametrize("number", range(len(IN_ORDER)))
def test_the_gravest_reason_is_told_first(number: int) -> None:
    everything = {name: value for _, wrong in IN_ORDER[number:] for name, value in wrong.items()}

    assert code(intent(), context(**everything)) == IN_ORDER[number][0]


def test_every_check_can_deny_and_is_asked() -> None:
    names = [check.__module__.rsplit(".", 1)[-1] for check in CHECKS]

    assert names == [
        "kill_switch", "trading_state", "venue_mode", "reconciled", "frozen_market", "duplicate",
        "instrument", "expiry", "book_proof", "self_trade", "order_size", "exposure",
        "open_orders", "order_rate", "daily_loss", "balance", "allowance",
    ]  # fmt: skip


def test_a_denial_tells_its_facts() -> None:
    verdict = judge(intent(size="3"), context(), RiskLimits())

    assert isinstance(verdict, Denial)
    assert str(verdict) == "ORDER_SIZE_BELOW_MINIMUM: size=3 min=5"
