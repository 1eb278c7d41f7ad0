"""Cancels go on until the venue says that the rest is gone."""

from __future__ import annotations

from tests.unit.execution.rig import Rig, digest

from polydesk.domain import events as ev
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.venue import CancelOutcome, OutcomeKind, VenueMode
from polydesk.execution import inputs as given


def test_f025_a_lost_answer_leaves_the_order_open_and_the_cancel_is_asked_again() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    assert rig.cancels() == [(digest("o1"),)]
    rig.not_canceled("o1", "time-out", kind="unknown")
    assert rig.is_live()
    rig.wait(3)
    assert rig.cancels() == [(digest("o1"),)]


def test_f025_fills_are_still_taken_while_a_cancel_is_out() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    rig.see_fill("o1", "t1", 30)
    assert rig.kinds()[-1] == "OrderFilled"


def test_f034_cancels_of_one_order_slow_down() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    requests = 0
    for _ in range(600):
        for (asked,) in rig.cancels():
            requests += 1
            rig.not_canceled(asked.removeprefix("0x"), "time-out", kind="unknown")
        rig.wait(1)
    assert 40 <= requests <= 46


def test_a_cancel_that_is_out_is_not_repeated() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    assert len(rig.cancels()) == 1
    rig.cancel()
    rig.wait(600)
    assert not rig.cancels()
    assert len(rig.told(ev.CancelAsked)) == 1


def test_canceled_is_believed_when_the_venue_has_said_how_much_was_matched() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    rig.canceled("o1")
    assert rig.is_live()
    rig.answer("o1", "CANCELED")
    assert rig.kinds()[-1] == "OrderClosed"
    assert not rig.is_live()


def test_f026_the_last_fill_before_a_cancel_is_booked_before_the_order_closes() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    rig.canceled("o1")
    rig.answer("o1", "CANCELED", matched=30)
    assert rig.kinds()[-1] == "OrderAccepted"
    rig.see_fill("o1", "t1", 30)
    assert rig.kinds()[-2:] == ["OrderFilled", "OrderClosed"]


def test_f026_both_orders_of_cancel_and_fill_end_the_same() -> None:
    first, second = Rig(), Rig()
    for rig in (first, second):
        rig.rest()
    first.see_fill("o1", "t1", 30)
    first.see_order("o1", "CANCELED", 30)
    second.see_order("o1", "CANCELED", 30)
    second.see_fill("o1", "t1", 30)
    assert first.kinds() == second.kinds()
    assert first.executor.digest()[1:3] == second.executor.digest()[1:3]


def test_f026_a_fill_after_the_end_is_booked_and_moves_nothing_else() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "CANCELED")
    assert rig.kinds()[-1] == "OrderClosed"
    rig.see_fill("o1", "t1", 30)
    assert rig.kinds()[-1] == "OrderFilled"
    assert not rig.is_live()


def test_f026_a_cancel_of_what_was_matched_is_looked_into() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    rig.not_canceled("o1", "order already matched")
    rig.answer("o1", "MATCHED", matched=100)
    rig.see_fill("o1", "t1", 100)
    assert rig.kinds()[-1] == "OrderFilled"
    assert not rig.is_live()


def test_not_found_is_a_question_and_no_answer() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    rig.not_canceled("o1", "Order not found or already canceled")
    assert rig.is_live()
    assert rig.asked() == [digest("o1")]


def test_a_yes_to_the_cancel_of_an_unknown_order_proves_that_it_was_there() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    rig.cancel()
    rig.canceled("o1")
    rig.find_nothing()
    assert rig.kinds()[-2:] == ["OrderAccepted", "OrderClosed"]


def test_f027_orders_wanted_gone_leave_in_one_request() -> None:
    rig = Rig()
    for name in ("o1", "o2", "o3"):
        rig.rest(name)
    for name in ("o1", "o2", "o3"):
        rig.executor.state.orders[ClientOrderId(name)].cancel_wanted = True
    rig.run_due()
    assert rig.cancels() == [(digest("o1"), digest("o2"), digest("o3"))]


def test_f027_an_order_in_flight_is_canceled_once_it_has_landed() -> None:
    rig = Rig()
    rig.rest("o1")
    rig.send("o2")
    rig.cancel("o1")
    rig.cancel("o2")
    assert rig.cancels() == [(digest("o1"),)]
    rig.placed("accepted", "o2", status="live")
    assert rig.cancels() == [(digest("o2"),)]


def test_f018_a_cancel_refused_by_a_restart_is_kept_and_asked_again() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    rig.cancels()
    outcome = CancelOutcome(
        OutcomeKind.UNAVAILABLE, text="restarting", mode=VenueMode.RESTARTING, retry_after_s=2.0
    )
    rig.tell(given.CancelsAnswered((digest("o1"),), outcome))
    assert rig.told(ev.VenueModeChanged)[-1].mode is VenueMode.RESTARTING
    rig.wait(4)
    assert rig.cancels() == [(digest("o1"),)]


def test_all_orders_wanted_gone_are_asked_for_at_once() -> None:
    rig = Rig()
    for number in range(1_001):
        rig.rest(f"n{number}")
    for pending in rig.executor.state.live.values():
        pending.cancel_wanted = True
    rig.run_due()
    assert [len(ids) for ids in rig.cancels()] == [1_001]


def test_a_cancel_of_an_order_that_is_over_or_unknown_does_nothing() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "CANCELED")
    rig.cancel()
    rig.cancel("never heard of")
    assert not rig.cancels()
    assert not rig.told(ev.CancelAsked)
