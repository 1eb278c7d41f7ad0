"""The computer's time as a desk takes it, and the clock of the signer's processes.

They know nothing of the desk's clock; both begin with the computer's and go on by themselves.
"""

from __future__ import annotations

import time
from typing import Final

from polydesk.errors import SignerRefused

LARGEST_CHANGE_MS = 600_000
"""How far a measured difference may be from the one at the start."""


_ELAPSED: Final = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""A steady clock that goes on while the computer sleeps; None where there is no such choice.

Source: clock_gettime(2) of Linux (CLOCK_BOOTTIME), clock_gettime(3) of macOS (CLOCK_MONOTONIC)."""


def elapsed_ns() -> int:
    """Return a steady time, from an unknown beginning on."""
    return time.monotonic_ns() if _ELAPSED is None else time.clock_gettime_ns(_ELAPSED)


class SteadyTime:
    """The computer's time at the start, carried on by a steady clock.

    A clock that is set meanwhile, by hand or by a time service, moves nothing here: what is
    waited for is waited for as long as it was meant to be.
    """

    def __init__(self) -> None:
        self._began_ns = time.time_ns() - elapsed_ns()

    def now_ns(self) -> int:
        """Return nanoseconds UTC."""
        return self._began_ns + elapsed_ns()


class OwnClock:
    """The computer's clock at the start, corrected by how far the venue's time differs."""

    def __init__(self, offset_ms: int = 0) -> None:
        """Take the difference at the start.

        Args:
            offset_ms: Venue time less local time.
        """
        self._time = SteadyTime()
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
        return self._time.now_ns() + self._offset_ns

    def monotonic_ns(self) -> int:
        """Return a steady time."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait; the signer itself never does, and does not load what waiting needs."""
        import asyncio

        await asyncio.sleep(seconds)
