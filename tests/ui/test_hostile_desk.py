"""Hostile text from the network is only ever text on the Desk (F134 to F137)."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len
from tests.ui.fake_source import START, FakeSource
from tests.ui.shell import StillApp, running, settle
from textual.strip import Strip

from polydesk.ui.screens.ticket import OrderTicket
from polydesk.views.source import Notice

PAYLOADS = {
    "markup": "[red]x[/red]",
    "click": "[@click=app.from_text]press[/]",
    "unbalanced": "[/] [bold [link=https://example.org]",
    "variable": "$primary [$bid]y[/]",
    "csi": "\x1b[2J\x1b[Hgone",
    "osc": "\x1b]52;c;aGk=\x07 \x1b]8;;file:///etc/passwd\x1b\\",
    "c1": "\x9b31m red \x90q\x9c",
    "bidi": "\u202eabc\u2066def\u2069",
    "invisible": "a\u200bb\u200dc\ufeffd\U000e0041e",
    "marks": "e" + "\u0301" * 10_000,
    "lines": "first\nsecond\r\nthird\tfourth",
    "long": "x" * 100_000,
    "wide": "日本語" * 200,
    "surrogate": "a\ud800b",
    "emoji": ":smile: 👩\u200d👩\u200d👧 🏳️\u200d🌈",
    "empty": "",
    "blank": "   \u00a0 ",
}
PANES = ("watchlist", "ladder", "tape", "feed", "positions", "chart", "status")


def desk_of(payload: str) -> FakeSource:
    return FakeSource(relabel=lambda text: f"{payload}{text}" if len(payload) < 1_000 else payload)


def bad_characters(text: str) -> set[str]:
    return {
        char
        for char in text
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    }


def assert_inert(strips: list[Strip], width: int) -> None:
    for strip in strips:
        assert bad_characters(strip.text) == set()
        assert cell_len(strip.text) == width
        assert all(not segment.style.meta and not segment.style.link for segment in strip)


@pytest.mark.parametrize("name", sorted(PAYLOADS))
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_f134_f135_f136_f137_every_pane_draws_remote_text_inert(
    name: str, size: tuple[int, int]
) -> None:
    source = desk_of(PAYLOADS[name])
    source.notice_rows.append(Notice(START, "error", PAYLOADS[name]))
    async with running("desk", source, size) as (app, pilot):
        for key in ("w", "t", "v", "f", "m", "i"):
            await pilot.press(key)
        await settle(pilot)
        for pane in PANES:
            widget = getattr(app.screen, pane)
            if widget.is_on_screen:
                assert_inert(widget.render_lines(widget.size.region), widget.size.width)
        assert app.actions_from_text == 0


@pytest.mark.parametrize("name", ["markup", "click", "csi", "bidi", "lines", "marks"])
async def test_the_ticket_draws_remote_text_inert(name: str) -> None:
    async with running("desk", desk_of(PAYLOADS[name])) as (app, pilot):
        await pilot.press("b")
        await settle(pilot)
        assert isinstance(app.screen, OrderTicket)
        pane = app.screen.preview
        assert_inert(pane.render_lines(pane.size.region), pane.size.width)


async def test_markup_is_shown_letter_by_letter() -> None:
    async with running("desk", desk_of("[@click=app.from_text]go[/]")) as (app, pilot):
        line = screen_of(app).ladder.text_lines()[0]
        assert "[@click=app.from_text]go[/]" in line
        for x in range(4, 40, 6):
            await pilot.click("#ladder", offset=(x, 0))
        assert app.actions_from_text == 0


def screen_of(app: StillApp):  # type: ignore[no-untyped-def]
    return app.screen


async def test_hostile_typing_into_the_size_field_sends_nothing() -> None:
    source = FakeSource()
    async with running("desk", source) as (app, pilot):
        await pilot.press("b", "backspace")
        await settle(pilot)
        from textual import events
        from textual.widgets import Input

        field = app.screen.query_one(Input)
        for text in ("12\n34\x1b[A", "1e5", "-7", "99999999999999999999", "[red]5", "\u0665"):
            field.value = ""
            app.screen.post_message(events.Paste(text))
            field.post_message(events.Paste(text))
            await pilot.pause()
            assert set(field.value) <= set("0123456789.$")
        assert source.submitted == []
