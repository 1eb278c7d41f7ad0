"""``polydesk paper`` and ``polydesk record``."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
from collections.abc import Coroutine
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polydesk.cli.output import print_summary
from polydesk.cli.play import recorded_to
from polydesk.config.load import load_settings
from polydesk.config.paths import Paths, default_paths, private_folder
from polydesk.domain.ids import TokenId
from polydesk.errors import ConfigError
from polydesk.runtime.desk import for_seconds
from polydesk.runtime.summary import summarise

if TYPE_CHECKING:
    from polydesk.config.models import Settings


def settings_of(config: Path | None, paths: Paths) -> Settings:
    """Return the settings of a file, or of the usual place."""
    return load_settings(config or paths.config_file, required=config is not None)


def paper(
    *,
    config: Path | None,
    theme: str | None,
    record: Path | None,
    headless: bool,
    as_json: bool,
    seconds: float | None,
) -> None:
    """Trade on paper, on the screen or for some seconds without it."""
    from polydesk.runtime.paper import paper_desk
    from polydesk.runtime.venue import hosts_of, venue_clock

    check_seconds(seconds)
    paths = default_paths()
    settings = settings_of(config, paths)
    hosts = hosts_of(settings)
    clock = asyncio.run(venue_clock(hosts))
    directory = private_folder(paths.mode("paper"))
    with (
        recorded_to(record, "paper session") if record else nullcontext() as recorder,
        paper_desk(settings, directory, clock, recorder) as opened,
    ):
        desk = opened.desk
        if headless:
            until_interrupted(for_seconds(desk.run(hosts), seconds))
            opened.finish()
            print_summary(summarise(desk.pipeline, desk.runner.lag), as_json=as_json)
        else:
            from polydesk.cli.screen import show

            show(desk.source, partial(desk.run, hosts), theme=theme, settings=settings)


def check_seconds(seconds: float | None) -> None:
    """Refuse a duration that is none.

    Raises:
        ConfigError: It is not a number above zero.
    """
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise ConfigError(f"--seconds {seconds:g} is not a number above zero.")


def until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Work to the end; an interrupt is how a person ends it, so that is no failure."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(work)


def record(
    output: Path, *, config: Path | None, seconds: float | None, tokens: tuple[str, ...]
) -> None:
    """Record the live streams of the watched outcomes."""
    from polydesk.runtime.recording import record_streams
    from polydesk.runtime.venue import hosts_of, venue_clock

    check_seconds(seconds)
    settings = settings_of(config, default_paths())
    wanted = (*settings.tokens, *map(_token, tokens))
    if not wanted:
        raise ConfigError(
            "nothing to record: name outcomes with --token or in the settings' watch list."
        )
    hosts = hosts_of(settings)
    clock = asyncio.run(venue_clock(hosts))
    with recorded_to(output, "live recording") as recorder:
        until_interrupted(record_streams(hosts, clock, recorder, wanted, seconds))
    sys.stdout.write(f"{output}: {recorder.frames:,} frames\n")


def _token(text: str) -> TokenId:
    if not (text.isascii() and text.isdigit()):
        raise ConfigError(f"--token {text!r}: an outcome token is a decimal number.")
    return TokenId(text)
