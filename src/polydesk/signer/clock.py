"""The clock of the signer's processes, which know nothing of the desk's."""

from __future__ import annotations

import time

from polydesk.errors import SignerRefused

LARGEST_OFFSET_MS = 600_000
"""A computer whose clock is ten minutes wrong is to be set, not corrected."""


class OwnClock:
    """The computer's clock, corrected by how far the venue's time differs."""

    def __init__(self, offset_ms: int = 0) -> None:
        """Take the difference.

        Args:
            offset_ms: Venue time less local time.
        """
        self._offset_ns = 0
        self.set_offset(offset_ms)

    def set_offset(self, offset_ms: int) -> None:
        """Take a new difference.

        Raises:
            SignerRefused: It is too large to be a difference of clocks.
        """
        if abs(offset_ms) > LARGEST_OFFSET_MS:
            raise SignerRefused("the clock is more than ten minutes wrong; set it")
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
