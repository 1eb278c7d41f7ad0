"""A recording straight into the engine, without sockets, under the recording's own clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from polydesk.domain.frames import Frame
from polydesk.engine.engine import Engine
from polydesk.ports import Recorder
from polydesk.replay.player import play
from polydesk.replay.tape import TapeReader
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.control import encode_session, require_session
from polydesk.runtime.interpreter import settle
from polydesk.runtime.opening import plain_opening
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.summary import summarise


class PipelineSink:
    """Feeds frames into a pipeline; opens an account when the recording does not."""

    def __init__(self, pipeline: Pipeline, tape: Iterable[Frame]) -> None:
        self._pipeline = pipeline
        self._tape = tape
        self._is_first = True

    def put(self, frame: Frame) -> None:
        """Take one frame."""
        if self._is_first:
            self._is_first = False
            if require_session(frame) is None:
                opening = encode_session(plain_opening(self._tape), frame.ts_init)
                self._pipeline.feed(opening)
        self._pipeline.feed(frame, time.monotonic_ns())


def replay_to_end(
    reader: TapeReader,
    *,
    speed: float | None = None,
    recorder: Recorder | None = None,
    on_frame: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Replay a recording and return its summary.

    Args:
        reader: An open recording.
        speed: Recorded seconds per real second; None is as fast as possible.
        recorder: Writes what is fed, when given.
        on_frame: Called after each frame, for progress displays.
    """
    pipeline = Pipeline(Engine(), recorder=recorder)
    sink = PipelineSink(pipeline, reader)
    settle()
    if speed is None:
        for frame in reader:
            sink.put(frame)
            if on_frame is not None:
                on_frame()
    else:
        asyncio.run(play(reader, sink, LiveClock(), speed))
    pipeline.finish()
    return {**summarise(pipeline), "damage": reader.damage}
