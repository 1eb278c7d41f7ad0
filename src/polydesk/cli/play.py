"""``polydesk demo`` and ``polydesk replay``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from polydesk.cli.output import print_summary, warn
from polydesk.errors import RecordingError
from polydesk.ports import Recorder

if TYPE_CHECKING:
    from polydesk.replay.tape import TapeHeader, TapeRecorder


@contextmanager
def written_to(path: Path | None, title: str) -> Iterator[Recorder | None]:
    """Record every frame around a block, waiting for the disk; None without a path.

    Raises:
        RecordingError: The file exists already or cannot be written.
    """
    if path is None:
        yield None
        return
    from polydesk.replay.tape import TapeWriter

    try:
        with TapeWriter(path, _header(title)) as writer:
            yield writer
    except OSError as error:
        raise RecordingError(f"{path}: recording stopped ({error.strerror}).") from error


@contextmanager
def recorded_to(path: Path, title: str) -> Iterator[TapeRecorder]:
    """Record around a block without ever holding up the feed, and say what was lost.

    Raises:
        RecordingError: The file exists already or cannot be written.
    """
    from polydesk.replay.tape import TapeRecorder

    recorder = TapeRecorder(path, _header(title))
    try:
        yield recorder
    finally:
        recorder.close()
    if recorder.error is not None:
        raise RecordingError(recorder.error)
    if recorder.dropped:
        warn(f"{path}: {recorder.dropped:,} frames were lost because the disk is too slow.")


def _header(title: str) -> TapeHeader:
    from polydesk.replay.tape import TapeHeader

    return TapeHeader(title=title, source="polydesk", meta={"kind": "session"})


def demo(
    *, headless: bool, as_json: bool, speed: float | None, record: Path | None, theme: str | None
) -> None:
    """Play the bundled recording through the sandbox exchange."""
    if headless:
        from polydesk.runtime.demo import demo_to_end

        with written_to(record, "demo session") as writer:
            summary = asyncio.run(demo_to_end(speed=speed, recorder=writer))
        print_summary(summary, as_json=as_json)
        return
    from polydesk.cli.screen import show_demo

    with recorded_to(record, "demo session") if record else nullcontext() as recorder:
        show_demo(speed=speed, recorder=recorder, theme=theme)


def replay(
    recording: str, *, headless: bool, as_json: bool, speed: float | None, theme: str | None
) -> None:
    """Replay a recording into the engine.

    Raises:
        RecordingError: It cannot be read, or only up to some damage; what could be read was
            replayed and summarised.
    """
    from polydesk.replay.resolve import open_tape

    with open_tape(recording) as reader:
        if headless:
            from polydesk.runtime.replay import replay_to_end

            print_summary(replay_to_end(reader, speed=speed), as_json=as_json)
        else:
            from polydesk.cli.screen import show_replay

            if reader.damage:
                warn(reader.damage)
            show_replay(reader, speed=speed, theme=theme)
        if headless and reader.damage:
            raise RecordingError(reader.damage)
