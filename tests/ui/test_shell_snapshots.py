"""How every screen of the shell looks, at three sizes in two themes, with a fixed clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.ui.fake_source import FakeSource
from tests.ui.shell import settle, still_app
from textual.pilot import Pilot

SIZES = ((80, 24), (120, 40), (200, 60))
THEMES = ("midnight", "daylight")
SCREENS = ("markets", "feed", "portfolio", "orders", "health")
SnapCompare = Callable[..., bool]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("mode", SCREENS)
def test_screen(snap_compare: SnapCompare, mode: str, size: tuple[int, int], theme: str) -> None:
    app = still_app(mode, FakeSource(), theme=theme)
    assert snap_compare(app, terminal_size=size, run_before=settle)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("keys", ["question_mark", "q"])
def test_dialog(snap_compare: SnapCompare, keys: str, theme: str) -> None:
    async def press(pilot: Pilot[object]) -> None:
        await settle(pilot)
        await pilot.press(keys)
        await settle(pilot)

    app = still_app("feed", FakeSource(), theme=theme)
    assert snap_compare(app, terminal_size=(120, 40), run_before=press)


def test_too_small(snap_compare: SnapCompare) -> None:
    app = still_app("feed", FakeSource())
    assert snap_compare(app, terminal_size=(60, 15), run_before=settle)
