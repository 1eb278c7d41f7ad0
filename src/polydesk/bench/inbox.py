"""The engine's inbox: one frame put and drained, beside a queue that hands over each event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from polydesk.bench.measure import alternate
from polydesk.bench.recorded import recording
from polydesk.bench.results import Result, Spec
from polydesk.domain.frames import Frame
from polydesk.engine.engine import Engine
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.runner import Runner

INBOX = Spec("inbox_hand_over", "µs/frame", "asyncio.Queue, one get per frame")
SPECS = (INBOX,)
BURST = 100
"""Frames that come together, as from one read of a busy socket."""


class Counting(Pipeline):
    """Takes frames and does nothing, so only the way to it is measured."""

    def feed(self, frame: Frame, seen_ns: int = 0) -> None:
        """Count a frame."""
        self.frames += 1


def run(*, quick: bool) -> Iterator[Result]:
    """Measure the inbox."""
    rounds, count = (1, 2_000) if quick else (7, 20_000)
    frames = recording().market[:count]
    yield INBOX.result(
        *alternate(
            lambda: asyncio.run(_through_runner(frames)),
            lambda: asyncio.run(_through_queue(frames)),
            rounds,
        )
    )


async def _through_runner(frames: tuple[Frame, ...]) -> float:
    runner = Runner(Counting(Engine()), LiveClock())
    task = asyncio.create_task(runner.run())
    started = time.thread_time_ns()
    for first in range(0, len(frames), BURST):
        for frame in frames[first : first + BURST]:
            runner.put(frame)
        await runner.drained()
    spent = time.thread_time_ns() - started
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return spent / len(frames) / 1_000


async def _through_queue(frames: tuple[Frame, ...]) -> float:
    queue: asyncio.Queue[Frame] = asyncio.Queue()
    pipeline = Counting(Engine())

    async def consume() -> None:
        while True:
            pipeline.feed(await queue.get())
            queue.task_done()

    task = asyncio.create_task(consume())
    started = time.thread_time_ns()
    for first in range(0, len(frames), BURST):
        for frame in frames[first : first + BURST]:
            queue.put_nowait(frame)
        await queue.join()
    spent = time.thread_time_ns() - started
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return spent / len(frames) / 1_000
