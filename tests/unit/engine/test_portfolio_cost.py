"""A portfolio with a long past costs what is open and shown, and never shows the past as now."""

from __future__ import annotations

import pytest
from tests.builders import CONDITION, MS, NO, SECOND, T0, YES, levels, market, micros, ready_engine
from tests.builders import snapshot as book_frame
from tests.unit.engine.test_orders import fill, place
from tests.unit.engine.test_readmodel import views

from polydesk.domain import events as ev
from polydesk.domain.orders import Order
from polydesk.domain.units import PriceMicros
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.orders import OrderViews

DAY = 86_400 * SECOND


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the order rows that are written."""
    ids: list[str] = []
    write = OrderViews.row

    def counted(self: OrderViews, order: Order) -> object:
        ids.append(order.intent.client_order_id)
        return write(self, order)

    monkeypatch.setattr(OrderViews, "row", counted)
    return ids


def closed_orders(count: int) -> Engine:
    engine = ready_engine(cash="100000")
    for n in range(count):
        engine.process(fill(place(engine, ref=f"k{n}"), "10", "5", ref=f"f{n}"))
    return engine


def move_the_book(engine: Engine, n: int) -> None:
    sides = levels(("0.48", str(300 + n))), levels(("0.52", "200"))
    engine.process(book_frame(*sides, at=T0 + n * MS))


def test_a_moving_mark_writes_no_closed_order_again(built: list[str]) -> None:
    engine = closed_orders(30)
    portfolio = views(engine)[2]
    portfolio.portfolio()
    built.clear()

    for n in range(5):
        move_the_book(engine, n)
        assert len(portfolio.portfolio().orders) == 30

    assert not built


def test_a_late_fill_of_a_closed_order_is_shown() -> None:
    engine = ready_engine()
    portfolio = views(engine)[2]
    order = place(engine)
    engine.process(ev.OrderClosed(order.intent.client_order_id, T0, T0, expired=False))
    assert portfolio.portfolio().orders[0].filled == 0

    engine.process(fill(order, "1", "0.5", ref="late"))

    assert portfolio.portfolio().orders[0].filled == micros("1")


def test_panes_that_ask_for_the_same_moment_get_the_same_view() -> None:
    engine = closed_orders(1)
    portfolio = views(engine)[2]
    first = portfolio.portfolio()
    assert portfolio.portfolio() is first

    move_the_book(engine, 1)

    assert portfolio.portfolio() is not first


def test_a_new_day_and_a_new_point_of_the_curve_are_a_new_version() -> None:
    engine = closed_orders(1)
    portfolio = views(engine)[2]
    before = portfolio.version()
    portfolio.sample()
    assert portfolio.version() > before

    engine.process(ev.TimePassed(T0 + DAY))

    assert portfolio.portfolio().day_pnl == 0


def test_a_flat_position_takes_its_new_name_and_its_result() -> None:
    engine = closed_orders(1)
    portfolio = views(engine)[2]
    payouts = ((YES, PriceMicros(1_000_000)), (NO, PriceMicros(0)))
    engine.process(ev.MarketResolved(CONDITION, T0, T0, payouts))
    (row,) = portfolio.portfolio().positions
    assert (row.size, row.realised, row.resolved) == (0, micros("5"), True)

    engine.set_market(
        market(question="It rained", payouts=(PriceMicros(1_000_000), PriceMicros(0)))
    )

    view = portfolio.portfolio()
    assert view.positions[0].title == "It rained"
    assert view.realised == sum(row.realised for row in view.positions)
