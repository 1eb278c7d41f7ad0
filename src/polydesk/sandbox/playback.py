"""The recording's clock: when which frame is consumed and passed on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from polydesk.domain.frames import MARKET, RTDS, Frame
from polydesk.sandbox.subscribers import Hub
from polydesk.sandbox.world import Audience, World

BATCH: Final = 64
"""Frames between two looks at requests and back-pressure."""
SLACK_S: Final = 0.001
"""A frame due within this time goes out at once."""
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
    ) -> None:
        """Prepare a playback.

        Args:
            tape: The recording; iterated once.
            hub: Whom frames go to.
            speed: Recorded seconds per real second; None means as fast as readers read.
            wait_for_subscribers: Begin only when both streams have a subscriber.
        """
        self.world = World()
        self.phase = Phase.WAITING
        self.consumed = 0
        """Frames taken from the recording."""
        self._frames = iter(tape)
        self._first: Frame | None = None
        self._hub = hub
        self._speed = speed
        self._wait = wait_for_subscribers
        self._started = asyncio.Event()
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._next_ns = 0
        self._zero_ns, self._zero_s = 0, 0.0

    @property
    def now_ns(self) -> int:
        """The exchange's time: the recording's, running on between two frames."""
        if self.phase is not Phase.PLAYING or self._speed is None:
            return self.world.now_ns
        passed = int((self._loop.time() - self._zero_s) * self._speed * NS)
        return max(self.world.now_ns, min(self._zero_ns + passed, self._next_ns))

    def prepare(self) -> None:
        """Take everything before the first socket frame."""
        for frame in self._frames:
            if frame.channel in {MARKET, RTDS}:
                self._first = frame
                break
            self._take(frame)
        if self._first is not None:
            self.world.now_ns = max(self.world.now_ns, self._first.ts_init)

    def start(self) -> None:
        """Begin without waiting any longer."""
        self._started.set()

    def stop(self) -> None:
        """End the playback where it is; the world stays as it is."""
        self._stopped.set()
        self._started.set()

    async def run(self) -> None:
        """Wait for the start and play to the end or to the stop."""
        await self._wait_for_start()
        if not self._stopped.is_set():
            self.phase = Phase.PLAYING
            await self._play()
        self.phase = Phase.STOPPED if self._stopped.is_set() else Phase.FINISHED

    async def _wait_for_start(self) -> None:
        if not self._wait:
            return
        subscribed = asyncio.ensure_future(self._hub.both_streams())
        asked = asyncio.ensure_future(self._started.wait())
        try:
            await asyncio.wait({subscribed, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            subscribed.cancel()
            asked.cancel()

    async def _play(self) -> None:
        if self._first is None:
            return
        self._zero_ns, self._zero_s = self._first.ts_init, self._loop.time()
        self._pass_on(self._first)
        for count, frame in enumerate(self._frames, start=1):
            if self._speed is not None:
                await self._wait_until(frame.ts_init)
            if count % BATCH == 0:
                await self._let_others_work()
            if self._stopped.is_set():
                return
            self._pass_on(frame)
        await self._hub.room()

    async def _let_others_work(self) -> None:
        """Serve requests; at full speed wait for readers, otherwise cut off hopeless ones."""
        await asyncio.sleep(0)
        if self._speed is None:
            await self._hub.room()
        else:
            self._hub.kick_slow()

    async def _wait_until(self, ts_ns: int) -> None:
        assert self._speed is not None
        self._next_ns = ts_ns
        due = self._zero_s + (ts_ns - self._zero_ns) / NS / self._speed
        delay = due - self._loop.time()
        if delay > SLACK_S:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), delay)

    def _pass_on(self, frame: Frame) -> None:
        audience = self._take(frame)
        if audience is not None:
            self._hub.publish(frame.text, audience)

    def _take(self, frame: Frame) -> Audience | None:
        self.consumed += 1
        return self.world.consume(frame)
