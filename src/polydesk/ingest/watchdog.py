"""Is data still coming? Judged by data alone: pings prove nothing about it."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.ports import Clock

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """How long a connection may be without data. Seconds."""

    first_data_s: float = 10.0
    """After subscribing, until the first data."""
    silence_s: float = 30.0
    """Between data."""


class Watchdog:
    """The data age of one connection, on the steady clock.

    The receive loop only counts; ``check`` compares counts, so a frame costs nothing here.
    """

    def __init__(self, clock: Clock, limits: WatchLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._count = 0
        self._since = clock.monotonic_ns()
        self._has_data = False

    @property
    def has_data(self) -> bool:
        """Return whether any data has been seen since ``opened``."""
        return self._has_data

    def opened(self, count: int) -> None:
        """Start the first-data deadline.

        Args:
            count: Data frames received so far.
        """
        self._count = count
        self._has_data = False
        self._since = self._clock.monotonic_ns()

    def check(self, count: int) -> str | None:
        """Return why the connection counts as dead, or None.

        Args:
            count: Data frames received so far.
        """
        now = self._clock.monotonic_ns()
        if count != self._count:
            self._count = count
            self._has_data = True
            self._since = now
            return None
        age_s = (now - self._since) / _NS
        if not self._has_data and age_s >= self._limits.first_data_s:
            return f"no data within {self._limits.first_data_s:g} s of subscribing"
        if self._has_data and age_s >= self._limits.silence_s:
            return f"no data for {self._limits.silence_s:g} s"
        return None
