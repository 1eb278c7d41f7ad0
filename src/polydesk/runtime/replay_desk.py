"""A recording fed straight into an engine that a screen shows."""

from __future__ import annotations

import asyncio

from polydesk.analytics.candles import CandleBook
from polydesk.domain.frames import Frame
from polydesk.engine.engine import Engine
from polydesk.errors import RecordingError
from polydesk.replay.player import play
from polydesk.replay.tape import TapeReader
from polydesk.runtime.clocks import ExchangeClock
from polydesk.runtime.control import encode_session, require_session
from polydesk.runtime.demo import speed_label
from polydesk.runtime.desk_source import LiveDeskSource, Session
from polydesk.runtime.interpreter import settle
from polydesk.runtime.opening import plain_opening
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.runner import Runner
from polydesk.views.models import Mode

SAMPLE_S = 1.0


class ReplayDesk:
    """Plays an open recording at its pace; no sockets."""

    def __init__(self, reader: TapeReader, *, speed: float | None) -> None:
        """Prepare to play.

        Raises:
            RecordingError: The recording holds no frames.
        """
        if reader.first_ts is None or reader.last_ts is None:
            raise RecordingError(f"{reader.header.title}: the recording holds no frames.")
        self._reader = reader
        self._speed = speed
        self._span = (reader.first_ts, reader.last_ts)
        self._clock = ExchangeClock(reader.first_ts, speed)
        self._is_first = True
        self.pipeline = Pipeline(Engine())
        self.runner = Runner(self.pipeline, self._clock)
        notice = next(iter(reader.header.notes), reader.header.title)
        self._session = Session(Mode.REPLAY, notice, speed_label(speed), self._progress)
        self.source = LiveDeskSource(
            self.pipeline, self.runner, self._clock, self._session, CandleBook()
        )
        for stream in self.source.streams.values():
            # Most recordings do not say how their connections fared.
            stream.up, stream.detail = True, "from the recording"

    def _progress(self) -> float:
        first, last = self._span
        return min(1.0, (self._clock.now_ns() - first) / max(1, last - first))

    def put(self, frame: Frame) -> None:
        """Take one frame from the player, in the order in which it was recorded.

        The inbox is for what comes from a person: its lanes would reorder a recording that is
        played faster than it can be shown.
        """
        if self._is_first:
            self._is_first = False
            if require_session(frame) is None:
                self.pipeline.feed(encode_session(plain_opening(self._reader), frame.ts_init))
        self._clock.advance_to(frame.ts_init)
        self.pipeline.feed(frame, self._clock.monotonic_ns())
        self.source.note_frame(frame)

    async def play(self) -> None:
        """Play to the end, then stay until cancelled."""
        settle()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.runner.run(), name="engine")
            group.create_task(self.runner.tick(), name="tick")
            group.create_task(self._sample(), name="samples")
            await play(self._reader, self, self._clock, self._speed)
            self.pipeline.finish()
            self.source.finish()

    async def _sample(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_S)
            self.source.sample()
