"""What a desk keeps in memory after many days."""

from __future__ import annotations

import pytest
from tests.builders import T0, leader_trade, micros, ready_engine
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.commands import Kill
from polydesk.domain.orders import LATE_NS, OrderState
from polydesk.engine import account
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.summary import summarise


def test_a_killed_desk_denies_all_day_and_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "ORDERS_KEPT", 40)
    engine = ready_engine()
    resting = place(engine, price="0.40")
    engine.process(ev.UserCommandGiven(T0, Kill("by hand")))

    for n in range(500):
        engine.process(leader_trade(ref=f"t{n}"))

    assert len(engine.account.orders) <= 50
    assert engine.account.orders[resting.intent.client_order_id] is resting
    newest = [order.intent.leader_trade for order in engine.account.orders.values()][-1]
    assert newest == "t499"
    assert summarise(Pipeline(engine))["orders"] == {"DENIED": 500, "INTENT": 1}
    assert resting.state is OrderState.INTENT


def test_an_order_the_venue_had_is_kept_for_a_late_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "ORDERS_KEPT", 40)
    engine = ready_engine()
    order = place(engine, price="0.40")
    key = order.intent.client_order_id
    engine.process(ev.OrderClosed(key, T0, T0, expired=False, reason="canceled"))
    engine.process(ev.UserCommandGiven(T0, Kill("by hand")))
    for n in range(500):
        engine.process(leader_trade(ref=f"t{n}"))

    engine.process(fill(order, "4", "1.6"))
    assert order.filled == micros("4")

    for n in range(50):
        engine.process(leader_trade(ref=f"u{n}", at=T0 + LATE_NS + 1))
    assert key not in engine.account.orders
