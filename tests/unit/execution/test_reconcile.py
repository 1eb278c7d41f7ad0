"""Looking at the venue: absence is a question."""

from __future__ import annotations

import pytest
from tests.unit.execution.rig import SHARE, Rig, digest, intent, leg, venue_order

from polydesk.domain import events as ev
from polydesk.domain.orders import Order, OrderState
from polydesk.execution import inputs as given
from polydesk.execution.actions import AskBalance, AskOpenOrders, AskTrades
from polydesk.execution.patience import SECOND
from polydesk.execution.restoring import Remembered


def readiness(rig: Rig) -> list[bool]:
    return [report.ready for report in rig.told(ev.ReadinessChanged)]


def test_a_session_is_ready_when_all_listings_were_read() -> None:
    rig = Rig(is_looking=True)
    assert readiness(rig) == [False]
    rig.take(AskBalance)
    rig.answer_looks()
    assert readiness(rig) == [False]
    rig.tell(given.ReadFailed("balance", "no line"))
    rig.wait(3)
    rig.answer_looks()
    assert readiness(rig) == [False, False, True]


def test_a_first_order_brings_the_next_look_forward() -> None:
    rig = Rig()
    rig.wait(1)
    rig.rest()
    rig.wait(6)
    assert rig.take(AskOpenOrders)
    assert rig.take(AskTrades)


@pytest.mark.parametrize("what", ["orders", "trades", "balance"])
def test_f034_a_listing_that_cannot_be_read_is_asked_for_again_after_a_pause(what: str) -> None:
    rig = Rig(is_looking=True)
    kinds = {"orders": AskOpenOrders, "trades": AskTrades, "balance": AskBalance}
    tries = 0
    for _ in range(60):
        for action in rig.take(kinds[what]):
            del action
            tries += 1
            rig.tell(given.ReadFailed(what, "no line"))
        rig.wait(1)
    assert 25 <= tries <= 31


def test_f061_when_the_line_comes_back_everything_is_looked_up_and_nothing_sent() -> None:
    rig = Rig()
    rig.rest()
    rig.tell(given.UserLineChanged(up=True))
    rig.run_due()
    assert rig.take(AskOpenOrders)
    assert rig.take(AskTrades)
    assert rig.take(AskBalance)
    assert not rig.actions


def test_f061_without_a_line_the_desk_looks_more_often() -> None:
    rig = Rig()
    rig.rest()
    looks = 0
    for _ in range(60):
        rig.wait(1)
        looks += sum(isinstance(action, AskOpenOrders) for action in rig.actions)
        rig.answer_looks([venue_order("o1")])
        assert not rig.asked()
    assert 9 <= looks <= 13


def test_f061_a_fill_missed_by_the_line_is_found_in_the_listing() -> None:
    rig = Rig()
    rig.rest()
    rig.wait(21)
    rig.answer_looks([venue_order("o1", matched=30)], [leg("o1", "t1", 30, at=rig.now)])
    assert rig.kinds()[-1] == "OrderFilled"


def test_f004_f020_an_order_missing_from_a_listing_is_asked_for() -> None:
    rig = Rig()
    rig.rest()
    rig.wait(21)
    rig.answer_looks([])
    assert rig.asked() == [digest("o1")]
    assert rig.is_live()


def test_f020_a_wiped_order_is_gone_after_several_looks_and_is_told_once() -> None:
    rig = Rig()
    rig.rest()
    rig.wait(21)
    rig.find_nothing()
    assert rig.kinds().count("OrderClosed") == 1
    assert not rig.is_live()


def test_f020_fills_before_the_wipe_are_booked_first() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "LIVE", 30)
    rig.tell(given.OpenOrdersListed((), rig.now + 1))
    for _ in range(40):
        rig.wait(0.5)
        for _ in rig.asked():
            rig.answer("o1", None)
        rig.answer_looks()
    assert rig.is_live()
    rig.answer_looks()
    rig.see_fill("o1", "t1", 30)
    assert rig.kinds()[-2:] == ["OrderFilled", "OrderClosed"]


def test_one_look_that_finds_nothing_is_not_believed() -> None:
    rig = Rig()
    rig.rest()
    rig.tell(given.OpenOrdersListed((), rig.now + 1))
    rig.asked()
    rig.answer("o1", None)
    rig.wait(2)
    assert rig.is_live()


def test_looks_that_find_it_again_begin_the_count_anew() -> None:
    rig = Rig()
    rig.rest()
    rig.tell(given.OpenOrdersListed((), rig.now + 1))
    for status in (None, None, "LIVE", None, None):
        rig.asked()
        rig.answer("o1", status)
        rig.wait(3)
        rig.answer_looks()
    assert rig.is_live()


def test_a_listing_begun_before_an_order_was_sent_says_nothing_about_it() -> None:
    rig = Rig()
    started = rig.now
    rig.now += SECOND
    rig.rest()
    rig.tell(given.OpenOrdersListed((), started))
    assert not rig.asked()


def test_absence_in_listings_begun_before_the_window_ended_proves_nothing() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    sent = rig.now
    rig.wait(50)
    rig.asked()
    for _ in range(10):
        rig.tell(given.OrderAnswered(digest("o1"), None, sent + 10 * SECOND))
        rig.asked()
        rig.tell(given.OpenOrdersListed((), sent + 10 * SECOND))
        rig.tell(given.TradesListed((), 0, sent + 10 * SECOND))
    assert rig.is_live()


def test_an_answer_that_could_not_be_read_is_no_absence() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    rig.wait(60)
    for _ in range(10):
        rig.asked()
        rig.tell(given.OrderAnswered(digest("o1"), None, rig.now, is_read=False))
        rig.wait(6)
        rig.answer_looks()
    assert rig.is_live()


def test_f034_questions_about_one_order_slow_down_to_one_in_five_seconds() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    questions = 0
    for _ in range(200):
        for _ in rig.asked():
            questions += 1
            rig.tell(given.OrderAnswered(digest("o1"), None, rig.now, is_read=False))
        rig.wait(1)
        rig.answer_looks([venue_order("o2")])
    assert 40 <= questions <= 46


def test_trades_are_listed_from_before_the_oldest_order_that_is_in_doubt() -> None:
    rig = Rig()
    rig.rest()
    created = rig.now
    rig.wait(600)
    rig.see_order("o1", "LIVE", 40)
    rig.answer_looks([venue_order("o1", "LIVE", 40)])
    rig.wait(30)
    (asked,) = rig.take(AskTrades)
    assert asked.after_ns == created - 120 * SECOND


def test_the_balance_is_passed_on_for_the_tokens_of_open_orders() -> None:
    rig = Rig()
    rig.rest()
    rig.wait(21)
    (asked,) = rig.take(AskBalance)
    assert asked.token_ids == ("111",)
    rig.tell(given.BalanceRead(5, 6, (("111", 7 * SHARE),), rig.now))  # type: ignore[arg-type]
    told = rig.told(ev.BalanceReported)[-1]
    assert (told.cash, told.allowance, told.shares) == (5, 6, (("111", 7_000_000),))


def test_an_idle_desk_looks_once_a_minute() -> None:
    rig = Rig()
    rig.tell(given.UserLineChanged(up=True))
    looks = 0
    for _ in range(600):
        rig.wait(1)
        looks += sum(isinstance(action, AskOpenOrders) for action in rig.actions)
        rig.answer_looks()
    assert 9 <= looks <= 12


def test_while_the_venue_cannot_be_read_the_reason_is_told_once() -> None:
    rig = Rig(is_looking=True)
    for _ in range(3):
        rig.tell(given.ReadFailed("orders", "401 Unauthorized\x1b[2J"))
        rig.tell(given.ReadFailed("trades", "no line"))
    words = [report.reason for report in rig.told(ev.ReadinessChanged)]
    assert words[1:] == [
        "the venue's orders cannot be read: 401 Unauthorized[2J",
        "the venue's trades cannot be read: no line",
    ]
    rig.take(AskTrades)
    rig.wait(3)
    rig.answer_looks()
    assert readiness(rig)[-1] is True
    rig.tell(given.ReadFailed("orders", "no line"))
    assert readiness(rig)[-1] is True


def test_an_order_that_cannot_be_read_at_the_start_says_why_nothing_is_sent() -> None:
    first = Rig()
    first.rest()
    order = Order(intent(), OrderState.LIVE, venue_order_id=digest("o1"))
    rig = Rig(Remembered(orders=(order,)), is_looking=True)
    rig.tell(given.OrderAnswered(digest("o1"), None, rig.now, is_read=False, reason="not an order"))
    assert rig.told(ev.ReadinessChanged)[-1].reason == "an order cannot be read: not an order"


def test_an_order_that_rests_in_peace_does_not_widen_the_listing_of_trades() -> None:
    rig = Rig()
    rig.rest()
    rig.wait(7 * 86_400)
    rig.answer_looks([venue_order("o1")])
    rig.wait(30)
    (wanted,) = rig.take(AskTrades)
    assert rig.now - wanted.after_ns < 200 * SECOND


def test_an_order_that_lives_on_after_the_venue_said_it_was_canceled_is_canceled_again() -> None:
    rig = Rig()
    rig.rest()
    rig.cancel()
    assert rig.cancels() == [(digest("o1"),)]
    rig.canceled("o1")
    rig.answer("o1", "LIVE")
    assert rig.cancels() == []
    rig.wait(15)
    rig.answer("o1", "LIVE")
    assert rig.cancels() == [(digest("o1"),)]
    assert rig.is_live()
    rig.answer("o1", "CANCELED")
    assert rig.kinds()[-1] == "OrderClosed"


def test_readings_that_lag_do_not_take_an_order_for_gone_that_was_just_accepted() -> None:
    rig = Rig()
    rig.rest()
    rig.tell(given.OpenOrdersListed((), rig.now + 1))
    rig.find_nothing(seconds=9)
    assert rig.is_live()
    rig.answer("o1", "LIVE")
    rig.find_nothing(seconds=9)
    assert rig.is_live()


def test_an_unknown_order_is_asked_about_until_an_answer_says_where_it_is() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown", text="timed out")
    rig.asked()

    rig.answer("o1", "OTHER")

    rig.find_nothing("o1", seconds=300)
    assert rig.kinds()[-1] == "OrderAbandoned"
