"""The recording's clock: when which frame is consumed and passed on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

from polydesk.domain.frames import MARKET, RTDS, Frame
from polydesk.sandbox.subscribers import Hub
from polydesk.sandbox.world import World

BATCH: Final = 64
"""Frames between two looks at requests and back-pressure."""
SLACK_S: Final = 0.001
"""A frame due within this time goes out at once."""
STALL_S: Final = 60.0
"""A reader that takes nothing for this long at full speed is cut off."""
NS: Final = 1_000_000_000


class Phase(StrEnum):
    """Where the playback is."""

    WAITING = "waiting"
    PLAYING = "playing"
    FINISHED = "finished"
    STOPPED = "stopped"


class Playback:
    """Plays one recording into a world and to the sockets.

    What stands in the recording before the first socket frame (catalogue, recorded books) is
    known at once. The rest waits for the start: a control call, or a subscriber on each of
    the two streams, so that nobody misses anything.
    """

    def __init__(
        self,
        tape: Iterable[Frame],
        hub: Hub,
        *,
        speed: float | None,
        wait_for_subscribers: bool,
        loop: bool = False,
    ) -> None:
        """Prepare a playback; needs a running event loop.

        Args:
            tape: The recording; iterated once per round.
            hub: Whom frames go to.
            speed: Recorded seconds per real second; None means as fast as readers read.
            wait_for_subscribers: Begin only when both streams have a subscriber.
            loop: Begin again after the end, with every socket closed as at a venue restart.
        """
        self.phase = Phase.WAITING
        self.consumed = 0
        """Frames taken from the recording in this round."""
        self._tape = tape
        self._hub = hub
        self._speed = speed
        self._ended_s: float | None = None
        self.on_rewind: Callable[[], None] | None = None
        """Told that the recording begins again, with a new world."""
        self._wait = wait_for_subscribers
        self._repeat = loop
        self._started = asyncio.Event()
        self._stopped = asyncio.Event()
        self._clock = asyncio.get_running_loop().time
        self._next_ns = 0
        self._zero_ns, self._zero_s = 0, 0.0
        self._rewind()

    @property
    def now_ns(self) -> int:
        """The exchange's time: the recording's, running on between two frames."""
        if self.phase is not Phase.PLAYING or self._speed is None:
            return self.world.now_ns
        passed = int((self._clock() - self._zero_s) * self._speed * NS)
        return max(self.world.now_ns, min(self._zero_ns + passed, self._next_ns))

    @property
    def overtime_ns(self) -> int:
        """Real time since the playback has ended, nanoseconds; 0 before."""
        return 0 if self._ended_s is None else int((self._clock() - self._ended_s) * NS)

    @property
    def speed(self) -> float | None:
        """Recorded seconds per real second; None means as fast as readers read."""
        return self._speed

    def start(self) -> None:
        """Begin without waiting any longer."""
        self._started.set()

    def stop(self) -> None:
        """End the playback where it is; the world stays as it is."""
        self._stopped.set()
        self._started.set()

    async def run(self) -> None:
        """Wait for the start and play to the end or to the stop, again and again if asked to."""
        while await self._play_round():
            self._hub.dismiss_all()
            await self._hub.vacated()
            await asyncio.sleep(0)
            self._rewind()
            if self.on_rewind is not None:
                self.on_rewind()
        self._ended_s = self._clock()
        self.phase = Phase.STOPPED if self._stopped.is_set() else Phase.FINISHED

    async def _play_round(self) -> bool:
        """Play once; tell whether to play again."""
        if self._wait:
            await self._wait_for_start()
        if self._stopped.is_set() or self._first is None:
            return False
        self.phase = Phase.PLAYING
        await self._play(self._first)
        await self._with_patience(self._hub.drained())
        return self._repeat and not self._stopped.is_set()

    def _rewind(self) -> None:
        """Begin with an empty world and take everything before the first socket frame."""
        self.world = World()
        self.phase = Phase.WAITING
        self.consumed = 0
        self._started.clear()
        self._frames: Iterator[Frame] = iter(self._tape)
        self._first: Frame | None = None
        for frame in self._frames:
            if frame.channel in {MARKET, RTDS}:
                self._first = frame
                self.world.now_ns = max(self.world.now_ns, frame.ts_init)
                return
            self._take(frame)

    async def _wait_for_start(self) -> None:
        subscribed = asyncio.ensure_future(self._hub.both_streams())
        asked = asyncio.ensure_future(self._started.wait())
        try:
            await asyncio.wait({subscribed, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            subscribed.cancel()
            asked.cancel()

    async def _play(self, first: Frame) -> None:
        self._zero_ns, self._zero_s = first.ts_init, self._clock()
        self._next_ns = first.ts_init
        self._take(first)
        for count, frame in enumerate(self._frames, start=1):
            if self._speed is not None:
                await self._wait_until(frame.ts_init, self._speed)
            if count % BATCH == 0:
                await self._let_others_work()
            if self._stopped.is_set():
                return
            self._take(frame)

    async def _let_others_work(self) -> None:
        """Serve requests; at full speed wait for readers, otherwise cut off hopeless ones."""
        await asyncio.sleep(0)
        if self._speed is not None:
            self._hub.dismiss_overflowing()
        else:
            await self._with_patience(self._hub.room())

    async def _with_patience(self, readers: Awaitable[None]) -> None:
        """Wait for readers, and cut off those who take nothing for too long."""
        try:
            async with asyncio.timeout(STALL_S):
                await readers
        except TimeoutError:
            self._hub.dismiss_stalled()

    async def _wait_until(self, ts_ns: int, speed: float) -> None:
        self._next_ns = max(self._next_ns, ts_ns)
        delay = self._zero_s + (ts_ns - self._zero_ns) / NS / speed - self._clock()
        if delay > SLACK_S:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), delay)

    def inject(self, frame: Frame) -> None:
        """Take a frame that is not of the recording, and pass it on like one that is."""
        audience = self.world.consume(frame)
        if audience is not None:
            self._hub.publish(frame.text, audience)

    def _take(self, frame: Frame) -> None:
        """Take the next frame into the world and give it to whom it concerns."""
        self.consumed += 1
        audience = self.world.consume(frame)
        if audience is not None:
            self._hub.publish(frame.text, audience)
