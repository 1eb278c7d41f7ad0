"""Clocks of a running desk: the computer's, the venue's, and that of an exchange at play."""

from __future__ import annotations

import asyncio
import re
import time

from polydesk.domain.frames import MARKET, RTDS, Frame
from polydesk.ports import FrameSink
from polydesk.signer.clock import SteadyTime

_STAMP = re.compile(rb'"timestamp":\s*"?([0-9]{13})(?![0-9])')
"""Milliseconds in market frames and in the envelope of the real-time data socket.
Source: ``websockets.md`` sections 3 and 5.2, 2026-11."""


class LiveClock:
    """The computer's clock at the start, corrected by how far the venue's time differs."""

    def __init__(self, offset_ns: int = 0) -> None:
        self._time = SteadyTime()
        self.offset_ns = offset_ns
        """Venue time less local time."""

    def now_ns(self) -> int:
        """Return nanoseconds UTC as the venue sees them."""
        return self._time.now_ns() + self.offset_ns

    def monotonic_ns(self) -> int:
        """Return a steady time."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class ExchangeClock:
    """The time of an exchange that plays a recording, read off the frames it sends.

    Between frames it runs on at the playback's speed; it never steps back.
    """

    def __init__(self, start_ns: int, speed: float | None) -> None:
        self._latest = start_ns
        self._speed = speed
        self._anchor: tuple[int, int] | None = None
        """(exchange time, monotonic time) of the newest frame."""

    def observe(self, frame: Frame) -> int:
        """Take the time a frame states and return the exchange's time now."""
        if frame.channel in {MARKET, RTDS}:
            stamp = _STAMP.search(frame.text)
            if stamp is not None:
                self.advance_to(int(stamp[1]) * 1_000_000)
        return self.now_ns()

    def advance_to(self, ts_ns: int) -> None:
        """Take a time that has been reached; an older one only re-anchors the clock."""
        self._latest = max(self.now_ns(), ts_ns)
        self._anchor = (self._latest, time.monotonic_ns())

    def now_ns(self) -> int:
        """Return the exchange's time."""
        if self._anchor is not None and self._speed is not None:
            at, mono = self._anchor
            passed = int((time.monotonic_ns() - mono) * self._speed)
            self._latest = max(self._latest, at + passed)
        return self._latest

    def monotonic_ns(self) -> int:
        """Return a steady time."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait, in real seconds."""
        await asyncio.sleep(seconds)


class StampingSink:
    """Gives each frame the exchange's time as its receive time."""

    def __init__(self, clock: ExchangeClock, sink: FrameSink) -> None:
        self._clock = clock
        self._sink = sink

    def put(self, frame: Frame) -> None:
        """Stamp a frame and pass it on."""
        frame.ts_init = self._clock.observe(frame)
        self._sink.put(frame)
