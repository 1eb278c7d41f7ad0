"""The one clock that trading goes by."""

from __future__ import annotations

from typing import Final

from polydesk.sandbox.playback import Phase, Playback

NS: Final = 1_000_000_000
SHORTEST_S: Final = 0.002
LONGEST_S: Final = 0.5
UNSTEADY_S: Final = 0.02
"""How often to look at a clock that does not run with ours."""


class TradingClock:
    """The recording's time, running on after its end, and what was skipped; never goes back."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._skipped_ns = 0
        self._newest_ns = 0

    def now_ns(self) -> int:
        """Return the exchange's time, nanoseconds UTC."""
        played = self._playback.now_ns + self._playback.overtime_ns
        self._newest_ns = max(self._newest_ns, played + self._skipped_ns)
        return self._newest_ns

    def skip(self, duration_ns: int) -> None:
        """Put the exchange's time forward for ever."""
        if duration_ns < 0:
            raise ValueError("time does not go back")
        self._skipped_ns += duration_ns

    def rewind(self) -> None:
        """Begin again with a recording that begins again; what was skipped stays skipped."""
        self._newest_ns = 0

    def seconds_until(self, due_ns: int) -> float:
        """Return real seconds after which to look whether a time has come."""
        playing, speed = self._playback.phase is Phase.PLAYING, self._playback.speed
        if self._playback.phase is Phase.WAITING or (playing and speed is None):
            return UNSTEADY_S
        rate = speed if playing and speed is not None else 1.0
        wait = (due_ns - self.now_ns()) / NS / rate
        return min(max(wait, SHORTEST_S), LONGEST_S)
