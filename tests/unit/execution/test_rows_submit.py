"""Rows of the fault catalogue about orders on their way, beyond what the other files prove."""

from __future__ import annotations

from tests.unit.execution.rig import Rig, digest

from polydesk.domain import events as ev
from polydesk.execution.actions import Send, Sign


def test_f015_a_duplicate_that_turns_out_to_rest_is_told_as_resting() -> None:
    rig = Rig()
    rig.send()
    rig.placed("unknown", is_duplicate=True)
    assert [told.resting for told in rig.told(ev.OrderAccepted)] == [False]
    rig.answer("o1", "LIVE")
    rig.see_order("o1", "LIVE")
    assert [told.resting for told in rig.told(ev.OrderAccepted)] == [False, True]


def test_f001_an_executor_without_memory_sends_nothing_by_itself() -> None:
    rig = Rig()
    rig.wait(600)
    assert not rig.take(Sign)
    assert not rig.take(Send)
    assert not rig.executor.state.orders


def test_f005_a_reply_that_was_never_stored_is_found_again_by_its_digest() -> None:
    rig = Rig()
    rig.send()
    rig.wait(60)
    rig.take(object)
    rig.see_order("o1", "LIVE")
    assert rig.is_live()
    assert rig.kinds() == ["OrderSigned", "OrderSent", "OrderAccepted"]
    assert rig.pending().venue_order_id == digest("o1")
