"""``polydesk paper`` and ``polydesk record``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from polydesk.cli.output import print_summary
from polydesk.cli.play import recording_to
from polydesk.config.load import load_settings
from polydesk.config.paths import Paths, default_paths, private_folder
from polydesk.errors import ConfigError

if TYPE_CHECKING:
    from polydesk.config.models import Settings


def _settings(config: Path | None, paths: Paths) -> Settings:
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
    from polydesk.cli.screen import show
    from polydesk.runtime.paper import hosts_of, paper_desk, venue_clock

    paths = default_paths()
    settings = _settings(config, paths)
    hosts = hosts_of(settings)
    clock = asyncio.run(venue_clock(hosts))
    with recording_to(record, "paper session") as recorder:
        with paper_desk(settings, private_folder(paths.mode("paper")), clock, recorder) as opened:
            desk = opened.desk

            async def work() -> None:
                await desk.run(hosts)

            if not headless:
                show(desk.source, settings, theme, work)
                return
            asyncio.run(_for_seconds(work, seconds))
            from polydesk.runtime.summary import summarise

            print_summary(summarise(desk.pipeline, desk.runner.lag), as_json=as_json)


async def _for_seconds(work: Callable[[], Awaitable[None]], seconds: float | None) -> None:
    """Work until interrupted or until the time is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work()


def record(
    output: Path, *, config: Path | None, seconds: float | None, tokens: tuple[str, ...]
) -> None:
    """Record the live streams of the watched outcomes."""
    from polydesk.domain.ids import TokenId
    from polydesk.runtime.paper import hosts_of, venue_clock
    from polydesk.runtime.recording import record_streams

    settings = _settings(config, default_paths())
    wanted = (*settings.tokens, *(TokenId(token) for token in tokens))
    if not wanted:
        raise ConfigError(
            "nothing to record: name outcomes with --token or in the settings' watch list."
        )
    hosts = hosts_of(settings)
    clock = asyncio.run(venue_clock(hosts))
    with recording_to(output, "live recording") as recorder:
        assert recorder is not None
        frames = asyncio.run(record_streams(hosts, clock, recorder, wanted, seconds))
    print_recorded(output, frames)


def print_recorded(output: Path, frames: int) -> None:
    """Say what was written."""
    import sys

    sys.stdout.write(f"{output}: {frames:,} frames\n")
