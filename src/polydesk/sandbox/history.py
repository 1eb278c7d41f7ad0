"""Price history: the midpoint of each token, one value per minute.

Source: ``rest-data.md`` sections 4 and 5.2 (history is about the midpoint), 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

BUCKET_S: Final = 60


class PriceHistory:
    """Last midpoint of each minute in which it changed."""

    def __init__(self) -> None:
        self._points: dict[str, list[tuple[int, int]]] = {}

    def note(self, token: str, seconds: int, mid: int) -> None:
        """Take a midpoint in micros at a time in epoch seconds."""
        bucket = seconds - seconds % BUCKET_S
        points = self._points.setdefault(token, [])
        if points and points[-1][0] >= bucket:
            points[-1] = (points[-1][0], mid)
        elif not points or points[-1][1] != mid:
            points.append((bucket, mid))

    def series(
        self, token: str, start_s: int, end_s: int, step_s: int = BUCKET_S
    ) -> list[tuple[int, int]]:
        """Return (epoch seconds, midpoint) per step in ``[start_s, end_s)``.

        A minute without a change repeats the value before it; there is nothing before the
        first recorded midpoint.
        """
        points = self._points.get(token)
        if not points:
            return []
        first = max(start_s - start_s % step_s, points[0][0] - points[0][0] % step_s)
        return list(_filled(points, first, end_s, step_s))


def _filled(
    points: list[tuple[int, int]], first_s: int, end_s: int, step_s: int
) -> Iterator[tuple[int, int]]:
    """Yield the last value known at the end of each step."""
    index, value = 0, points[0][1]
    for bucket in range(first_s, end_s, step_s):
        while index < len(points) and points[index][0] < bucket + step_s:
            value = points[index][1]
            index += 1
        yield bucket, value
