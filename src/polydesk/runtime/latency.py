"""Wall-clock figures of the desk itself: never part of its state."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence

from polydesk.domain.decisions import Decision, Verdict

WINDOW = 10_000


def percentile(sorted_values: Sequence[float], share: float) -> float | None:
    """Return the value below which ``share`` of the sorted values lie, None without any."""
    if not sorted_values:
        return None
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


class Latency:
    """How long followed trades take from arrival to decision and to order."""

    def __init__(self) -> None:
        self.decided_us: deque[float] = deque(maxlen=WINDOW)
        self.ordered_us: deque[float] = deque(maxlen=WINDOW)

    def note_decisions(self, decisions: Iterable[Decision], seen_ns: int) -> None:
        """Note that decisions about a frame seen at ``seen_ns`` are complete, orders sent."""
        taken = (time.monotonic_ns() - seen_ns) / 1000
        for decision in decisions:
            self.decided_us.append(taken)
            if decision.verdict is Verdict.COPIED:
                self.ordered_us.append(taken)

    @staticmethod
    def summary(values: Iterable[float]) -> dict[str, float | None]:
        """Return p50 and p99 in microseconds."""
        ordered = sorted(values)
        p50, p99 = percentile(ordered, 0.5), percentile(ordered, 0.99)
        return {
            "p50": round(p50, 1) if p50 is not None else None,
            "p99": round(p99, 1) if p99 is not None else None,
        }


class LoopLag:
    """How late the event loop wakes: p50, p99 and max over a window, max over all."""

    def __init__(self) -> None:
        self.lags_ms: deque[float] = deque(maxlen=WINDOW)
        self.max_ms = 0.0

    def note(self, lag_ms: float) -> None:
        """Note one wake-up's lateness."""
        self.lags_ms.append(lag_ms)
        self.max_ms = max(self.max_ms, lag_ms)

    def summary(self) -> dict[str, float]:
        """Return p50, p99 and max in milliseconds."""
        ordered = sorted(self.lags_ms)
        return {
            "p50": round(percentile(ordered, 0.5) or 0.0, 3),
            "p99": round(percentile(ordered, 0.99) or 0.0, 3),
            "max": round(self.max_ms, 3),
        }
