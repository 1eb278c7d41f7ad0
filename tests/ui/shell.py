"""Runs the application in tests: any screen first, nothing moving unless told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.ui.fake_source import FakeSource
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from polydesk.ui.app import DeskApp
from polydesk.ui.refresh import RefreshDriver
from polydesk.views.source import DeskSource


class StillDriver(RefreshDriver):
    """Polls only when a test says so."""

    def start(self, app: App[object], fps: int = 0) -> None:
        """Never tick by itself."""


class StillApp(DeskApp):
    """The application without its timer."""

    def __init__(self, source: DeskSource, **options: Any) -> None:
        super().__init__(source, **options)
        self.actions_from_text = 0
        self.driver = StillDriver(lambda: self.source, self._monotonic_ns)

    def action_from_text(self) -> None:
        """Count; a hostile title tries to run this."""
        self.actions_from_text += 1


def still_app(mode: str, source: FakeSource | None = None, **options: Any) -> StillApp:
    """Return an application that starts on one screen."""
    app_class = type("StillApp", (StillApp,), {"DEFAULT_MODE": mode})
    app: StillApp = app_class(source or FakeSource(), **options)
    return app


async def settle(pilot: Pilot[object]) -> None:
    """Take what the source says now and wait until it is drawn."""
    app = pilot.app
    assert isinstance(app, StillApp)
    await pilot.pause()
    app.slow_tick()
    # The second round draws panes whose size the first one changed.
    for _ in range(2):
        app.driver.poll_all()
        await pilot.pause()


async def search_palette(pilot: Pilot[object], words: str, key: str = "ctrl+p") -> None:
    """Open the palette, type words and wait until everything that matches is listed."""
    await pilot.press(key)
    await pilot.pause()
    if words:
        pilot.app.screen.query_one(Input).value = words
        await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


@asynccontextmanager
async def running(
    mode: str,
    source: FakeSource | None = None,
    size: tuple[int, int] = (120, 40),
    **options: Any,
) -> AsyncIterator[tuple[StillApp, Pilot[object]]]:
    """Run the application on one screen."""
    app = still_app(mode, source, **options)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pilot


def screen_lines(app: DeskApp) -> list[str]:
    """Return what the top screen shows, line by line."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def screen_text(app: DeskApp) -> str:
    """Return what the top screen shows as one text."""
    return "\n".join(screen_lines(app))
