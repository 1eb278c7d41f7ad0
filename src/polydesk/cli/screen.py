"""Putting a running desk on the terminal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from polydesk.config.load import load_settings
from polydesk.config.paths import default_paths
from polydesk.ports import Recorder

if TYPE_CHECKING:
    from polydesk.config.models import Settings
    from polydesk.replay.tape import TapeReader
    from polydesk.views.source import DeskSource


def show(
    source: DeskSource, settings: Settings, theme: str | None, work: Callable[[], Awaitable[None]]
) -> None:
    """Run the application until the person leaves; report why the desk's work failed, if it did.

    Raises:
        PolydeskError: The desk's work could not go on.
    """
    from polydesk.ui.app import DeskApp

    app = DeskApp(
        source,
        theme=theme or settings.ui.theme,
        theme_dirs=(default_paths().themes,),
        keymap=settings.ui.keys,
        on_start=work,
    )
    app.run()
    if app.failure is not None:
        raise app.failure


def show_demo(*, speed: float | None, recorder: Recorder | None, theme: str | None) -> None:
    """Show the demo."""
    from polydesk.runtime.demo import Demo

    settings = load_settings(default_paths().config_file)
    demo = Demo(speed=speed, recorder=recorder)
    show(demo.desk.source, settings, theme, demo.play)


def show_replay(reader: TapeReader, *, speed: float | None, theme: str | None) -> None:
    """Show a recording fed straight into the engine."""
    from polydesk.runtime.replay_desk import ReplayDesk

    settings = load_settings(default_paths().config_file)
    desk = ReplayDesk(reader, speed=speed)
    show(desk.source, settings, theme, desk.play)
