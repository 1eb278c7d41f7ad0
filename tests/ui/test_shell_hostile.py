"""Hostile remote text is inert on every screen and in every dialog (F134 to F137, F141)."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from itertools import cycle

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from tests.ui.fake_source import START, FakeSource
from tests.ui.shell import StillApp, running, search_palette, settle
from textual.pilot import Pilot

from polydesk.ui.screens.table import Column, fact_columns, fact_lines, table_line
from polydesk.views.source import Notice

ACTION = "[@click=app.from_text()]pay[/]"
PAYLOADS = {
    "markup": "[red on blue]sale[/]",
    "click": ACTION,
    "link": "[link=https://evil.example]here[/link]",
    "unbalanced": "[/]",
    "open": "[bold",
    "malformed": "[@click=app.from_text(]x",
    "brackets": "[TRUMP] 2028 [yes/no] wins?",
    "osc-52": "a\x1b]52;c;cGF5\x07b\x1b]52;c;cGF5\x1b\\c",
    "osc-8": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "csi": "\x1b[2J\x1b[Hgone\x1b[7m",
    "c1": "\x9b2J\x9d0;t\x9c\x90q\x9c",
    "bidi": "abc\u202edef\u2066ghi\u2069\u200fj",
    "zero-width": "a\u200bb\u200c\ufeffc\u2060d\U000e0041e\ufe0f",
    "marks": "e" + "\u0301" * 10_000,
    "newline": "one\ntwo\rthree\tfour\x00five\x08six\u2028seven",
    "long": "0123456789" * 10_000,
    "variable": "$bid $ :smile: {0} %s",
    "surrogate": "\ud800 lone",
    "empty": "",
}
SCREENS = ("desk", "markets", "feed", "portfolio", "orders", "health")
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def segments(app: StillApp) -> list[Segment]:
    strips = app.screen._compositor.render_strips()
    return [segment for strip in strips for segment in strip]


def assert_inert(app: StillApp) -> None:
    """No control or direction character, no action or link made of text, no widened line."""
    marks = 0
    for segment in segments(app):
        bad = [char for char in segment.text if unicodedata.category(char) in FORBIDDEN]
        assert bad == []
        for char in segment.text:
            marks = marks + 1 if unicodedata.combining(char) else 0
            assert marks <= 3
        if segment.style is not None:
            assert segment.style.link is None
            assert "from_text" not in str(segment.style.meta)
    for strip in app.screen._compositor.render_strips():
        assert strip.cell_length <= app.size.width
    assert app.actions_from_text == 0


def hostile_source(*payloads: str) -> FakeSource:
    """Return a desk in which every remote text is a payload, one after the other."""
    texts = cycle(payloads)
    source = FakeSource(relabel=lambda _text: next(texts))
    source.notice_rows = [
        Notice(START + place, "warning", payload) for place, payload in enumerate(payloads)
    ]
    health = replace(source.health(), last_problem=next(texts), killed=True)
    streams = tuple(
        replace(row, name=payload, detail=payload) for row in health.streams for payload in payloads
    )
    health = replace(health, kill_reason=next(texts), streams=streams)
    source.health = lambda: health  # type: ignore[method-assign]
    return source


async def click_everywhere(app: StillApp, pilot: Pilot[object]) -> None:
    """Click a grid of places, so that an action made of text would run."""
    for y in range(4, app.size.height - 1, 7):
        await pilot.click(offset=(30, y))


TURNS = range(0, len(PAYLOADS), 4)


@pytest.mark.parametrize("turn", TURNS)
async def test_every_screen_and_dialog_keeps_remote_text_inert(turn: int) -> None:
    texts = list(PAYLOADS.values())
    async with running("feed", hostile_source(*texts[turn:], *texts[:turn])) as (app, pilot):
        for mode in SCREENS:
            app.action_show(mode)
            await settle(pilot)
            assert_inert(app)
        app.action_show("feed")
        await pilot.press("u")
        await pilot.pause()
        assert_inert(app)
        await pilot.press("n", "l")
        await settle(pilot)
        assert_inert(app)


@pytest.mark.parametrize("mode", SCREENS)
async def test_clicking_on_a_hostile_title_runs_nothing(mode: str) -> None:
    async with running(mode, hostile_source(ACTION)) as (app, pilot):
        await click_everywhere(app, pilot)
        await settle(pilot)
        assert_inert(app)


@pytest.mark.parametrize("name", ["click", "unbalanced", "csi", "marks"])
async def test_the_palette_keeps_market_titles_inert(name: str) -> None:
    source = FakeSource(relabel=lambda text: f"goal {PAYLOADS[name]}" if " " in text else text)
    async with running("feed", source) as (app, pilot):
        await search_palette(pilot, "goal")
        assert "Open market goal" in "".join(segment.text for segment in segments(app))
        assert_inert(app)


@pytest.mark.parametrize("name", ["click", "brackets"])
async def test_markup_is_shown_as_it_was_written(name: str) -> None:
    async with running("markets", hostile_source(PAYLOADS[name]), size=(200, 60)) as (app, _):
        text = "".join(segment.text for segment in segments(app))
        assert PAYLOADS[name] in text


async def test_notices_are_inert() -> None:
    async with running("health", hostile_source(*PAYLOADS.values()), size=(120, 60)) as (
        app,
        pilot,
    ):
        await pilot.pause()
        assert len(app._notifications) == len(PAYLOADS)
        assert_inert(app)


@pytest.mark.parametrize("name", PAYLOADS)
def test_facts_and_cells_are_inert(name: str) -> None:
    payload = PAYLOADS[name]
    lines = fact_lines([(payload, payload, "")], 60)
    lines += fact_columns([[(payload, payload, "")]] * 3, 100)
    lines.append(table_line([Column("x", 9), Column("y", 9, grow=1)], [(payload, "")] * 2, 40))
    for line in lines:
        text = "".join(part for part, _ in line)
        assert [char for char in text if unicodedata.category(char) in FORBIDDEN] == []
        assert cell_len(text) <= 100


async def test_a_hostile_paste_into_the_search_box_submits_nothing() -> None:
    from textual import events

    source = FakeSource()
    async with running("markets", source) as (app, pilot):
        await pilot.press("slash")
        app.screen.focused.post_message(events.Paste("fed\x1b[2J\nq\ny\u202ecut"))
        await settle(pilot)
        assert_inert(app)
        assert source.submitted == []
        assert app.current_mode == "markets"
        assert not app._exit
