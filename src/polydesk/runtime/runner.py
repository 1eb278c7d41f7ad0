"""The engine's inbox: lanes by urgency, batches that never hold the loop for long.

Lanes, most urgent first: the kill switch, what became of our own orders, commands of the person
at the desk, followed trades, market data with the stream status and ticks that belong between
it, everything else. Within a lane frames keep their order. A batch is at most 100 frames or 2 ms
of work, then the loop gets its turn. A trade that finds nothing waiting is not put down first: it
is processed within ``put``, one for each turn of the loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from polydesk.domain.commands import UserCommand
from polydesk.domain.frames import CONTROL, EXECUTION, MARKET, RTDS, Frame
from polydesk.ports import Clock
from polydesk.runtime.control import encode_command, encode_status, encode_tick
from polydesk.runtime.latency import LoopLag
from polydesk.runtime.pipeline import Pipeline

BATCH_FRAMES: Final = 100
BATCH_NS: Final = 2_000_000
MARKET_CAPACITY: Final = 50_000
"""Market frames waiting at most; beyond that the books are declared stale and sent again."""
TICK_S: Final = 0.05

_KILL, _OWN, _COMMANDS, _FOLLOWED, _MARKET, _REST = range(6)
_LANE_OF: Final = {CONTROL: _COMMANDS, EXECUTION: _OWN, RTDS: _FOLLOWED, MARKET: _MARKET}
_STATUS_MARK: Final = b'"kind":"status"'
_TICK_MARK: Final = b'"kind":"tick"'
_KILL_MARK: Final = b'{"kind":"command","name":"Kill",'

Waiting = tuple[Frame, int]
"""A frame with the monotonic time of its arrival."""


class Runner:
    """Drains the lanes into the pipeline on the event loop. A ``FrameSink``."""

    def __init__(
        self,
        pipeline: Pipeline,
        clock: Clock,
        *,
        on_market_overflow: Callable[[], None] | None = None,
        market_capacity: int = MARKET_CAPACITY,
    ) -> None:
        self.pipeline = pipeline
        self.lag = LoopLag()
        self.overflows = 0
        self.dropped = 0
        self._clock = clock
        self._lanes: tuple[deque[Waiting], ...] = tuple(deque() for _ in range(6))
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._is_awake = True
        """Whether frames may wait; spares the two events on every frame but the first."""
        self._failure: Exception | None = None
        self.on_drained: Callable[[], None] = _nothing
        """Called when work was done and nothing is waiting any more."""
        self._on_market_overflow = on_market_overflow
        self._market_capacity = market_capacity

    @property
    def depth(self) -> int:
        """Frames waiting."""
        return sum(map(len, self._lanes))

    def put(self, frame: Frame) -> None:
        """Take one frame; never blocks."""
        lane = _LANE_OF.get(frame.channel, _REST)
        waiting = (frame, time.monotonic_ns())
        if lane == _FOLLOWED and not self._is_awake:
            self._feed_now(waiting)
            return
        if lane == _COMMANDS:
            self._put_control(waiting)
        else:
            queue = self._lanes[lane]
            queue.append(waiting)
            if lane == _MARKET and len(queue) > self._market_capacity:
                self._overflow(queue)
        if not self._is_awake:
            self._wake_up()

    def _wake_up(self) -> None:
        self._is_awake = True
        self._idle.clear()
        self._wake.set()

    def _feed_now(self, waiting: Waiting) -> None:
        """Process a frame that nothing waits before; what comes meanwhile waits for ``run``."""
        self._is_awake = True
        try:
            self.pipeline.feed(*waiting)
        except Exception as error:
            # Whoever brought the frame may go on after an error; the desk may not.
            self._failure = error
            raise
        finally:
            # Only now, so that whoever waits for the signer gets the next turn, before ``run``.
            self._wake_up()

    def _put_control(self, waiting: Waiting) -> None:
        """Queue one of our own frames: what belongs between market data there, a kill first."""
        text = waiting[0].text
        if _STATUS_MARK in text or _TICK_MARK in text:
            self._lanes[_MARKET].append(waiting)
        elif text.startswith(_KILL_MARK):
            self._lanes[_KILL].append(waiting)
        else:
            self._lanes[_COMMANDS].append(waiting)

    def submit(self, command: UserCommand) -> None:
        """Take a person's command."""
        self.put(encode_command(command, self._clock.now_ns()))

    def _overflow(self, queue: deque[Waiting]) -> None:
        """Deltas may not be dropped one by one: drop all, mark the books stale, ask anew."""
        own = [waiting for waiting in queue if waiting[0].channel == CONTROL]
        self.overflows += 1
        self.dropped += len(queue) - len(own)
        queue.clear()
        queue.extend(own)
        for up, words in ((False, "inbox overflow"), (True, "books are sent again")):
            status = encode_status("market", up, self._clock.now_ns(), words)
            queue.append((status, time.monotonic_ns()))
        if self._on_market_overflow is not None:
            self._on_market_overflow()

    async def run(self) -> None:
        """Drain for ever, from what waits already on; cancellation ends it."""
        self._wake.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._failure is not None:
                    raise self._failure
                if self._drain_batch() or self._is_more_after_rest():
                    self._wake.set()
                    await asyncio.sleep(0)
                else:
                    self._is_awake = False
                    self._idle.set()
        finally:
            # Nobody takes what follows from a trade any more: it waits like the rest.
            self._is_awake = True

    def _is_more_after_rest(self) -> bool:
        """Let be done what is done in between; return whether something came in meanwhile."""
        self.on_drained()
        return any(self._lanes)

    def _drain_batch(self) -> bool:
        """Process one batch; return whether more is waiting."""
        feed, now_ns = self.pipeline.feed, time.monotonic_ns
        kill, own, commands, followed, market, rest = self._lanes
        end = now_ns() + BATCH_NS
        for _ in range(BATCH_FRAMES):
            lane = kill or own or commands or followed or market or rest
            if not lane:
                return False
            feed(*lane.popleft())
            if now_ns() > end:
                break
        return any(self._lanes)

    async def drained(self) -> None:
        """Wait until nothing is waiting."""
        await self._idle.wait()

    async def tick(self) -> None:
        """Let due timers run when no frame does, and measure the loop's lateness."""
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(TICK_S)
            self.lag.note(max(0.0, (loop.time() - before - TICK_S) * 1000))
            due = self.pipeline.venue.next_due()
            now = self._clock.now_ns()
            if due is not None and due <= now:
                self.put(encode_tick(now))


def _nothing() -> None:
    pass
