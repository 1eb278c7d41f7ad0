"""Putting a running desk on the terminal."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from polydesk.config.paths import default_paths
from polydesk.errors import ConfigError
from polydesk.ports import Recorder
from polydesk.runtime.interpreter import pause

if TYPE_CHECKING:
    from polydesk.config.models import Settings
    from polydesk.replay.tape import TapeReader
    from polydesk.ui.app import DeskApp
    from polydesk.views.source import DeskSource


def show(
    source: DeskSource,
    work: Callable[[], Awaitable[None]],
    *,
    theme: str | None,
    settings: Settings | None,
) -> None:
    """Run the application until the person leaves; report why the desk's work failed, if it did.

    Args:
        source: The desk's views.
        work: What the desk does; runs on the application's event loop.
        theme: Asked for on the command line.
        settings: The person's settings; None without a settings file.

    Raises:
        ConfigError: There is no such theme, or the keys in the settings are wrong.
        PolydeskError: The desk's work could not go on.
    """
    app = _app(source, work, theme, settings)
    app.run()
    if app.failure is not None:
        raise app.failure


async def show_beside(
    source: DeskSource,
    work: Callable[[], Awaitable[None]],
    *,
    theme: str | None,
    settings: Settings | None,
) -> None:
    """Do the same on a loop that runs already; arguments and errors as of ``show``."""
    app = _app(source, work, theme, settings)
    await app.run_async()
    if app.failure is not None:
        raise app.failure


def _app(
    source: DeskSource,
    work: Callable[[], Awaitable[None]],
    theme: str | None,
    settings: Settings | None,
) -> DeskApp:
    from polydesk.ui.app import DeskApp
    from polydesk.ui.themes import DEFAULT_THEME

    folders = (default_paths().themes,)
    wanted = theme or (settings.ui.theme if settings is not None else DEFAULT_THEME)
    keys: Mapping[str, str] = settings.ui.keys if settings is not None else {}
    _check_theme(wanted, folders)
    return DeskApp(source, theme=wanted, theme_dirs=folders, keymap=keys, on_start=work)


def check_looks(theme: str | None, settings: Settings) -> None:
    """Check before anything is asked what the screen will start with.

    Raises:
        ConfigError: There is no such theme, or the keys in the settings are wrong.
    """
    from polydesk.ui.keymap import check_keymap
    from polydesk.ui.registry import ALL_COMMANDS

    _check_theme(theme or settings.ui.theme, (default_paths().themes,))
    if settings.ui.keys:
        check_keymap(settings.ui.keys, ALL_COMMANDS)


def _check_theme(name: str, folders: Sequence[Path]) -> None:
    from polydesk.ui.themes import ThemeShelf

    shelf = ThemeShelf(folders)
    shelf.check()
    names = [file.theme.name for file in shelf.all()]
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}."
        raise ConfigError(f"there is no theme {name!r}; {hint}")


def own_settings() -> Settings | None:
    """Return the person's settings, None without a file: the demo needs none of their defaults."""
    path = default_paths().config_file
    if not path.exists():
        return None
    from polydesk.config.load import load_settings

    return load_settings(path)


def show_demo(*, speed: float | None, recorder: Recorder | None, theme: str | None) -> None:
    """Show the demo."""
    pause()
    from polydesk.runtime.demo import Demo

    settings = own_settings()
    demo = Demo(speed=speed, recorder=recorder)
    show(demo.desk.source, demo.play, theme=theme, settings=settings)


def show_replay(reader: TapeReader, *, speed: float | None, theme: str | None) -> None:
    """Show a recording fed straight into the engine."""
    pause()
    from polydesk.runtime.replay_desk import ReplayDesk

    settings = own_settings()
    desk = ReplayDesk(reader, speed=speed)
    show(desk.source, desk.play, theme=theme, settings=settings)
