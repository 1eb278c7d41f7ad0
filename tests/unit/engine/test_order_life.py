"""Every report moves an order along the table or changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from tests.builders import SECOND, T0, YES, micros, ready_engine
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.commands import PlaceOrder
from polydesk.domain.ids import ClientOrderId, VenueOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.orders import DUST, TRACE_KEPT, Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.engine.engine import Engine
from polydesk.engine.observer import SilentObserver

DIGEST = VenueOrderId("0xd1")


class Rows(SilentObserver):
    """Keeps the states a journal would be told."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def on_order(self, order: Order) -> None:
        self.states.append(str(order.state))


def signed(key: ClientOrderId) -> ev.OrderSigned:
    return ev.OrderSigned(key, DIGEST, T0, T0)


def sent(key: ClientOrderId) -> ev.OrderSent:
    return ev.OrderSent(key, T0, T0)


def unknown(key: ClientOrderId) -> ev.OrderUnknown:
    return ev.OrderUnknown(key, T0, T0, "the answer was lost")


def abandoned(key: ClientOrderId) -> ev.OrderAbandoned:
    return ev.OrderAbandoned(key, T0, T0, "it never arrived")


def accepted(key: ClientOrderId, *, resting: bool = True) -> ev.OrderAccepted:
    return ev.OrderAccepted(key, DIGEST, T0, T0, resting)


def closed(key: ClientOrderId) -> ev.OrderClosed:
    return ev.OrderClosed(key, T0, T0, expired=False, reason="canceled")


def rejected(key: ClientOrderId) -> ev.OrderRejected:
    return ev.OrderRejected(key, T0, T0, "no thanks")


def ordered() -> tuple[Engine, Order, ClientOrderId, Rows]:
    engine, rows = ready_engine(), Rows()
    engine.observer = rows
    order = place(engine, price="0.40")
    return engine, order, order.intent.client_order_id, rows


def test_the_way_of_a_live_order_is_kept_step_by_step() -> None:
    engine, order, key, rows = ordered()

    for step in (signed, sent, accepted, closed):
        engine.process(step(key))

    assert rows.states == ["INTENT", "SIGNED", "SENT", "LIVE", "CANCELED"]
    assert order.venue_order_id == DIGEST
    assert [step for _, step, _ in order.trace] == [
        "intent", "approved", "signed", "sent", "accepted", "canceled"
    ]  # fmt: skip
    assert order.trace[2] == (T0, "signed", DIGEST)


def test_an_unknown_order_keeps_its_money_and_its_slot_until_there_is_evidence() -> None:
    engine, order, key, _ = ordered()
    before = dict(engine.account.reserved)
    for step in (signed, sent, unknown):
        engine.process(step(key))

    assert (order.state, order.reason) == (OrderState.UNKNOWN, "the answer was lost")
    assert engine.account.reserved == before
    assert list(engine.account.open_orders) == [key]

    engine.process(accepted(key, resting=False))
    assert order.state is OrderState.LIVE


def test_an_order_that_never_arrived_frees_its_money() -> None:
    engine, order, key, _ = ordered()
    for step in (signed, sent, unknown, abandoned):
        engine.process(step(key))

    assert (order.state, order.reason) == (OrderState.ABANDONED, "it never arrived")
    assert engine.account.free_cash == micros("1000")
    engine.process(fill(order, "4", "1.6"))
    assert (order.state, order.filled) == (OrderState.ABANDONED, micros("4"))
    assert engine.account.ledger.cash == micros("998.4")


@pytest.mark.parametrize("step", [signed, sent, unknown, abandoned, accepted, closed, rejected])
def test_a_report_told_again_changes_nothing_and_records_nothing(step: Any) -> None:
    engine, order, key, rows = ordered()
    engine.process(sent(key))
    engine.process(step(key))
    told, trace, state = list(rows.states), list(order.trace), order.state

    for _ in range(3):
        engine.process(step(key))

    assert (rows.states, order.trace, order.state) == (told, trace, state)


@pytest.mark.parametrize("step", [signed, sent, unknown, abandoned, accepted, closed, rejected])
def test_nothing_but_fills_changes_an_order_that_is_over(step: Any) -> None:
    engine, order, key, rows = ordered()
    engine.process(closed(key))
    told = list(rows.states)

    engine.process(step(key))

    assert order.state is OrderState.CANCELED
    assert order.reason == "canceled"
    assert rows.states == told


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        ([accepted], OrderState.LIVE),
        ([closed], OrderState.CANCELED),
        ([rejected], OrderState.REJECTED),
        ([abandoned], OrderState.ABANDONED),
        ([signed, closed], OrderState.CANCELED),
        ([accepted, rejected], OrderState.CANCELED),
        ([accepted, abandoned], OrderState.LIVE),
        ([accepted, unknown], OrderState.LIVE),
        ([accepted, signed, sent], OrderState.LIVE),
        ([unknown], OrderState.INTENT),
        ([sent, unknown, sent], OrderState.UNKNOWN),
        ([sent, unknown, closed], OrderState.CANCELED),
    ],
)
def test_reports_in_any_order_never_break_the_table(steps: list[Any], end: OrderState) -> None:
    engine, order, key, _ = ordered()

    for step in steps:
        engine.process(step(key))

    assert order.state is end


def test_the_first_time_a_cancel_is_asked_for_is_kept() -> None:
    engine, order, key, _ = ordered()
    engine.process(ev.CancelAsked(key, T0 + 1, T0 + 1))
    engine.process(ev.CancelAsked(key, T0 + SECOND, T0 + SECOND))

    assert order.cancel_asked_at == T0 + 1
    engine.process(fill(order, "4", "1.6"))
    assert order.state is OrderState.PARTIAL


def test_what_is_learned_is_a_line_of_the_trace_and_traces_do_not_grow_for_ever() -> None:
    engine, order, key, rows = ordered()
    told = list(rows.states)
    for n in range(10 * TRACE_KEPT):
        engine.process(ev.OrderNoted(key, T0 + n, T0 + n, f"word {n}"))

    assert len(order.trace) == TRACE_KEPT
    assert order.trace[0][1] == "intent"
    assert order.trace[-1][2] == f"word {10 * TRACE_KEPT - 1}"
    assert rows.states == told


def test_reports_about_unknown_orders_are_counted() -> None:
    engine, _, _, _ = ordered()
    stranger = ClientOrderId("nobody")
    for step in (signed, sent, unknown, abandoned, accepted, closed, rejected):
        engine.process(step(stranger))
    engine.process(ev.CancelAsked(stranger, T0, T0))
    engine.process(ev.OrderNoted(stranger, T0, T0, "x"))

    assert engine.life.unknown.total() == 9
    assert engine.life.unknown["OrderSent"] == 1
    assert len(engine.account.orders) == 1


@pytest.mark.parametrize(("rest", "is_over"), [(DUST - 1, True), (DUST, False)])
def test_dust_closes_an_order(rest: int, is_over: bool) -> None:
    engine, order, _, _ = ordered()
    size = micros("10") - rest

    engine.process(fill(order, str(size / 1_000_000), "3"))

    assert order.remaining == rest
    assert order.open is not is_over
    assert bool(engine.account.reserved) is not is_over


@pytest.mark.parametrize(("kind", "words"), [("GTC", "resting"), ("FOK", "to be matched")])
def test_an_order_that_never_rests_is_not_said_to_rest(kind: str, words: str) -> None:
    engine = ready_engine()
    price, size = PriceMicros(micros("0.50")), ShareMicros(micros("10"))
    command = PlaceOrder(YES, Side.BUY, price, size, ref="k", time_in_force=kind)
    engine.process(ev.UserCommandGiven(T0, command))
    (order,) = engine.account.orders.values()

    engine.process(accepted(order.intent.client_order_id, resting=True))

    assert order.trace[-1][1:] == ("accepted", words)
