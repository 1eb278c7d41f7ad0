"""``polydesk demo`` and ``polydesk replay``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from polydesk.cli.output import print_summary, warn
from polydesk.errors import ConfigError
from polydesk.ports import Recorder


@contextmanager
def recording_to(path: Path | None, title: str) -> Iterator[Recorder | None]:
    """Open a recording for writing around a block; None without a path.

    Raises:
        ConfigError: The file exists already or cannot be made.
    """
    if path is None:
        yield None
        return
    if path.exists():
        raise ConfigError(f"{path} exists already; choose another file for the recording.")
    from polydesk.replay.tape import TapeHeader, TapeWriter

    header = TapeHeader(title=title, source="polydesk", meta={"kind": "session"})
    try:
        writer = TapeWriter(path, header)
    except OSError as error:
        raise ConfigError(f"{path}: cannot write there ({error.strerror}).") from error
    with writer:
        yield writer


def demo(
    *, headless: bool, as_json: bool, speed: float | None, record: Path | None, theme: str | None
) -> None:
    """Play the bundled recording through the sandbox exchange."""
    with recording_to(record, "demo session") as recorder:
        if headless:
            from polydesk.runtime.demo import demo_to_end

            print_summary(asyncio.run(demo_to_end(speed=speed, recorder=recorder)), as_json=as_json)
            return
        from polydesk.cli.screen import show_demo

        show_demo(speed=speed, recorder=recorder, theme=theme)


def replay(
    recording: str, *, headless: bool, as_json: bool, speed: float | None, theme: str | None
) -> None:
    """Replay a recording into the engine."""
    from polydesk.replay.resolve import open_tape

    with ExitStack() as stack:
        reader = stack.enter_context(open_tape(recording))
        if reader.damage:
            warn(reader.damage)
        if headless:
            from polydesk.runtime.replay import replay_to_end

            print_summary(replay_to_end(reader, speed=speed), as_json=as_json)
            return
        from polydesk.cli.screen import show_replay

        show_replay(reader, speed=speed, theme=theme)
