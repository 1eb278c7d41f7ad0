"""Bars from a series of past prices."""

from __future__ import annotations

from collections.abc import Iterable

from polydesk.domain.candles import Candle

SECOND_NS = 1_000_000_000


def bars_from_points(points: Iterable[tuple[int, int]], interval_s: int) -> list[Candle]:
    """Fold (nanoseconds UTC, price in micros) points, oldest first, into bars without volume."""
    width = interval_s * SECOND_NS
    bars: list[Candle] = []
    for at, price in points:
        start = at - at % width
        if bars and bars[-1].ts == start:
            last = bars[-1]
            high, low = max(last.high, price), min(last.low, price)
            bars[-1] = Candle(start, last.open, high, low, price, 0)
        else:
            bars.append(Candle(start, price, price, price, price, 0))
    return bars
