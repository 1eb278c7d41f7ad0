"""The watch over the account's mode and the heartbeat of a live desk."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from polydesk.domain.venue import VenueMode
from polydesk.errors import VenueUnavailable
from polydesk.execution import inputs as told
from polydesk.runtime import live_desk
from polydesk.runtime.live_desk import LiveDesk

NORMAL, CLOSED = VenueMode.NORMAL, VenueMode.CLOSED_ONLY


class Over(Exception):
    """The test has seen enough."""


class Clock:
    """Moves by what is slept."""

    def __init__(self, sleeps: int) -> None:
        self.now = 0.0
        self.sleeps = sleeps

    def now_ns(self) -> int:
        return int(self.now * 1e9)

    monotonic_ns = now_ns

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps -= 1
        if not self.sleeps:
            raise Over


def desk(rest: Any, clock: Clock, *modes: VenueMode) -> Any:
    mode, after = modes or (NORMAL, NORMAL)
    state = SimpleNamespace(mode=mode, mode_after=after)
    live = SimpleNamespace(executor=SimpleNamespace(state=state))
    heard: list[told.Input] = []
    made = SimpleNamespace(
        parts=SimpleNamespace(rest=rest),
        desk=SimpleNamespace(
            pipeline=SimpleNamespace(live=live), source=SimpleNamespace(notify=lambda *_: None)
        ),
        tell=heard.append,
        heard=heard,
        _clock=clock,
        _heartbeat="on",
    )
    made._look_at_account = lambda: LiveDesk._look_at_account(made)
    return made


class Rest:
    """Answers as told; the last answer stays."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[float] = []
        self.clock: Clock | None = None
        self.blocked: bool | Exception = True
        self.places_asked = 0

    async def closed_only(self) -> bool:
        return bool(self.answers[0] if len(self.answers) == 1 else self.answers.pop(0))

    async def geoblock(self) -> Any:
        self.places_asked += 1
        if isinstance(self.blocked, Exception):
            raise self.blocked
        return SimpleNamespace(blocked=self.blocked)

    async def heartbeat(self, beat_id: str) -> str:
        assert self.clock is not None
        self.asked.append(self.clock.now)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            await asyncio.Event().wait()
        return str(answer)


@pytest.mark.parametrize(
    ("closed", "modes", "wanted"),
    [
        (True, (NORMAL, NORMAL), [CLOSED]),
        (True, (CLOSED, CLOSED), []),
        (True, (VenueMode.RESTARTING, CLOSED), []),
        (False, (CLOSED, CLOSED), [NORMAL]),
        (False, (VenueMode.RESTARTING, NORMAL), []),
    ],
)
async def test_closed_only_follows_the_venues_word_whoever_told_it_first(
    closed: bool, modes: tuple[VenueMode, VenueMode], wanted: list[VenueMode]
) -> None:
    at = desk(Rest(closed), Clock(1), *modes)
    with pytest.raises(Over):
        await LiveDesk._watch_account(at)
    assert [given.mode for given in at.heard] == wanted


@pytest.mark.parametrize(
    ("blocked", "closed", "wanted"),
    [
        (True, False, []),
        (False, False, [NORMAL]),
        (False, True, [CLOSED]),
        (True, True, []),
        (VenueUnavailable("no line"), False, []),
    ],
)
async def test_a_block_of_this_place_ends_when_the_venue_says_so(
    blocked: bool | Exception, closed: bool, wanted: list[VenueMode]
) -> None:
    rest = Rest(closed)
    rest.blocked = blocked
    at = desk(rest, Clock(1), VenueMode.GEOBLOCKED, VenueMode.GEOBLOCKED)
    with pytest.raises(Over):
        await LiveDesk._watch_account(at)
    assert [given.mode for given in at.heard] == wanted


async def test_the_place_is_asked_about_only_while_it_is_blocked() -> None:
    rest = Rest(False)
    at = desk(rest, Clock(3))
    with pytest.raises(Over):
        await LiveDesk._watch_account(at)
    assert rest.places_asked == 0


async def test_a_heartbeat_without_answer_is_given_up_in_time_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_desk, "HEARTBEAT_ANSWER_S", 0.01)
    clock = Clock(4)
    rest = Rest("one", None, VenueUnavailable("no line"), "two")
    rest.clock = clock
    at = desk(rest, clock)
    with pytest.raises(Over):
        await LiveDesk._beat(at)
    assert rest.asked == [0, 5, 6, 7]
    assert at._heartbeat == "on"
    assert at.heard == []


async def test_without_heartbeats_for_ten_seconds_no_order_is_sent() -> None:
    clock = Clock(13)
    rest = Rest(VenueUnavailable("no line"))
    rest.clock = clock
    at = desk(rest, clock)
    with pytest.raises(Over):
        await LiveDesk._beat(at)
    assert {given.mode for given in at.heard} == {VenueMode.CANCEL_ONLY}
    assert clock.now == 13
