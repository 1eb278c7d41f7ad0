"""The application's life: start, notices, resize, palette, leaving."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.ui.fake_source import SECOND, START, FakeSource
from tests.ui.shell import running, screen_text, search_palette, settle, still_app
from textual.widgets import Input

from polydesk.domain.commands import CancelAll, TradingState, Watch
from polydesk.domain.ids import TokenId
from polydesk.ui.screens.dialogs import Question, TooSmall, fits
from polydesk.ui.screens.table import Column, layout_columns, wrap
from polydesk.ui.screens.words import reason_help
from polydesk.ui.titlebar import link_word, progress_word, trading_word
from polydesk.views.models import HealthView, Mode, StreamRow
from polydesk.views.source import Notice

# start and end


async def test_what_the_desk_runs_lives_until_the_desk_is_left() -> None:
    told: list[str] = []

    async def desk() -> None:
        told.append("started")
        try:
            await asyncio.Event().wait()
        finally:
            told.append("put away")

    async with running("health", on_start=desk) as (app, _pilot):
        assert told == ["started"]
        app.exit()
    assert told == ["started", "put away"]


async def test_a_desk_that_dies_ends_the_application_with_the_reason() -> None:
    async def desk() -> None:
        raise OSError("the disk is gone")

    async with running("health", on_start=desk) as (app, pilot):
        await pilot.pause()
        assert isinstance(app.failure, OSError)
        assert app.return_code == 1


async def test_quit_leaves_at_once_when_nothing_rests() -> None:
    source = FakeSource()
    source.submit(CancelAll())
    async with running("health", source) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert app._exit
        assert app.return_code == 0


@pytest.mark.parametrize(("key", "leaves"), [("y", True), ("n", False), ("enter", False)])
async def test_quit_asks_when_orders_rest(key: str, leaves: bool) -> None:
    async with running("health") as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert "2 orders rest. Quit all the same?" in screen_text(app)
        await pilot.press(key)
        await pilot.pause()
        assert app._exit is leaves


async def test_a_second_interrupt_leaves() -> None:
    async with running("markets") as (app, pilot):
        await pilot.press("slash", "ctrl+c")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert app._exit


def test_nothing_heavy_is_imported_before_the_first_frame() -> None:
    heavy = "plotext textual_plotext pydantic httpx sqlite_utils websockets"
    code = (
        "import sys, polydesk.ui.app, polydesk.ui.screens.desk;"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# notices


async def test_notices_are_shown_once_and_in_their_severity() -> None:
    source = FakeSource()
    source.notice_rows = [
        Notice(START, "warning", "The feed was down for 12 s."),
        Notice(START + 1, "unheard-of", "Something."),
    ]
    async with running("health", source) as (app, _pilot):
        app.slow_tick()
        shown = [(notice.severity, notice.message) for notice in app._notifications]
        assert shown == [
            ("warning", "The feed was down for 12 s."),
            ("warning", "Something."),
        ]


# size


@pytest.mark.parametrize(
    ("size", "good"), [((80, 24), True), ((79, 24), False), ((80, 23), False), ((200, 60), True)]
)
def test_the_smallest_terminal_is_80x24(size: tuple[int, int], good: bool) -> None:
    assert fits(*size) is good


@pytest.mark.parametrize("mode", ["desk", "markets", "feed", "portfolio", "orders", "health"])
async def test_a_small_terminal_gets_one_sentence_and_recovers(mode: str) -> None:
    async with running(mode, size=(60, 15)) as (app, pilot):
        flat = " ".join(screen_text(app).split())
        assert "The desk needs 80x24 cells; this terminal has 60x15." in flat
        await pilot.press("2")
        assert app.current_mode == mode
        await pilot.resize_terminal(70, 20)
        await pilot.pause()
        assert "this terminal has 70x20" in " ".join(screen_text(app).split())
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert not isinstance(app.screen, TooSmall)
        assert "DEMO" in screen_text(app)


async def test_a_terminal_shrinking_under_help_keeps_help() -> None:
    async with running("feed") as (app, pilot):
        await pilot.press("question_mark")
        await pilot.resize_terminal(60, 15)
        await pilot.pause()
        assert isinstance(app.screen, TooSmall)
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        assert "Keys of the Feed screen" in screen_text(app)


# palette


async def test_the_palette_runs_a_command_of_the_screen() -> None:
    async with running("feed") as (app, pilot):
        await search_palette(pilot, "skipped")
        await pilot.press("enter")
        await settle(pilot)
        assert "Followed trades: skipped" in screen_text(app)


async def test_the_palette_opens_a_market_by_words_of_its_title() -> None:
    async with running("feed") as (app, pilot):
        await search_palette(pilot, "open market fed cut", "colon")
        assert "Open market Will the Fed cut rates in July? · Yes" in screen_text(app)
        await pilot.press("enter")
        await settle(pilot)
        assert app.current_mode == "desk"
        assert app.selected_token == "3001"


async def test_the_palette_switches_the_theme() -> None:
    async with running("feed") as (app, pilot):
        await search_palette(pilot, "theme daylight")
        await pilot.press("enter")
        await settle(pilot)
        assert app.theme == "daylight"


async def test_opening_a_market_without_a_book_subscribes_it() -> None:
    source = FakeSource()
    async with running("health", source) as (app, _pilot):
        app.open_market(TokenId("987654"))
        assert source.submitted == [Watch((TokenId("987654"),), on=True)]


# what the title line says


def health(**changes: object) -> HealthView:
    return replace(FakeSource().health(), **changes)  # type: ignore[arg-type]


def stream(up: bool = True, age_s: int = 0) -> StreamRow:
    return StreamRow("market", up, "", 1, 0, START - age_s * SECOND)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (health(), "data flows"),
        (health(mode=Mode.PAPER), "live data"),
        (health(streams=()), "no streams"),
        (health(streams=(stream(up=False), stream())), "1 of 2 streams down"),
        (health(streams=(stream(age_s=11),)), "silent 11 s"),
        (health(streams=(StreamRow("market", True, "", 0, 0, None),)), "no data yet"),
        (health(finished=True), "recording ended"),
    ],
)
def test_the_state_of_the_data_is_said_in_words(view: HealthView, words: str) -> None:
    assert link_word(view)[0] == words


def test_the_state_of_trading_is_said_in_words() -> None:
    assert trading_word(health())[0] == "ACTIVE"
    assert trading_word(health(trading_state=TradingState.HALTED))[0] == "HALTED"
    assert trading_word(health(killed=True))[0] == "KILLED"


def test_progress_is_shown_only_for_a_recording() -> None:
    assert progress_word(health()) == "x1 25%"
    assert progress_word(health(progress=None)) == ""


@pytest.mark.parametrize("mode", list(Mode))
async def test_the_mode_is_named_and_colours_the_frame(mode: Mode) -> None:
    async with running("feed", FakeSource(mode=mode)) as (app, _pilot):
        assert screen_text(app).lstrip().startswith(mode.value.upper())
        table = app.screen.query_one("#trades")
        ink = table.get_component_styles("line--frame-focus").color
        assert ink.hex.lower() == app.theme_variables[f"mode-{mode.value}"]


# stale data


async def test_a_stale_book_is_marked_in_words_on_markets() -> None:
    source = FakeSource()
    source.books[TokenId("1001")].stale = True
    async with running("markets", source) as (app, _pilot):
        lines = screen_text(app).splitlines()
        row = next(line for line in lines if "▸Golden Knights" in line)
        assert "book STALE" in row
        assert any("Hurricanes" in line and "STALE" in line for line in lines)


async def test_health_says_what_is_wrong_in_words() -> None:
    source = FakeSource()
    source.books[TokenId("1001")].stale = True
    view = replace(
        source.health(),
        streams=(stream(up=False, age_s=30),),
        decode_errors=3,
        broken_books=2,
        touch_disagree=5,
        killed=True,
        kill_reason="daily loss",
        last_problem="The market stream was closed.",
        finished=True,
    )
    source.health = lambda: view  # type: ignore[method-assign]
    async with running("health", source) as (app, _pilot):
        text = screen_text(app)
        for words in (
            "DOWN",
            "30 s ago SILENT",
            "ON: daily loss",
            "The market stream was closed.",
            "the recording has ended",
            "5 of 41,005 differ",
        ):
            assert words in text


# typing


async def test_keys_typed_into_the_search_box_are_text() -> None:
    async with running("markets") as (app, pilot):
        await pilot.press("slash", *"q3:T?")
        assert app.screen.query_one(Input).value == "q3:T?"
        assert app.current_mode == "markets"
        assert not app._exit
        await pilot.press("escape")
        assert app.screen.focused is app.screen.query_one("#markets-table")
        assert app.screen.query_one(Input).value == "q3:T?"


async def test_the_cursor_stays_on_its_trade_when_new_ones_arrive() -> None:
    source = FakeSource()
    async with running("feed", source) as (app, pilot):
        await pilot.press("down", "down")
        table = app.screen.query_one("#trades")
        chosen = table.selected.seq
        source._followed()
        await settle(pilot)
        assert table.selected.seq == chosen
        assert table.cursor == 3
        await pilot.press("home")
        source._followed()
        await settle(pilot)
        assert table.selected.seq == 12


# small parts


@pytest.mark.parametrize("width", [0, 1, 20, 60, 78, 118, 198, 400])
def test_columns_never_need_more_than_the_width_when_they_fit(width: int) -> None:
    columns = [Column("a", 8), Column("b", 12, grow=3), Column("c", 20, grow=1, need=60)]
    laid = layout_columns(columns, width)
    used = sum(cells + 1 for _, cells in laid)
    least = sum(columns[i].width + 1 for i, _ in laid)
    assert used <= max(width, least)
    assert [i for i, _ in laid] == ([0, 1, 2] if width >= 60 else [0, 1])


def test_a_title_is_cut_in_the_middle_where_the_column_says_so() -> None:
    title = "Golden Knights v Hurricanes, game 4 · market B"
    assert Column("market", 12, both_ends=True).fit(title, 30) == "Golden Knights v…4 · market B "
    assert Column("rule", 12).fit(title, 30) == "Golden Knights v Hurricanes,… "


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("WATCH_ONLY", "This leader is only watched."),
        ("TOO_OLD age_ms 1200 max 900", "max_age_ms"),
        ("KILL_LATCHED: since=1", "kill switch"),
        ("something else", ""),
    ],
)
def test_reasons_are_explained_in_a_sentence(reason: str, words: str) -> None:
    meaning = reason_help(reason)
    assert words in meaning
    assert bool(words) == bool(meaning)


def test_long_text_is_wrapped_and_its_end_is_marked() -> None:
    lines = wrap("one two three " * 40, 20, most=4)
    assert len(lines) == 4
    assert all(len(line) <= 20 for line in lines)
    assert lines[-1].endswith("…")
    assert wrap("", 10) == [""]
    assert wrap("short", 10) == ["short"]


def test_the_application_starts_on_the_desk() -> None:
    assert still_app("desk").DEFAULT_MODE == "desk"
    from polydesk.ui.app import DeskApp

    assert DeskApp.DEFAULT_MODE == "desk"


async def test_the_details_follow_the_list_that_has_the_keys() -> None:
    async with running("feed") as (app, pilot):
        assert "Our order" in screen_text(app)
        await pilot.press("tab")
        await settle(pilot)
        text = screen_text(app)
        assert "0x0000000000000000000000000000000000000001" in text
        assert "25.00 a trade, slippage to .020" in text
        await pilot.press("down", "space")
        await settle(pilot)
        assert "PAUSED: trades are seen and not copied" in screen_text(app)


async def test_the_palette_shows_a_key_that_looks_like_markup() -> None:
    async with running("desk") as (app, pilot):
        await search_palette(pilot, "shorter bars")
        assert "Shorter bars  [" in screen_text(app)


async def test_the_palette_offers_the_commands_of_the_screen_before_typing() -> None:
    async with running("feed", size=(120, 60)) as (app, pilot):
        await search_palette(pilot, "")
        text = screen_text(app)
        assert "Unfollow  u" in text
        assert "Theme" in text or "Kill switch" in text


async def test_leaving_a_small_terminal_asks_too_and_recovers() -> None:
    async with running("feed", size=(60, 15)) as (app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert not app._exit
        assert "Followed trades" in screen_text(app)


async def test_the_kill_switch_works_over_a_dialog_and_while_typing() -> None:
    source = FakeSource()
    async with running("markets", source) as (app, pilot):
        await pilot.press("slash", "x", "ctrl+k")
        await pilot.pause()
        assert "cancel 2 open orders?" in screen_text(app)
        await pilot.press("n", "escape", "question_mark", "ctrl+k")
        await pilot.pause()
        assert isinstance(app.screen, Question)
        await pilot.press("y")
        await pilot.pause()
        assert source.killed
