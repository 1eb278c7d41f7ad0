"""Messages in a pipe: four bytes of length, then the message."""

from __future__ import annotations

import os
from typing import Final

HEAD: Final = 4
LARGEST_REQUEST: Final = 1 << 18
"""Bytes of one message to or from the signer; fifteen orders need about 25,000."""
LARGEST_TEXT: Final = 1 << 20
"""Bytes of one text from the venue to the account."""
CHUNK: Final = 1 << 16
"""Bytes of one read; the capacity of a pipe."""


def frame(message: bytes) -> bytes:
    """Return a message with its length before it."""
    return len(message).to_bytes(HEAD, "big") + message


class Splitter:
    """Cuts received bytes into messages; what is too large is skipped and counted."""

    def __init__(self, largest: int) -> None:
        """Take the size of the largest message, bytes."""
        self._largest = largest
        self._held = bytearray()
        self._skip = 0
        self.oversized = 0
        """Messages that were too large."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take received bytes and return the messages that are complete, oldest first."""
        held = self._held
        if not held and not self._skip and self._is_one(data):
            return [data[HEAD:]]
        held += data
        messages: list[bytes] = []
        start = 0
        while True:
            start += self._skipped(len(held) - start)
            end = self._end_of_next(start)
            if end is None:
                break
            if end < 0:
                start += HEAD
                continue
            messages.append(bytes(held[start + HEAD : end]))
            start = end
        del held[:start]
        return messages

    def _is_one(self, data: bytes) -> bool:
        """Return whether this is a whole message and no more, as is usual."""
        length = len(data) - HEAD
        return 0 <= length <= self._largest and int.from_bytes(data[:HEAD], "big") == length

    def _skipped(self, available: int) -> int:
        taken = min(self._skip, available)
        self._skip -= taken
        return taken

    def _end_of_next(self, start: int) -> int | None:
        """Return where the next message ends, None when it has not come, -1 when it is skipped."""
        held = self._held
        if self._skip or len(held) - start < HEAD:
            return None
        length = int.from_bytes(held[start : start + HEAD], "big")
        if length > self._largest:
            self._skip = length
            self.oversized += 1
            return -1
        end = start + HEAD + length
        return end if end <= len(held) else None


def write_all(handle: int, data: bytes) -> None:
    """Write everything into a blocking pipe."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
