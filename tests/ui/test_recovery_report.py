"""The recovery report: by itself when the start found something, on demand, never in the way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.ui.fake_source import SECOND, START, FakeSource
from tests.ui.live_source import LiveSource
from tests.ui.shell import StillApp, running, screen_text, settle

from polydesk.domain.commands import Kill
from polydesk.domain.orders import OrderState
from polydesk.ui.screens.dialogs import Question, TooSmall
from polydesk.ui.screens.recovery import RecoveryReport, recovery_lines
from polydesk.ui.screens.ticket import OrderTicket
from polydesk.views.models import RecoveryView


def nothing(ready: bool = True) -> RecoveryView:
    found = LiveSource().report(ready)
    return replace(found, rows=(), external=0, new_fills=0, drift=0)


def text_of(view: RecoveryView | None, width: int = 100) -> str:
    lines = recovery_lines(view, START, width)
    return "\n".join("".join(text for text, _ in line) for line in lines)


def reports(app: StillApp) -> int:
    return sum(isinstance(screen, RecoveryReport) for screen in app.screen_stack)


# what it says


def test_the_report_says_what_was_left_open_and_what_it_is_now() -> None:
    text = text_of(LiveSource().report())
    for words in (
        "ready after 2.0 s", "3 happened while the desk was away; they are booked",
        "2 open orders were made outside this desk", "-1.20: the venue's cash less the ledger's",
        "Orders left open by earlier sessions: 3", "SENT → CANCELED", "SENT → PARTIAL, filled 20",
        "SENT → UNKNOWN", "nobody knows yet whether it arrived; it is being looked for",
    ):  # fmt: skip
        assert words in text


def test_orders_nobody_knows_about_come_first() -> None:
    text = text_of(LiveSource().report())
    assert text.index("UNKNOWN") < text.index("CANCELED") < text.index("PARTIAL")


def test_an_order_that_stayed_where_it_was_is_not_said_to_have_moved() -> None:
    report = LiveSource().report()
    row = replace(report.rows[0], before=OrderState.LIVE, now=OrderState.LIVE)
    text = text_of(replace(report, rows=(row,)))
    assert "RESTING" in text
    assert "→" not in text


def test_while_it_looks_the_report_says_so_and_how_long() -> None:
    assert "RECONCILING for 3.0 s: no new order meanwhile" in text_of(LiveSource().report(False))


@pytest.mark.parametrize("width", [40, 76, 120])
def test_no_line_is_wider_than_the_box(width: int) -> None:
    for line in recovery_lines(LiveSource().report(), START, width):
        assert sum(len(text) for text, _ in line) <= width


def test_a_desk_without_a_venue_has_nothing_to_recover() -> None:
    assert "only a live desk has orders at a venue" in text_of(None)


# when it shows


@pytest.mark.parametrize("part", ["rows", "external", "new_fills", "drift"])
async def test_anything_found_shows_the_report_by_itself(part: str) -> None:
    source = LiveSource()
    source.recovered = replace(nothing(), **{part: getattr(source.report(), part)})
    async with running("desk", source) as (app, _):
        assert isinstance(app.screen, RecoveryReport)


async def test_a_clean_start_shows_nothing_then_or_later() -> None:
    source = LiveSource()
    source.recovered = nothing()
    async with running("desk", source) as (app, pilot):
        assert not app.screen.is_modal
        source.recovered = replace(nothing(), drift=5)
        await settle(pilot)
        assert not app.screen.is_modal


async def test_what_is_found_while_the_desk_still_looks_shows_the_report_then() -> None:
    source = LiveSource()
    source.recovered = nothing(ready=False)
    async with running("desk", source) as (app, pilot):
        assert not app.screen.is_modal
        source.recovered = replace(nothing(ready=False), external=1)
        await settle(pilot)
        assert isinstance(app.screen, RecoveryReport)


async def test_paper_and_demo_never_show_it_by_themselves() -> None:
    source = FakeSource()
    source.recovered = LiveSource().report()
    async with running("desk", source) as (app, _):
        assert not app.screen.is_modal


async def test_it_follows_the_start_and_closed_it_stays_closed() -> None:
    source = LiveSource()
    source.recovered = source.report(ready=False)
    async with running("desk", source) as (app, pilot):
        assert "RECONCILING for 3.0 s" in screen_text(app)
        source.now += SECOND
        source.recovered = source.report()
        await settle(pilot)
        assert "ready after 2.0 s" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert not app.screen.is_modal
        await pilot.press("f3")
        await settle(pilot)
        assert isinstance(app.screen, RecoveryReport)


async def test_it_waits_until_a_ticket_is_closed() -> None:
    source = LiveSource()
    async with running("desk", source) as (app, pilot):
        await pilot.press("b")
        source.recovered = source.report()
        await settle(pilot)
        assert isinstance(app.screen, OrderTicket)
        await pilot.press("escape")
        await settle(pilot)
        await settle(pilot)
        assert isinstance(app.screen, RecoveryReport)


async def test_it_waits_until_the_terminal_is_large_enough() -> None:
    source = LiveSource()
    source.recovered = source.report()
    async with running("desk", source, (40, 10)) as (app, pilot):
        assert isinstance(app.screen, TooSmall)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        await settle(pilot)
        assert isinstance(app.screen, RecoveryReport)


# in nobody's way


@pytest.mark.parametrize("key", ["K", "ctrl+k"])
async def test_the_kill_key_works_over_the_report(key: str) -> None:
    source = LiveSource()
    source.recovered = source.report()
    async with running("desk", source) as (app, pilot):
        await pilot.press(key)
        await settle(pilot)
        assert isinstance(app.screen, Question)
        await pilot.press("y")
        assert [type(command) for command in source.submitted] == [Kill]
        await settle(pilot)
        assert reports(app) == 1


async def test_asking_for_it_twice_shows_it_once() -> None:
    async with running("health", LiveSource()) as (app, pilot):
        await pilot.press("r")
        await settle(pilot)
        await app.run_action("app.recovery")
        await settle(pilot)
        assert reports(app) == 1
        await pilot.press("x", "c", "enter")
        assert app.source.submitted == []  # type: ignore[attr-defined]


async def test_a_long_report_scrolls_under_a_frame_that_stays() -> None:
    source = LiveSource()
    report = source.report()
    source.recovered = replace(report, rows=report.rows * 10)
    async with running("desk", source, (80, 24)) as (app, pilot):
        before = screen_text(app)
        await pilot.press("pagedown")
        await settle(pilot)
        after = screen_text(app)
        assert before != after
        assert "LIVE: REAL MONEY · Recovery report" in after
