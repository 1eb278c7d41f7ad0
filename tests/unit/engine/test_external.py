"""Orders made outside the desk: counted, never managed, canceled with all others."""

from __future__ import annotations

import pytest
from tests.builders import CONDITION, NO, SECOND, T0, YES, market, micros, ready_engine
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.commands import CancelAll, CancelOrder, Kill, RequestMarkets, UserCommand
from polydesk.domain.ids import ClientOrderId, TokenId, VenueOrderId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.intents import Origin, TimeInForce
from polydesk.domain.orders import OrderState
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.domain.venue import VenueOrder, VenueOrderStatus
from polydesk.engine.engine import Engine

KEY = ClientOrderId("ext-0xe1")


def seen(
    side: Side = Side.BUY,
    *,
    matched: str = "0",
    status: VenueOrderStatus = VenueOrderStatus.LIVE,
    token: TokenId = YES,
    kind: str = "GTC",
) -> ev.ExternalOrderSeen:
    order = VenueOrder(
        VenueOrderId("0xe1"), token, CONDITION, side, PriceMicros(micros("0.40")),
        ShareMicros(micros("20")), ShareMicros(micros(matched)), status, str(status), kind,
    )  # fmt: skip
    return ev.ExternalOrderSeen(KEY, order, T0, T0)


def test_a_foreign_buy_reserves_what_its_rest_may_cost() -> None:
    """F048."""
    engine = ready_engine(fees=FeeSchedule(rate=50_000))

    assert not engine.process(seen(matched="5"))

    order = engine.account.orders[KEY]
    assert (order.state, order.intent.origin) == (OrderState.LIVE, Origin.EXTERNAL)
    assert order.remaining == micros("15")
    # 15 x 0.40, fee 15 x 0.05 x 0.24, one cent
    reserved = micros("6") + micros("0.18") + 10_000
    assert engine.account.free_cash == micros("1000") - reserved
    assert engine.account.exposures(engine.account.bound(YES, market())) == (reserved, reserved)


def test_a_foreign_sale_holds_its_shares_back() -> None:
    engine = ready_engine()
    engine.process(fill(place(engine, size="30"), "30", "15"))
    engine.process(seen(Side.SELL))

    assert engine.account.free_shares(YES) == micros("10")


def test_its_fills_are_booked_like_ours_for_no_leader() -> None:
    engine = ready_engine()
    engine.process(seen(matched="5"))
    order = engine.account.orders[KEY]

    engine.process(fill(order, "5", "2"))
    assert (order.filled, order.remaining, order.state) == (
        micros("5"), micros("15"), OrderState.PARTIAL
    )  # fmt: skip
    engine.process(fill(order, "15", "6", ref="f2"))
    assert order.state is OrderState.MATCHED
    assert engine.account.ledger.position(YES).cost == micros("8")
    assert engine.account.fills[0].leader is None


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (VenueOrderStatus.MATCHED, OrderState.MATCHED),
        (VenueOrderStatus.CANCELED, OrderState.CANCELED),
        (VenueOrderStatus.INVALID, OrderState.CANCELED),
        (VenueOrderStatus.EXPIRED, OrderState.EXPIRED),
        (VenueOrderStatus.DELAYED, OrderState.LIVE),
        (VenueOrderStatus.OTHER, OrderState.LIVE),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
def test_one_that_is_over_is_kept_for_its_fills(
    status: VenueOrderStatus, state: OrderState, is_known: bool
) -> None:
    engine = ready_engine()
    if is_known:
        engine.process(seen())
    engine.process(seen(status=status, matched="3"))
    order = engine.account.orders[KEY]

    assert order.state is state
    assert bool(engine.account.reserved) is order.open
    engine.process(fill(order, "3", "1.20"))
    assert order.filled == micros("3")


def test_later_words_only_reduce_what_is_left() -> None:
    engine = ready_engine()
    for matched, left in [("5", "15"), ("8", "12"), ("2", "12"), ("8", "12")]:
        engine.process(seen(matched=matched))
        assert engine.account.orders[KEY].remaining == micros(left)


@pytest.mark.parametrize("command", [CancelAll(), Kill("by hand")])
def test_cancel_all_means_all(command: UserCommand) -> None:
    engine = ready_engine()
    engine.process(seen())
    mine = place(engine, price="0.40").intent.client_order_id

    commands = engine.process(ev.UserCommandGiven(T0, command))

    assert commands == (CancelOrder(KEY), CancelOrder(mine))


def test_an_unlisted_market_is_asked_for_and_its_fee_reserved_when_it_is_known() -> None:
    engine = Engine()
    engine.open_account(micros("1000"), T0)  # type: ignore[arg-type]

    assert engine.process(seen()) == (RequestMarkets((YES,)),)
    assert engine.account.free_cash == micros("992") - 10_000

    engine.process(ev.MarketsListed(T0 + SECOND, [market(fees=FeeSchedule(rate=50_000))]))
    assert engine.account.free_cash == micros("992") - micros("0.24") - 10_000
    assert engine.wanted_tokens() == {YES: None}


def test_an_order_type_nobody_knows_is_taken_as_resting() -> None:
    engine = ready_engine()
    engine.process(seen(kind="ICEBERG", token=NO))

    assert engine.account.orders[KEY].intent.time_in_force is TimeInForce.GTC
