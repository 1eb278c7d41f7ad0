"""From approval to the venue's answer."""

from __future__ import annotations

import pytest
from tests.unit.execution.rig import O1, O2, Rig, digest, intent

from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.units import UsdMicros
from polydesk.domain.venue import VenueMode
from polydesk.errors import InvariantError
from polydesk.execution import inputs as given
from polydesk.execution.actions import Record, Send, Sign
from polydesk.execution.submit import CANCELED_IN_HAND, TOO_OLD


def test_f003_nothing_is_sent_before_the_signature_is_on_disk() -> None:
    rig = Rig()
    rig.submit()
    assert [type(action) for action in rig.actions] == [Sign]
    rig.sign()
    assert [type(action) for action in rig.actions] == [Record]
    assert rig.pending().approved is None
    rig.record()
    assert [type(action) for action in rig.actions] == [Send]
    assert rig.kinds() == ["OrderSigned", "OrderSent"]


def test_an_accepted_order_is_told_once() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "LIVE")
    assert rig.kinds() == ["OrderSigned", "OrderSent", "OrderAccepted"]
    assert rig.told(ev.OrderAccepted)[0].resting


def test_one_identity_is_submitted_once() -> None:
    rig = Rig()
    rig.submit()
    with pytest.raises(InvariantError, match="twice"):
        rig.executor.submit(Approved(intent(), UsdMicros(0), None), rig.now)


def test_a_signature_that_repeats_another_orders_is_never_sent() -> None:
    rig = Rig()
    rig.rest("o1")
    rig.submit("o2")
    rig.tell(given.Signed(O2, digest("o1")))
    assert rig.kinds("o2") == ["OrderAbandoned"]
    assert not rig.take(Record)


def test_f002_an_order_that_could_not_be_signed_is_abandoned() -> None:
    rig = Rig()
    rig.submit()
    rig.tell(given.NotSigned(O1, "the signer is gone"))
    assert rig.kinds() == ["OrderAbandoned"]
    assert not rig.is_live()
    rig.sign()
    assert not rig.take(Record)


def test_f032_f033_a_signer_that_refuses_ends_the_order_in_its_words() -> None:
    rig = Rig()
    rig.submit()
    rig.tell(given.NotSigned(O1, "above the signer's cap"))
    assert rig.told(ev.OrderAbandoned)[0].reason == "above the signer's cap"


def test_f089_an_order_the_journal_could_not_take_is_never_sent() -> None:
    rig = Rig()
    rig.submit()
    rig.sign()
    rig.tell(given.NotRecorded(O1, "disk full"))
    rig.record()
    assert rig.kinds() == ["OrderSigned", "OrderAbandoned"]
    assert not rig.take(Send)


def test_an_order_the_rim_held_back_is_abandoned() -> None:
    rig = Rig()
    rig.send()
    rig.tell(given.Withheld(O1, "the kill switch is on"))
    assert rig.kinds()[-1] == "OrderAbandoned"


def test_a_withheld_word_that_comes_late_changes_nothing() -> None:
    rig = Rig()
    rig.rest()
    rig.tell(given.Withheld(O1, "too late"))
    assert rig.is_live()


def test_an_order_canceled_in_hand_is_never_sent() -> None:
    rig = Rig()
    rig.submit()
    rig.sign()
    rig.cancel()
    rig.record()
    assert not rig.take(Send)
    assert not rig.cancels()
    assert rig.told(ev.OrderAbandoned)[0].reason == CANCELED_IN_HAND


def test_f010_an_approval_that_waited_too_long_is_not_sent() -> None:
    rig = Rig()
    rig.submit()
    rig.sign()
    rig.now += 5_000_000_001
    rig.record()
    assert not rig.take(Send)
    assert rig.told(ev.OrderAbandoned)[0].reason == TOO_OLD


def test_f009_a_lost_reply_is_unknown_until_the_order_is_found() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown", text="time-out")
    assert rig.kinds()[-1] == "OrderUnknown"
    assert rig.asked() == [digest("o1")]
    rig.answer("o1", "LIVE")
    assert rig.kinds()[-1] == "OrderAccepted"
    assert not rig.take(Sign)
    assert not rig.take(Send)


def test_f009_a_lost_reply_is_resolved_by_a_fill_alone() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    rig.see_fill("o1", "t1", 40)
    assert rig.kinds()[-2:] == ["OrderAccepted", "OrderFilled"]


def test_f010_an_order_that_never_arrived_is_given_up_after_its_window_and_every_look() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown", text="time-out")
    rig.find_nothing(seconds=44)
    assert rig.kinds()[-1] == "OrderUnknown"
    rig.find_nothing(seconds=16)
    assert rig.kinds()[-1] == "OrderAbandoned"
    assert not rig.take(Sign)
    assert not rig.take(Send)


def test_f010_silence_alone_never_ends_an_order() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    rig.wait(86_400)
    assert rig.is_live()
    assert rig.kinds()[-1] == "OrderUnknown"


def test_f011_a_zombie_that_comes_alive_within_its_window_is_adopted() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    rig.find_nothing(seconds=40)
    rig.see_order("o1", "LIVE")
    assert rig.kinds()[-1] == "OrderAccepted"
    assert not rig.cancels()


def test_f011_a_zombie_wanted_gone_is_canceled_when_it_comes() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown")
    rig.cancel()
    assert rig.cancels() == [(digest("o1"),)]
    rig.not_canceled("o1", "Order not found or already canceled")
    rig.see_order("o1", "LIVE")
    rig.wait(20)
    assert rig.cancels() == [(digest("o1"),)]
    rig.canceled("o1")
    assert rig.asked()
    rig.answer("o1", "CANCELED")
    assert rig.kinds()[-1] == "OrderClosed"


def test_f012_f016_an_answer_that_says_nothing_is_unknown() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown", text="could not run the execution")
    assert rig.told(ev.OrderUnknown)[0].reason == "could not run the execution"


def test_f013_f014_a_refusal_ends_the_order_in_the_venues_words() -> None:
    rig = Rig()
    rig.send()
    rig.placed("rejected", text="not enough balance / allowance")
    assert rig.kinds()[-1] == "OrderRejected"
    assert rig.told(ev.OrderRejected)[0].reason == "not enough balance / allowance"
    assert not rig.is_live()


def test_f015_duplicated_proves_an_earlier_copy_and_nothing_more() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown", text="order 0xo1 is invalid. Duplicated.", is_duplicate=True)
    assert "OrderRejected" not in rig.kinds()
    assert "OrderFilled" not in rig.kinds()
    assert rig.kinds()[-1] == "OrderAccepted"
    assert rig.asked() == [digest("o1")]


def test_f015_a_duplicate_that_the_venue_forgot_is_gone_and_not_called_never_arrived() -> None:
    rig = Rig()
    rig.send()
    rig.placed("rejected", text="Duplicated.", is_duplicate=True)
    rig.find_nothing()
    assert rig.kinds()[-1] == "OrderClosed"


def test_f015_duplicated_may_turn_out_to_be_killed() -> None:
    rig = Rig()
    rig.send(time_in_force="FOK")
    rig.placed("unknown", is_duplicate=True)
    rig.answer("o1", "CANCELED")
    assert rig.kinds()[-2:] == ["OrderAccepted", "OrderClosed"]


@pytest.mark.parametrize("mode", [VenueMode.RESTARTING, VenueMode.CANCEL_ONLY])
def test_f017_f018_f021_a_venue_that_takes_nothing_leaves_no_order(mode: VenueMode) -> None:
    rig = Rig()
    rig.send()
    rig.placed("unavailable", text="not now", mode=mode)
    assert rig.kinds()[-1] == "OrderAbandoned"
    assert not rig.is_live()


def test_f024_every_order_of_a_batch_has_its_own_outcome() -> None:
    rig = Rig()
    for name in ("o1", "o2", "o3"):
        rig.send(name)
    rig.placed("accepted", "o1", status="live")
    rig.placed("rejected", "o2", text="no")
    rig.placed("unknown", "o3")
    ends = [rig.kinds(name)[-1] for name in ("o1", "o2", "o3")]
    assert ends == ["OrderAccepted", "OrderRejected", "OrderUnknown"]


def test_f024_a_rejection_does_not_undo_what_the_venue_has_shown() -> None:
    rig = Rig()
    rig.send()
    rig.see_fill("o1", "t1", 10)
    rig.placed("rejected", text="no")
    assert "OrderRejected" not in rig.kinds()
    assert rig.is_live()


def test_a_reply_that_the_user_stream_overtook_moves_nothing_twice() -> None:
    rig = Rig()
    rig.send()
    rig.see_order("o1", "LIVE")
    rig.placed("accepted", status="live")
    assert rig.kinds().count("OrderAccepted") == 1


def test_a_reply_that_announces_a_match_is_followed_up_even_when_the_stream_was_first() -> None:
    rig = Rig()
    rig.send()
    rig.see_order("o1", "LIVE")
    rig.placed("accepted", status="matched")
    rig.wait(1.5)
    assert rig.asked() == [digest("o1")]


def test_a_held_order_is_neither_filled_nor_failed_and_is_asked_about() -> None:
    rig = Rig()
    rig.send()
    rig.placed("accepted", status="delayed")
    assert rig.kinds()[-1] == "OrderSent"
    rig.wait(2.5)
    assert rig.asked() == [digest("o1")]
    rig.answer("o1", "UNMATCHED")
    assert rig.kinds()[-1] == "OrderRejected"


def test_f025_a_cancel_asked_while_the_order_leaves_goes_out_after_its_answer() -> None:
    rig = Rig()
    rig.send()
    rig.cancel()
    assert not rig.cancels()
    rig.placed("unknown")
    assert rig.cancels() == [(digest("o1"),)]
