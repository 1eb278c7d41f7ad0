"""The desk's ends of the pipes, in the event loop and without a task of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from polydesk.signer.framing import CHUNK, Splitter, frame
from polydesk.signer.quick import Room, write_now


class FrameReader:
    """Hands over each message as soon as it is complete."""

    def __init__(
        self,
        handle: int,
        largest: int,
        on_message: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        """Start reading.

        Args:
            handle: A pipe, which becomes non-blocking.
            largest: Bytes of the largest message.
            on_message: Called for each message.
            on_end: Called once, when the other side has closed or sent nonsense.
        """
        os.set_blocking(handle, False)
        self._handle = handle
        self._room = Room(CHUNK)
        self._splitter = Splitter(largest)
        self._on_message = on_message
        self._on_end = on_end
        self._is_closed = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(handle, self.look)

    def close(self) -> None:
        """Stop reading; the handle stays open, and may be another's by a second call."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._handle)

    def look(self) -> None:
        """Take what is there; the loop does it when something comes."""
        if self._is_closed:
            return
        data = self._room.read_now(self._handle)
        if data is None:
            return
        for message in self._splitter.feed(data):
            self._on_message(message)
        if not data or self._splitter.oversized:
            self.close()
            self._on_end()


class FrameWriter:
    """Sends at once what the pipe takes, and the rest when it takes more."""

    def __init__(self, handle: int) -> None:
        """Take a pipe, which becomes non-blocking."""
        os.set_blocking(handle, False)
        self._handle = handle
        self._waiting = bytearray()
        self._loop = asyncio.get_running_loop()

    @property
    def is_waiting(self) -> bool:
        """Whether the pipe is full and something waits for it."""
        return bool(self._waiting)

    def send(self, message: bytes) -> None:
        """Send one message; raises BrokenPipeError when the other side is gone."""
        data = frame(message)
        if self._waiting:
            self._waiting += data
            return
        sent = self._write(data)
        if sent < len(data):
            self._waiting += data[sent:]
            self._loop.add_writer(self._handle, self._flush)

    def close(self) -> None:
        """Forget what was not sent; the handle stays open, and may be another's later."""
        if self._waiting:
            self._waiting.clear()
            self._loop.remove_writer(self._handle)

    def _write(self, data: bytes | bytearray) -> int:
        return write_now(self._handle, bytes(data))

    def _flush(self) -> None:
        try:
            del self._waiting[: self._write(self._waiting)]
        except BrokenPipeError:
            # The reader of the same process learns of its end and tells everybody.
            self._waiting.clear()
        if not self._waiting:
            self._loop.remove_writer(self._handle)
