"""A small canvas of braille dots: two across and four down in every cell."""

from __future__ import annotations

_BLANK = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits by column and row inside a cell."""


class Canvas:
    """Dots addressed from the upper left, drawn as lines of text."""

    def __init__(self, width: int, height: int) -> None:
        """Make an empty canvas of ``width`` by ``height`` cells."""
        self.width = width
        self.height = height
        self._cells = [[0] * width for _ in range(height)]

    @property
    def dots_across(self) -> int:
        """Dots from left to right."""
        return self.width * 2

    @property
    def dots_down(self) -> int:
        """Dots from top to bottom."""
        return self.height * 4

    def dot(self, x: int, y: int) -> None:
        """Set one dot; outside the canvas nothing happens."""
        if 0 <= x < self.dots_across and 0 <= y < self.dots_down:
            self._cells[y // 4][x // 2] |= _DOTS[x % 2][y % 4]

    def line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Set the dots of a straight line."""
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            self.dot(x0 + (x1 - x0) * step // steps, y0 + (y1 - y0) * step // steps)

    def lines(self) -> list[str]:
        """Return the canvas as text; cells without a dot are blanks."""
        return ["".join(chr(_BLANK + bits) if bits else " " for bits in row) for row in self._cells]
