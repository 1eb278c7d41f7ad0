"""Live mode is unmistakable: in words, on every screen and dialog, at every size, in every theme."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.ui.live_source import CALM, TROUBLED, WALLET, LiveSource
from tests.ui.shell import StillApp, running, screen_lines, screen_text, search_palette, settle
from textual.pilot import Pilot

from polydesk.ui.screens.dialogs import Question, TooSmall
from polydesk.ui.themes import read_theme, shipped_theme_dir, theme_paths
from polydesk.views.models import Mode, SignerState

SIZES = ((80, 24), (120, 40), (200, 60), (40, 10))
SCREENS = ("desk", "markets", "feed", "portfolio", "orders", "health")
Open = Callable[[StillApp, Pilot[object]], Awaitable[None]]
at_sizes = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def keys(*pressed: str) -> Open:
    async def press(app: StillApp, pilot: Pilot[object]) -> None:
        await pilot.press(*pressed)

    return press


async def opens_palette(app: StillApp, pilot: Pilot[object]) -> None:
    await search_palette(pilot, "")


async def asks_for_recovery(app: StillApp, pilot: Pilot[object]) -> None:
    app.source.recovered = app.source.report()  # type: ignore[attr-defined]
    app.slow_tick()


async def releases(app: StillApp, pilot: Pilot[object]) -> None:
    app.source.killed = True  # type: ignore[attr-defined]
    await pilot.press("R")


DIALOGS: dict[str, tuple[str, Open]] = {
    "ticket": ("desk", keys("b")),
    "sell ticket": ("desk", keys("s")),
    "cancel all": ("desk", keys("X")),
    "kill": ("desk", keys("K")),
    "kill anywhere": ("feed", keys("ctrl+k")),
    "release": ("desk", releases),
    "help": ("orders", keys("question_mark")),
    "detail": ("orders", keys("enter")),
    "recovery": ("feed", asks_for_recovery),
    "quit": ("health", keys("q")),
    "unfollow": ("feed", keys("u")),
    "palette": ("markets", opens_palette),
}


@at_sizes
async def test_every_screen_says_live(size: tuple[int, int]) -> None:
    async with running("desk", LiveSource(), size) as (app, pilot):
        for mode in SCREENS:
            app.action_show(mode)
            await settle(pilot)
            assert "LIVE" in screen_text(app), mode
            if size != (40, 10):
                assert screen_lines(app)[0].startswith(" LIVE 0x1a2b…9f0e "), mode
                assert screen_lines(app)[1].startswith(" REAL MONEY "), mode


@pytest.mark.parametrize("name", DIALOGS)
async def test_every_dialog_says_live_by_itself_at_every_size(name: str) -> None:
    mode, opened = DIALOGS[name]
    async with running(mode, LiveSource(), (80, 24)) as (app, pilot):
        await opened(app, pilot)
        await settle(pilot)
        dialog = app.screen
        assert dialog.is_modal
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert "LIVE" in screen_text(app), size
            if name != "palette":
                boxes = [*dialog.query(".box")]
                assert [box.border_title[:16] for box in boxes] == ["LIVE: REAL MONEY"]


@pytest.mark.parametrize("size", [(40, 10), (30, 8)])
async def test_the_kill_question_is_whole_and_live_on_the_smallest_terminal(
    size: tuple[int, int],
) -> None:
    source = LiveSource()
    async with running("desk", source, size) as (app, pilot):
        assert isinstance(app.screen, TooSmall)
        await pilot.press("K")
        await settle(pilot)
        assert isinstance(app.screen, Question)
        text = screen_text(app)
        for words in ("LIVE", "KILL:", "y kill", "n no"):
            assert words in text
        await pilot.press("y")
        assert source.killed


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.REPLAY, Mode.PAPER])
async def test_no_other_mode_ever_says_live(mode: Mode) -> None:
    source = LiveSource(mode=mode, venue=None)
    source.orders = {k: row for k, row in source.orders.items() if row.origin.value != "external"}
    async with running("desk", source, (200, 60)) as (app, pilot):
        for screen in SCREENS:
            app.action_show(screen)
            await settle(pilot)
            text = screen_text(app)
            assert mode.value.upper() in text
            assert "LIVE" not in text, screen
            assert "REAL MONEY" not in text, screen
        await pilot.press("ctrl+k")
        await settle(pilot)
        assert app.screen.query_one(".box").border_title == mode.value.upper()
        assert "LIVE" not in screen_text(app)


@pytest.mark.parametrize("path", theme_paths([shipped_theme_dir()]), ids=lambda path: path.stem)
async def test_every_frame_has_the_colour_of_live_in_every_theme(path: object) -> None:
    name = read_theme(path).theme.name  # type: ignore[arg-type]
    async with running("orders", LiveSource(), theme=name) as (app, pilot):
        wanted = app.theme_variables["mode-live"]
        for pane in ("#orders", "#order-facts"):
            for part in ("line--frame", "line--frame-focus"):
                ink = app.screen.query_one(pane).get_component_styles(part).color
                assert ink.hex.lower() == wanted
        await pilot.press("enter")
        await settle(pilot)
        box = app.screen.query_one(".box")
        assert {edge[1].hex.lower() for edge in box.styles.border} == {wanted}


async def test_the_first_frame_of_a_screen_names_the_mode_already() -> None:
    async with running("feed", LiveSource()) as (app, pilot):
        app.switch_mode("orders")
        await pilot.pause()
        assert screen_lines(app)[0].startswith(" LIVE 0x1a2b…9f0e ")
        assert screen_lines(app)[1].startswith(" REAL MONEY ")


async def test_the_title_stays_true_under_a_dialog() -> None:
    source = LiveSource()
    async with running("orders", source) as (app, pilot):
        await pilot.press("enter")
        source.killed = True
        await settle(pilot)
        assert "KILLED" in screen_lines(app)[0]


async def test_the_ticket_says_that_it_sends_real_money() -> None:
    async with running("desk", LiveSource()) as (app, pilot):
        await pilot.press("b")
        await settle(pilot)
        assert "send for real money" in screen_text(app)


async def test_kill_and_release_say_that_the_signer_stays_shut() -> None:
    source = LiveSource()
    async with running("desk", source) as (app, pilot):
        await pilot.press("K")
        await settle(pilot)
        flat = " ".join(screen_text(app).split())
        assert "The signer shuts and stays shut until the desk is" in flat
        await pilot.press("y")
        await settle(pilot)
        await pilot.press("R")
        await settle(pilot)
        assert "The signer stays shut until the desk is started again" in screen_text(app)


@pytest.mark.parametrize("key", ["K", "R"])
async def test_paper_has_no_signer_to_speak_of(key: str) -> None:
    source = LiveSource(mode=Mode.PAPER, venue=None)
    source.killed = key == "R"
    async with running("desk", source) as (app, pilot):
        await pilot.press(key)
        await settle(pilot)
        assert app.screen.is_modal
        assert "signer" not in screen_text(app)


async def test_leaving_says_that_orders_stay_at_the_venue() -> None:
    async with running("desk", LiveSource()) as (app, pilot):
        await pilot.press("q")
        await settle(pilot)
        flat = " ".join(screen_text(app).replace("┃", " ").split())
        assert "6 orders rest at the venue and may fill while nobody" in flat


@pytest.mark.parametrize("venue", [CALM, TROUBLED, None])
async def test_the_wallet_is_named_as_soon_as_it_is_known(venue: object) -> None:
    async with running("health", LiveSource(venue=venue), (120, 60)) as (app, _pilot):  # type: ignore[arg-type]
        text = screen_text(app)
        assert (WALLET in text) is (venue is not None)
        assert ("not known yet" in text) is (venue is None)


async def test_no_ticket_is_sent_that_nobody_can_sign() -> None:
    """After the kill switch was released the signer stays shut until the desk is restarted."""
    source = LiveSource(venue=replace(CALM, signer=SignerState.SHUT))
    app = StillApp(source)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("b", "1", "0", "ctrl+s")
        await settle(pilot)
        assert source.submitted == []
        assert "signer SHUT, restart the desk" in screen_text(app)
