"""What waits to be written to one socket, and who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

ROOM_BYTES: Final = 1 << 16
"""Below this a fast replay goes on."""
FULL_BYTES: Final = 64 << 20
"""Beyond this a reader that is too slow for a timed replay is cut off, as the venue does."""


class Outbox:
    """Frames in order for one socket. One task pumps, others put."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._bytes = 0
        self._filled = asyncio.Event()
        self._roomy = asyncio.Event()
        self._empty = asyncio.Event()
        self._roomy.set()
        self._empty.set()
        self._closed = False

    @property
    def overflowing(self) -> bool:
        """Whether the reader is hopelessly behind."""
        return self._bytes > FULL_BYTES

    @property
    def waiting(self) -> bool:
        """Whether something is not handed over yet."""
        return not self._empty.is_set()

    def put(self, frame: bytes) -> None:
        """Append one frame, ready for the wire."""
        if self._closed:
            return
        self._frames.append(frame)
        self._bytes += len(frame)
        self._filled.set()
        self._empty.clear()
        if self._bytes > ROOM_BYTES:
            self._roomy.clear()

    async def room(self) -> None:
        """Wait until little is waiting, or the socket is gone."""
        await self._roomy.wait()

    async def drained(self) -> None:
        """Wait until everything is handed over, or the socket is gone."""
        await self._empty.wait()

    async def pump(self, send: Callable[[list[bytes]], Awaitable[None]]) -> None:
        """Hand over what waits, for ever."""
        while True:
            await self._filled.wait()
            frames, self._frames = self._frames, []
            self._filled.clear()
            await send(frames)
            self._settle(sum(map(len, self._frames)))

    def close(self) -> None:
        """Take nothing any more and free whoever waits for room."""
        self._closed = True
        self._frames.clear()
        self._settle(0)

    def _settle(self, waiting: int) -> None:
        self._bytes = waiting
        if waiting <= ROOM_BYTES:
            self._roomy.set()
        if not waiting:
            self._empty.set()
