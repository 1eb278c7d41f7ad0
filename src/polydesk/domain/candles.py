"""One bar of a price series: the value that charts draw and history keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candle:
    """One bar of a token's price. Prices in micros."""

    ts: int
    """Start, nanoseconds UTC."""
    open: int
    high: int
    low: int
    close: int
    volume: int
    """Micro-shares traded; zero when built from midpoints only."""
