"""The clock of the signer's processes, which know nothing of the desk's."""

from __future__ import annotations

import time

from polydesk.errors import SignerRefused

LARGEST_CHANGE_MS = 600_000
"""How far a measured difference may be from the one at the start."""


class OwnClock:
    """The computer's clock, corrected by how far the venue's time differs."""

    def __init__(self, offset_ms: int = 0) -> None:
        """Take the difference at the start.

        Args:
            offset_ms: Venue time less local time.
        """
        self._first_ms = offset_ms
        self._offset_ns = offset_ms * 1_000_000

    def set_offset(self, offset_ms: int) -> None:
        """Take a new difference.

        Raises:
            SignerRefused: It is too far from the first one to be a drift of clocks.
        """
        if abs(offset_ms - self._first_ms) > LARGEST_CHANGE_MS:
            raise SignerRefused("the clock has moved by more than ten minutes; start anew")
        self._offset_ns = offset_ms * 1_000_000

    def now_ns(self) -> int:
        """Return nanoseconds UTC as the venue sees them."""
        return time.time_ns() + self._offset_ns

    def monotonic_ns(self) -> int:
        """Return a steady time."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait; the signer itself never does, and does not load what waiting needs."""
        import asyncio

        await asyncio.sleep(seconds)
