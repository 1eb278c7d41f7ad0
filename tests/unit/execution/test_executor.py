"""What holds for the executor as a whole: time, memory, repeatability."""

from __future__ import annotations

import random

from tests.unit.execution.rig import Rig, leg, venue_order

from polydesk.domain import events as ev
from polydesk.domain.orders import LATE_NS
from polydesk.execution import inputs as given
from polydesk.execution.actions import AskOpenOrders
from polydesk.execution.patience import SECOND
from polydesk.execution.pending import ORDERS_KEPT


def test_time_that_steps_back_is_not_believed() -> None:
    rig = Rig()
    rig.rest()
    before = rig.executor.state.now
    rig.now -= 3_600 * SECOND
    rig.see_order("o1", "LIVE")
    assert rig.executor.state.now == before


def test_what_is_due_is_done_once_and_then_lies_ahead() -> None:
    rig = Rig()
    rig.rest()
    rig.send("o2")
    rig.placed("unknown", "o2")
    rig.cancel("o1")
    for _ in range(2_000):
        due = rig.executor.next_due()
        if due is None:
            break
        rig.now = max(rig.now, due)
        rig.run_due()
        following = rig.executor.next_due()
        assert following is None or following > rig.now


def _noise(seed: int) -> Rig:
    """Tell an executor random words in a random order, each answer to a question it asked."""
    chance, rig = random.Random(seed), Rig()
    for number in range(6):
        rig.send(f"o{number}")
    for _ in range(400):
        name = f"o{chance.randrange(6)}"
        choice = chance.randrange(7)
        if choice == 0:
            status = chance.choice(["LIVE", "MATCHED", "CANCELED", "EXPIRED", "DELAYED", "OTHER"])
            rig.see_order(name, status, chance.choice([0, 30, 60, 100]))
        elif choice == 1:
            status = chance.choice(["MATCHED", "MINED", "RETRYING", "CONFIRMED", "FAILED"])
            rig.see_fill(name, f"t{chance.randrange(3)}-{name}", 30, status)
        elif choice == 2:
            rig.placed(
                chance.choice(["accepted", "rejected", "unknown", "unavailable"]),
                name,
                status="live",
            )
        elif choice == 3:
            rig.cancel(name)
        elif choice == 4:
            for found in rig.asked():
                rig.answer(found.removeprefix("0x"), chance.choice([None, "LIVE", "CANCELED"]), 30)
        elif choice == 5:
            rig.answer_looks([venue_order(name)], [leg(name, f"t9-{name}", 10)])
            for ids in rig.cancels():
                rig.canceled(*(found.removeprefix("0x") for found in ids))
        else:
            rig.wait(chance.choice([0.1, 2, 30]))
    return rig


def test_any_words_in_any_order_leave_no_order_told_over_twice() -> None:
    ends = {"OrderClosed", "OrderRejected", "OrderAbandoned"}
    for seed in range(60):
        rig = _noise(seed)
        for number in range(6):
            told = rig.kinds(f"o{number}")
            over = [at for at, kind in enumerate(told) if kind in ends]
            assert len(over) <= 1, (seed, told)
            after = told[over[0] + 1 :] if over else []
            assert set(after) <= {"OrderFilled", "FillSettled"}, (seed, told)


def test_i13_any_words_in_any_order_tell_each_fill_once() -> None:
    for seed in range(60):
        rig = _noise(seed)
        keys = [(r.fill.trade_id, r.fill.client_order_id) for r in rig.told(ev.OrderFilled)]
        assert len(keys) == len(set(keys)), seed
        ends = [(r.trade_id, r.client_order_id) for r in rig.told(ev.FillSettled)]
        assert len(ends) == len(set(ends)), seed


def test_i40_the_same_words_give_the_same_executor() -> None:
    assert _noise(7).executor.digest() == _noise(7).executor.digest()


def test_finished_orders_are_forgotten_beyond_a_bound() -> None:
    rig = Rig()
    for number in range(ORDERS_KEPT + ORDERS_KEPT // 4 + 10):
        rig.submit(f"n{number}")
        rig.tell(given.NotSigned(f"n{number}", "no"))  # type: ignore[arg-type]
        rig.reports.clear()
        rig.actions.clear()
    assert len(rig.executor.state.orders) <= ORDERS_KEPT + ORDERS_KEPT // 4


def _crowd(rig: Rig) -> None:
    """Have more orders pass than are kept."""
    for number in range(ORDERS_KEPT + ORDERS_KEPT // 4 + 10):
        rig.now += 1_000
        rig.submit(f"n{number}")
        rig.tell(given.NotSigned(f"n{number}", "no"))  # type: ignore[arg-type]
        rig.reports.clear()
        rig.actions.clear()


def test_i13_a_fill_of_a_forgotten_order_is_not_taken_for_a_strangers() -> None:
    rig = Rig()
    rig.rest("old")
    rig.see_fill("old", "t1", 100, "CONFIRMED", at=rig.now)
    matched_at = rig.now
    rig.now += LATE_NS
    _crowd(rig)
    assert "old" not in rig.executor.state.orders
    rig.tell(given.TradesListed((leg("old", "t1", 100, "CONFIRMED", at=matched_at),), 0, rig.now))
    rig.see_fill("old", "t1", 100, "CONFIRMED", at=matched_at)
    assert not rig.told(ev.OrderFilled)
    assert not rig.executor.state.strangers


def test_i13_a_fill_told_after_its_order_has_just_ended_is_booked_in_a_crowd_too() -> None:
    rig = Rig()
    rig.rest("old")
    rig.see_order("old", "CANCELED")
    matched_at = rig.now
    _crowd(rig)

    rig.see_fill("old", "t1", 40, "CONFIRMED", at=matched_at)

    assert len(rig.told(ev.OrderFilled)) == 1


def test_an_order_with_an_unsettled_fill_is_not_forgotten() -> None:
    rig = Rig()
    rig.rest("old")
    rig.see_fill("old", "t1", 100, at=rig.now)
    for number in range(ORDERS_KEPT + ORDERS_KEPT // 4 + 10):
        rig.submit(f"n{number}")
        rig.tell(given.NotSigned(f"n{number}", "no"))  # type: ignore[arg-type]
        rig.actions.clear()
    assert "old" in rig.executor.state.orders


def test_actions_are_taken_once() -> None:
    rig = Rig(is_looking=True)
    rig.run_due()
    assert rig.take(AskOpenOrders)
    assert rig.executor.take_actions() == []
