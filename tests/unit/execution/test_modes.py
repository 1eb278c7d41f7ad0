"""What the venue lets us do, and how long that is believed."""

from __future__ import annotations

import pytest
from tests.unit.execution.rig import Rig

from polydesk.domain import events as ev
from polydesk.domain.venue import CancelOutcome, OutcomeKind, VenueMode
from polydesk.execution import inputs as given
from polydesk.execution.actions import AskOpenOrders, Send
from polydesk.execution.patience import SECOND


def modes(rig: Rig) -> list[VenueMode]:
    return [report.mode for report in rig.told(ev.VenueModeChanged)]


def through(rig: Rig, name: str, **changes: object) -> bool:
    """Return whether an order would leave now."""
    rig.submit(name, **changes)
    rig.sign(name)
    rig.record(name)
    return bool(rig.take(Send))


@pytest.mark.parametrize(
    "mode",
    [VenueMode.RESTARTING, VenueMode.CANCEL_ONLY, VenueMode.DISABLED, VenueMode.GEOBLOCKED],
)
def test_f018_f021_f074_a_shut_door_holds_orders_back(mode: VenueMode) -> None:
    rig = Rig()
    rig.tell(given.ModeTold(mode))
    assert not through(rig, "o1")
    assert rig.kinds()[-1] == "OrderAbandoned"


def test_f019_the_post_only_window_lets_post_only_orders_pass_and_no_others() -> None:
    rig = Rig()
    rig.tell(given.ModeTold(VenueMode.POST_ONLY, for_s=120.0))
    assert not through(rig, "o1")
    assert through(rig, "o2", post_only=True)


def test_f019_a_post_only_order_that_is_taken_does_not_end_the_window() -> None:
    rig = Rig()
    rig.tell(given.ModeTold(VenueMode.POST_ONLY, for_s=120.0))
    rig.rest("o1", post_only=True)
    assert modes(rig) == [VenueMode.POST_ONLY]
    assert not through(rig, "o2")


def test_f018_an_order_that_was_taken_before_the_door_shut_does_not_open_it() -> None:
    rig = Rig()
    rig.send("o1")
    rig.send("o2")
    rig.now += SECOND
    rig.placed("unavailable", "o2", mode=VenueMode.RESTARTING)
    rig.placed("accepted", "o1", status="live")
    assert modes(rig) == [VenueMode.RESTARTING]


def restarting() -> given.CancelsAnswered:
    """A cancel that met the restarting engine."""
    outcome = CancelOutcome(OutcomeKind.UNAVAILABLE, mode=VenueMode.RESTARTING)
    return given.CancelsAnswered((), outcome)


def next_wait(rig: Rig) -> int:
    """Meet the restarting engine, wait until the mode ends, and return the seconds it took."""
    rig.tell(restarting())
    seconds = (rig.told(ev.VenueModeChanged)[-1].until_ns - rig.now) // SECOND
    rig.wait(seconds)
    return int(seconds)


def test_f018_the_wait_after_a_restart_grows_and_stays_bounded() -> None:
    rig = Rig()
    assert [next_wait(rig) for _ in range(7)] == [2, 4, 8, 16, 30, 30, 30]


def test_f018_many_refusals_of_one_moment_count_once() -> None:
    rig = Rig()
    for _ in range(9):
        rig.tell(restarting())
    assert next_wait(rig) == 2


def test_f018_an_order_that_is_taken_ends_the_growing() -> None:
    rig = Rig()
    assert [next_wait(rig) for _ in range(3)] == [2, 4, 8]
    rig.rest("o1")
    assert next_wait(rig) == 2


def test_f020_when_a_mode_ends_everything_is_looked_up() -> None:
    rig = Rig()
    rig.tell(given.ModeTold(VenueMode.RESTARTING, for_s=10.0))
    rig.wait(9)
    rig.take(AskOpenOrders)
    rig.wait(2)
    assert modes(rig) == [VenueMode.RESTARTING, VenueMode.NORMAL]
    assert rig.take(AskOpenOrders)


def test_the_same_mode_told_again_is_no_news() -> None:
    rig = Rig()
    for _ in range(3):
        rig.tell(given.ModeTold(VenueMode.CLOSED_ONLY))
    assert modes(rig) == [VenueMode.CLOSED_ONLY]


@pytest.mark.parametrize("mode", [VenueMode.CLOSED_ONLY, VenueMode.GEOBLOCKED])
def test_f074_what_concerns_the_account_is_not_ended_by_an_answer_to_an_order(
    mode: VenueMode,
) -> None:
    rig = Rig()
    rig.send("o1")
    rig.tell(given.ModeTold(mode))
    rig.now += SECOND
    rig.placed("accepted", "o1", status="live")
    assert modes(rig) == [mode]


def test_f074_a_lasting_mode_is_not_replaced_by_a_passing_one() -> None:
    rig = Rig()
    rig.tell(given.ModeTold(VenueMode.GEOBLOCKED))
    rig.tell(restarting())
    rig.wait(60)
    assert modes(rig)[-1] is VenueMode.GEOBLOCKED
    assert not through(rig, "o1")


def test_a_lasting_mode_ends_when_it_is_read_as_over() -> None:
    rig = Rig()
    rig.tell(given.ModeTold(VenueMode.CLOSED_ONLY))
    rig.tell(given.ModeTold(VenueMode.NORMAL))
    rig.tell(restarting())
    rig.wait(60)
    assert modes(rig)[-1] is VenueMode.NORMAL
    assert through(rig, "o1")
