"""The venue's word about orders: repeated, late, and about orders nobody here made."""

from __future__ import annotations

import pytest
from tests.unit.execution.rig import SHARE, T0, Rig, digest, venue_order

from polydesk.domain import events as ev
from polydesk.domain.intents import Origin, TimeInForce
from polydesk.domain.units import ShareMicros
from polydesk.execution import inputs as given
from polydesk.execution.patience import SECOND
from polydesk.execution.reports import CAME_ALIVE


def given_up(rig: Rig) -> None:
    """Bring an order to its end by proof of absence."""
    rig.send()
    rig.placed("unknown")
    rig.find_nothing()
    assert rig.kinds()[-1] == "OrderAbandoned"


@pytest.mark.parametrize("end", ["CANCELED", "EXPIRED", "MATCHED"])
def test_f026_an_old_word_after_the_end_changes_nothing(end: str) -> None:
    rig = Rig()
    rig.rest()
    if end == "MATCHED":
        rig.see_fill("o1", "t1", 100)
    rig.see_order("o1", end, 100 if end == "MATCHED" else 0)
    before = len(rig.reports)
    for status in ("LIVE", "LIVE", "DELAYED", "CANCELED", "MATCHED"):
        rig.see_order("o1", status)
    assert len(rig.reports) == before
    assert not rig.is_live()
    assert not rig.cancels()


def test_f049_an_order_canceled_by_the_end_of_its_market_closes_with_its_reason() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "CANCELED", status_text="CANCELED_MARKET_RESOLVED")
    assert rig.told(ev.OrderClosed)[0].reason == "CANCELED_MARKET_RESOLVED"


def test_an_expired_order_is_told_as_expired() -> None:
    rig = Rig()
    rig.rest(time_in_force="GTD")
    rig.see_order("o1", "EXPIRED")
    assert rig.told(ev.OrderClosed)[0].expired


@pytest.mark.parametrize(("early_ms", "expired"), [(-5_000, True), (500, True), (5_000, False)])
def test_a_cancel_that_comes_when_its_time_is_over_is_its_expiry(
    early_ms: int, expired: bool
) -> None:
    rig = Rig()
    # It leaves the book a minute before it expires.
    rig.rest(time_in_force=TimeInForce.GTD, expires_at=(rig.now // SECOND + 300) * SECOND)
    rig.now = (rig.now // SECOND + 240) * SECOND - early_ms * 1_000_000
    rig.see_order("o1", "CANCELED")
    closed = rig.told(ev.OrderClosed)[0]
    assert closed.expired is expired
    assert closed.reason == ("its time is over" if expired else "CANCELED")


def test_a_cancel_that_was_asked_for_is_no_expiry() -> None:
    rig = Rig()
    rig.rest(time_in_force=TimeInForce.GTD, expires_at=(rig.now // SECOND + 300) * SECOND)
    rig.now += 299 * SECOND
    rig.cancel("o1")
    rig.see_order("o1", "CANCELED")
    assert not rig.told(ev.OrderClosed)[0].expired


def test_f042_a_matched_order_stays_open_until_its_fills_are_known() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "MATCHED", 100)
    assert rig.is_live()
    rig.see_fill("o1", "t1", 60)
    assert rig.is_live()
    rig.see_fill("o1", "t2", 40)
    assert not rig.is_live()
    assert "OrderClosed" not in rig.kinds()


def test_f043_dust_of_a_matched_order_does_not_keep_it_open() -> None:
    rig = Rig()
    rig.rest()
    rig.see_fill("o1", "t1", 0, size=ShareMicros(100 * SHARE - 9_999))
    assert not rig.is_live()


@pytest.mark.parametrize("kind", [TimeInForce.FAK, TimeInForce.FOK])
def test_the_rest_of_an_order_that_never_rests_is_gone_with_its_match(kind: TimeInForce) -> None:
    rig = Rig()
    rig.send(time_in_force=kind)
    rig.placed("accepted", status="matched")
    rig.see_order("o1", "MATCHED", 40)
    rig.see_fill("o1", "t1", 40)
    assert rig.kinds()[-2:] == ["OrderFilled", "OrderClosed"]


def test_f047_a_count_that_trades_do_not_explain_keeps_the_order_open_and_is_looked_into() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "CANCELED", 40)
    rig.wait(1.5)
    assert rig.is_live()
    rig.answer_looks()
    assert "OrderFilled" not in rig.kinds()
    assert rig.executor.next_due() is not None
    rig.see_fill("o1", "t1", 40)
    assert rig.kinds()[-2:] == ["OrderFilled", "OrderClosed"]


def test_f047_looking_for_missing_fills_slows_down() -> None:
    rig = Rig()
    rig.rest()
    rig.see_order("o1", "CANCELED", 40)
    looks = 0
    for _ in range(600):
        rig.wait(1)
        looks += sum(type(action).__name__ == "AskTrades" for action in rig.actions)
        rig.answer_looks()
        for found in rig.asked():
            rig.answer(found.removeprefix("0x"), "CANCELED", 40)
    assert 30 <= looks <= 200


def test_f011_an_order_given_up_that_shows_up_is_canceled() -> None:
    rig = Rig()
    given_up(rig)
    rig.see_order("o1", "LIVE")
    assert rig.cancels() == [(digest("o1"),)]
    assert rig.told(ev.OrderNoted)[-1].words == CAME_ALIVE
    rig.canceled("o1")
    rig.answer("o1", "CANCELED")
    assert not rig.is_live()
    assert rig.kinds()[-1] == "OrderAbandoned"


def test_f011_what_an_order_given_up_has_filled_is_booked() -> None:
    rig = Rig()
    given_up(rig)
    rig.see_fill("o1", "t1", 100)
    assert rig.kinds()[-2:] == ["OrderAbandoned", "OrderFilled"]


def test_f011_a_revived_order_that_is_gone_again_tells_the_engine_no_second_end() -> None:
    rig = Rig()
    given_up(rig)
    rig.see_order("o1", "LIVE")
    rig.not_canceled("o1", "Order not found or already canceled")
    rig.find_nothing()
    assert not rig.is_live()
    assert rig.kinds().count("OrderAbandoned") == 1
    assert "OrderClosed" not in rig.kinds()


def test_f020_an_order_taken_for_gone_that_a_later_listing_shows_is_canceled() -> None:
    rig = Rig()
    rig.rest()
    rig.tell(given.OpenOrdersListed((), rig.now + 1))
    rig.find_nothing()
    assert rig.kinds()[-1] == "OrderClosed"
    rig.now += SECOND
    rig.tell(given.OpenOrdersListed((venue_order("o1"),), rig.now))
    assert rig.cancels() == [(digest("o1"),)]


def test_a_listing_begun_before_the_end_does_not_bring_an_order_back() -> None:
    rig = Rig()
    rig.rest()
    started = rig.now
    rig.now += SECOND
    rig.see_order("o1", "CANCELED")
    rig.tell(given.OpenOrdersListed((venue_order("o1"),), started))
    assert not rig.is_live()
    assert not rig.cancels()


def test_f048_an_order_made_elsewhere_is_adopted_and_left_alone() -> None:
    rig = Rig()
    rig.see_order("web", "LIVE")
    seen = rig.told(ev.ExternalOrderSeen)
    assert [report.client_order_id for report in seen] == ["ext-0xweb"]
    pending = rig.pending("ext-0xweb")
    assert pending.is_external
    assert pending.intent.origin is Origin.EXTERNAL
    rig.wait(3_600)
    assert not rig.cancels()


def test_f048_an_order_made_elsewhere_that_is_over_is_of_no_matter() -> None:
    rig = Rig()
    rig.see_order("web", "CANCELED")
    assert not rig.told(ev.ExternalOrderSeen)


def test_f048_its_fills_follow_it() -> None:
    rig = Rig()
    rig.see_order("web", "LIVE")
    rig.see_fill("web", "t1", 100)
    assert rig.kinds("ext-0xweb") == ["ExternalOrderSeen", "OrderFilled"]
    assert not rig.is_live("ext-0xweb")


def test_f048_a_fill_seen_before_its_order_waits_for_it() -> None:
    rig = Rig()
    rig.see_fill("web", "t1", 40)
    assert not rig.told(ev.OrderFilled)
    assert rig.asked() == [digest("web")]
    rig.answer("web", "LIVE", 40)
    assert rig.kinds("ext-0xweb") == ["ExternalOrderSeen", "OrderFilled"]


def test_f048_an_order_made_elsewhere_that_was_believed_gone_is_not_canceled_when_it_shows() -> (
    None
):
    rig = Rig()
    rig.see_order("web", "LIVE")
    rig.tell(given.OpenOrdersListed((), rig.now + 1))
    for _ in range(200):
        rig.wait(0.5)
        for found in rig.asked():
            rig.answer(found.removeprefix("0x"), None)
        rig.answer_looks()
    assert rig.kinds("ext-0xweb")[-1] == "OrderClosed"
    rig.tell(given.OpenOrdersListed((venue_order("web"),), rig.now))
    rig.wait(60)
    assert not rig.cancels()


def test_an_unknown_order_type_is_read_as_resting() -> None:
    rig = Rig()
    rig.see_order("web", "LIVE", time_in_force="ICEBERG")
    assert rig.pending("ext-0xweb").intent.time_in_force is TimeInForce.GTC


def test_a_word_about_an_order_that_was_not_sent_yet_is_only_noted() -> None:
    rig = Rig()
    rig.submit()
    rig.sign()
    rig.see_order("o1", "LIVE")
    rig.see_fill("o1", "t1", 10)
    assert rig.kinds() == ["OrderSigned"]
    assert len(rig.told(ev.OrderNoted)) == 2


def test_an_order_elsewhere_keeps_its_times() -> None:
    rig = Rig()
    rig.see_order("web", "LIVE", created_ns=T0 - SECOND, expires_ns=T0 + 900 * SECOND)
    wanted = rig.pending("ext-0xweb").intent
    assert (wanted.created_at, wanted.expires_at) == (T0 - SECOND, T0 + 900 * SECOND)
