"""How live trading looks: orders, detail, report, venue and dialogs, with a fixed clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.ui.live_source import CALM, TROUBLED, LiveSource
from tests.ui.shell import settle, still_app
from tests.ui.test_desk_snapshots import pressing
from textual.pilot import Pilot

from polydesk.views.models import VenueView

SIZES = ((80, 24), (120, 40), (200, 60))
SnapCompare = Callable[..., bool]


def busy(venue: VenueView) -> LiveSource:
    """Return a live desk in the middle of a session."""
    source = LiveSource(venue=venue)
    source.step(4_000)
    return source


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("mode", ["desk", "orders", "portfolio", "health"])
def test_screen(snap_compare: SnapCompare, mode: str, size: tuple[int, int]) -> None:
    app = still_app(mode, busy(TROUBLED))
    assert snap_compare(app, terminal_size=size, run_before=settle)


@pytest.mark.parametrize("theme", ["amber", "blue-orange", "contrast", "daylight", "graphite"])
def test_orders_in_the_other_themes(snap_compare: SnapCompare, theme: str) -> None:
    app = still_app("orders", busy(CALM), theme=theme)
    assert snap_compare(app, terminal_size=(120, 40), run_before=settle)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_detail(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    app = still_app("orders", busy(CALM))
    keys = ("down", "down", "down", "enter")
    assert snap_compare(app, terminal_size=size, run_before=pressing(*keys))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_recovery(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    source = busy(TROUBLED)
    source.recovered = source.report()

    async def show(pilot: Pilot[object]) -> None:
        await settle(pilot)
        await settle(pilot)

    app = still_app("desk", source)
    assert snap_compare(app, terminal_size=size, run_before=show)


@pytest.mark.parametrize("key", ["b", "K", "q"])
def test_prompt(snap_compare: SnapCompare, key: str) -> None:
    app = still_app("desk", busy(CALM))
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing(key))


def test_release(snap_compare: SnapCompare) -> None:
    source = busy(CALM)
    source.killed = True
    app = still_app("desk", source)
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing("R"))


def test_kill_on_a_tiny_terminal(snap_compare: SnapCompare) -> None:
    app = still_app("desk", busy(CALM))
    assert snap_compare(app, terminal_size=(40, 10), run_before=pressing("K"))
