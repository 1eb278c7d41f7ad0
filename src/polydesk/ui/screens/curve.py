"""The account's equity over time, drawn in braille dots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from polydesk.ui.format import clock, money
from polydesk.ui.screens.base import desk_app
from polydesk.ui.widgets.braille import Canvas
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, LineWidget, Row
from polydesk.views.source import DeskSource

Point = tuple[int, int]
"""(time, equity)."""
LABEL_WIDTH = 12
"""Cells of the labels at the right."""
_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND


class EquityCurve(LineWidget, can_focus=False):
    """Equity as one line; the newest point is at the right edge."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("chart-line", "chart-axis", "muted", "pnl-up", "pnl-down")
    )
    EVERY = 15

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._points: Sequence[Point] = ()
        self._version = -1

    def on_mount(self) -> None:
        """Follow the source."""
        desk_app(self).driver.register(self, self.EVERY)

    def on_unmount(self) -> None:
        """Stop following."""
        desk_app(self).driver.unregister(self)

    def poll(self, source: DeskSource) -> bool:
        """Take the curve when the portfolio moved."""
        if source.portfolio_version() == self._version:
            return False
        self._version = source.portfolio_version()
        self._points = source.portfolio().equity_curve
        return self.update_lines()

    def heading(self) -> tuple[str, str]:
        """Return the title and the time it covers."""
        if len(self._points) < 2:
            return "Equity", ""
        return "Equity", f"{_moment(self._points, 0)} to {_moment(self._points, -1)} UTC"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the plot's lines with labels at top and bottom."""
        plot = width - LABEL_WIDTH
        if len(self._points) < 2 or plot < 8 or height < 2:
            return [("message", "the curve needs two points")]
        low = min(equity for _, equity in self._points)
        high = max(equity for _, equity in self._points)
        labels = {0: money(high), height - 1: money(low)}
        lines = plot_line(self._points, plot, height)
        return [("plot", line, labels.get(y, "")) for y, line in enumerate(lines)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of one line."""
        if row[0] == "message":
            return [(f" {row[1]}", "muted")]
        return [(str(row[1]), "chart-line"), (f"{row[2]!s:>{LABEL_WIDTH}}", "chart-axis")]


def _moment(points: Sequence[Point], index: int) -> str:
    """Return a point's time of day; with seconds while the curve is short."""
    span = points[-1][0] - points[0][0]
    return clock(points[index][0])[: 8 if span < _DAY // 24 else 5]


def plot_line(points: Sequence[Point], width: int, height: int) -> list[str]:
    """Return ``points`` as ``height`` lines of ``width`` cells, spread over their own range."""
    canvas = Canvas(width, height)
    start, end = points[0][0], points[-1][0]
    low = min(value for _, value in points)
    span = max(value for _, value in points) - low
    before: tuple[int, int] | None = None
    for ts, value in points:
        x = (ts - start) * (canvas.dots_across - 1) // max(1, end - start)
        y = (canvas.dots_down - 1) - (
            (value - low) * (canvas.dots_down - 1) // span if span else canvas.dots_down // 2
        )
        if before is not None:
            canvas.line(*before, x, y)
        before = (x, y)
    return canvas.lines()
