"""How the Desk looks: three sizes, a dark and a light theme, and what lies over it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.ui.fake_source import FakeSource
from tests.ui.shell import settle, still_app
from textual.pilot import Pilot

from polydesk.domain.ids import TokenId

Compare = Callable[..., bool]
SIZES = ((80, 24), (120, 40), (200, 60))


def busy_source() -> FakeSource:
    """Return a desk in the middle of a session."""
    source = FakeSource()
    source.step(4_000)
    return source


def pressing(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Return what brings the Desk into the state of a picture."""

    async def prepare(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)

    return prepare


@pytest.mark.parametrize("theme", ["midnight", "daylight"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_desk(snap_compare: Compare, size: tuple[int, int], theme: str) -> None:
    app = still_app("desk", busy_source(), theme=theme)
    assert snap_compare(app, terminal_size=size, run_before=pressing("down"))


def test_desk_with_cumulative_depth(snap_compare: Compare) -> None:
    app = still_app("desk", busy_source())
    assert snap_compare(app, terminal_size=(120, 40), run_before=pressing("d", "end"))


def test_desk_with_a_stale_book_and_halted_trading(snap_compare: Compare) -> None:
    source = busy_source()
    source.books[TokenId("1001")].stale = True
    app = still_app("desk", source)
    assert snap_compare(app, terminal_size=(120, 40), run_before=pressing("K", "y"))


def test_buy_ticket(snap_compare: Compare) -> None:
    app = still_app("desk", busy_source())
    keys = ("home", "b", "4", "0")
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing(*keys))


def test_kill_question(snap_compare: Compare) -> None:
    app = still_app("desk", busy_source())
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing("K"))


def test_small_terminal_with_watchlist(snap_compare: Compare) -> None:
    app = still_app("desk", busy_source())
    assert snap_compare(app, terminal_size=(80, 24), run_before=pressing("w", "j"))
