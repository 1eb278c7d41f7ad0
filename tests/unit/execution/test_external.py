"""Orders made elsewhere: every fill once, and an end for each, whatever is told first."""

from __future__ import annotations

from tests.unit.execution.rig import SECOND, SHARE, Rig, digest, leg, venue_order

from polydesk.domain import events as ev
from polydesk.domain.venue import VenueOrderStatus


def counts(rig: Rig) -> list[tuple[int, VenueOrderStatus]]:
    """Return what the engine was told of matched shares, and the status with it."""
    seen = [report.order for report in rig.told(ev.ExternalOrderSeen)]
    return [(order.matched // SHARE, order.status) for order in seen]


def half_filled_before() -> Rig:
    """Return a new account that finds an order of which 40 of 100 shares are filled."""
    rig = Rig()
    rig.wait(61)
    before = leg("x1", "old", 40, "CONFIRMED", at=rig.executor.state.opened_at - 30 * SECOND)
    rig.answer_looks(orders=[venue_order("x1", "LIVE", 40)])
    rig.wait(3)
    rig.answer_looks(orders=[venue_order("x1", "LIVE", 40)], fills=[before])
    return rig


def test_what_was_filled_before_the_account_counts_beside_what_is_filled_now() -> None:
    rig = half_filled_before()
    assert not rig.told(ev.OrderFilled)

    rig.see_fill("x1", "new", 30, at=rig.now)

    assert [report.fill.size // SHARE for report in rig.told(ev.OrderFilled)] == [30]
    assert counts(rig)[-1] == (70, VenueOrderStatus.LIVE)


def test_an_order_half_filled_before_the_account_is_told_to_be_over() -> None:
    rig = half_filled_before()

    rig.see_fill("x1", "new", 60, at=rig.now)

    assert not rig.is_live("ext-0xx1")
    assert counts(rig)[-1] == (100, VenueOrderStatus.MATCHED)


def test_a_fill_that_came_before_its_order_is_booked_once_the_order_is_told() -> None:
    rig = Rig()
    rig.see_fill("x1", "t1", 10, at=rig.now)
    assert rig.asked() == [digest("x1")]

    rig.see_order("x1", "LIVE", 10)

    assert [report.fill.size // SHARE for report in rig.told(ev.OrderFilled)] == [10]
    assert not rig.executor.state.strangers
    rig.answer("x1", "LIVE", 10)
    rig.see_fill("x1", "t1", 10, "CONFIRMED", at=rig.now)
    assert len(rig.told(ev.OrderFilled)) == 1


def test_a_fill_that_came_before_its_order_is_booked_when_a_listing_shows_the_order() -> None:
    rig = Rig()
    rig.see_fill("x1", "t1", 10, at=rig.now)
    rig.wait(61)

    rig.answer_looks(orders=[venue_order("x1", "LIVE", 10)])

    assert len(rig.told(ev.OrderFilled)) == 1
    assert not rig.executor.state.strangers
