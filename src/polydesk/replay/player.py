"""Feeding a recording to a sink at its own pace, faster, or as fast as possible."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from polydesk.domain.frames import Frame
from polydesk.ports import Clock, FrameSink

FRAMES_PER_TURN: Final = 200
"""Frames handed over at most before the event loop gets a turn."""
_SHORTEST_WAIT_NS: Final = 1_000_000


async def play(reader: Iterable[Frame], sink: FrameSink, clock: Clock, speed: float | None) -> None:
    """Feed frames with the distances of their receive times.

    Frames are never reordered: one received before its predecessor follows it at once.

    Args:
        reader: A recording, or a span of one.
        sink: Takes the frames.
        clock: Only its steady time and its sleep are used.
        speed: 1.0 is the recorded pace, 10.0 ten times as fast; None is as fast as possible.

    Raises:
        ValueError: The speed is not above zero.
    """
    if speed is not None and not speed > 0:
        raise ValueError("speed must be above zero")
    started = clock.monotonic_ns()
    first: int | None = None
    turn = 0
    for frame in reader:
        if first is None:
            first = frame.ts_init
        turn += 1
        if speed is not None:
            due = started + round((frame.ts_init - first) / speed)
            wait = due - clock.monotonic_ns()
            if wait >= _SHORTEST_WAIT_NS:
                await clock.sleep(wait / 1_000_000_000)
                turn = 0
        if turn >= FRAMES_PER_TURN:
            await asyncio.sleep(0)
            turn = 0
        sink.put(frame)
