"""An approved order is handed over before anything that is only told of it."""

from __future__ import annotations

from tests.builders import LEADER, leader_trade, ready_engine

from polydesk.domain.approval import Approved
from polydesk.domain.commands import SubmitOrder
from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import UsdMicros
from polydesk.engine.observer import SilentObserver


class Told(SilentObserver):
    """Remembers what came when."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, object]] = []

    def take(self, approved: Approved) -> None:
        self.steps.append(("handed over", approved))

    def on_order(self, order: Order) -> None:
        self.steps.append(("order", order.state))

    def on_decision(self, decision: Decision) -> None:
        self.steps.append(("decision", decision.verdict))


def test_the_order_goes_first_and_is_no_command_too() -> None:
    engine, told = ready_engine(), Told()
    engine.observer, engine.hand_over = told, told.take

    assert not engine.process(leader_trade())

    (_, approved), *rest = told.steps
    assert isinstance(approved, Approved)
    assert approved.intent.leader == LEADER
    assert rest == [("order", OrderState.INTENT), ("decision", Verdict.COPIED)]


def test_whoever_takes_it_finds_the_order_kept_and_its_cash_reserved() -> None:
    engine = ready_engine()
    found: list[UsdMicros] = []

    def look(approved: Approved) -> None:
        key = approved.intent.client_order_id
        assert key in engine.account.open_orders
        found.append(engine.account.reserved[key])

    engine.hand_over = look
    engine.process(leader_trade())
    assert found
    assert found[0] > 0


def test_the_same_orders_are_made_either_way() -> None:
    by_command, by_hand, taken = ready_engine(), ready_engine(), list[Approved]()
    by_hand.hand_over = taken.append
    commands = by_command.process(leader_trade())
    by_hand.process(leader_trade())

    assert [SubmitOrder(approved) for approved in taken] == list(commands)
    assert by_hand.decisions[-1] == by_command.decisions[-1]


def test_a_denied_order_is_not_handed_over() -> None:
    engine, taken = ready_engine(cash="0"), list[Approved]()
    engine.hand_over = taken.append
    engine.process(leader_trade())

    assert not taken
    assert engine.decisions[-1].verdict is Verdict.SKIPPED
