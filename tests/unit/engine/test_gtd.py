"""An order by hand that ends by itself."""

from __future__ import annotations

import pytest
from tests.builders import MS, SECOND, T0, YES, micros, ready_engine, snapshot
from tests.builders import levels as book_levels

from polydesk.domain import events as ev
from polydesk.domain.commands import PlaceOrder
from polydesk.domain.instruments import Side
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.engine.engine import Engine
from polydesk.runtime.pipeline import Pipeline

MINUTE = 60 * SECOND


def order_by_hand(engine: Engine, lasts_s: int) -> PlaceOrder:
    shares, price = ShareMicros(micros("10")), PriceMicros(micros("0.40"))
    return PlaceOrder(YES, Side.BUY, price, shares, "GTD", ref="r1", lasts_s=lasts_s)


def placed(engine: Engine, lasts_s: int) -> Order:
    engine.process(ev.UserCommandGiven(T0, order_by_hand(engine, lasts_s)))
    return list(engine.account.orders.values())[-1]


def test_it_states_a_minute_more_since_the_venue_drops_it_early() -> None:
    order = placed(ready_engine(), 300)
    assert order.state is OrderState.INTENT
    assert order.intent.expires_at == T0 + 6 * MINUTE


@pytest.mark.parametrize("lasts_s", [0, 119])
def test_one_that_would_end_at_once_is_denied_with_the_reason(lasts_s: int) -> None:
    order = placed(ready_engine(), lasts_s)
    assert order.state is OrderState.DENIED
    assert order.reason.startswith("EXPIRY_TOO_NEAR")


def test_on_paper_it_leaves_the_book_when_its_time_is_over() -> None:
    pipeline = Pipeline(ready_engine())
    pipeline.apply(ev.UserCommandGiven(T0, order_by_hand(pipeline.engine, 300)))
    (order,) = pipeline.engine.account.orders.values()
    pipeline.apply(ev.TimePassed(T0 + 4 * MINUTE))
    assert order.state is OrderState.LIVE
    bids, asks = book_levels(("0.39", "300")), book_levels(("0.50", "200"))
    pipeline.apply(snapshot(bids, asks, at=T0 + 4 * MINUTE))
    pipeline.apply(ev.TimePassed(T0 + 5 * MINUTE + 200 * MS))
    assert order.state is OrderState.EXPIRED
    assert not pipeline.engine.account.reserved
