"""Where the panes of the Desk lie at a given size of the terminal.

Small (below 110 columns or 30 lines): ladder, one side pane, positions; watchlist, tape, feed and
chart take turns at the side. Middle: everything, in three columns. Wide (from 180 columns): tape
and feed side by side. No cell is left over.
"""

from __future__ import annotations

from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

SMALL_WIDTH, SMALL_HEIGHT, WIDE_WIDTH = 110, 27, 180
SIDE_PANES = ("feed", "watchlist", "tape", "chart")
"""Panes that take turns at the side of a small terminal."""


def is_small(width: int, height: int) -> bool:
    """Return whether only one side pane is shown."""
    return width < SMALL_WIDTH or height < SMALL_HEIGHT


def desk_regions(width: int, height: int, side: str) -> dict[str, Region]:
    """Return the region of every pane shown.

    Args:
        width: Cells of the body.
        height: Lines of the body.
        side: The side pane a small terminal shows.
    """
    if is_small(width, height):
        return _small(width, height, side)
    return _large(width, height)


def _small(width: int, height: int, side: str) -> dict[str, Region]:
    low = max(4, min(9, height // 4))
    high = height - low
    ladder = width // 2
    return {
        "ladder": Region(0, 0, ladder, high),
        side: Region(ladder, 0, width - ladder, high),
        "positions": Region(0, high, width, low),
    }


def _large(width: int, height: int) -> dict[str, Region]:
    wide = width >= WIDE_WIDTH
    left = _between(28, width * 23 // 100, 46)
    right = width * 43 // 100 if wide else _between(40, width // 3, 60)
    ladder = width - left - right
    low = _between(7, height // 4, 16)
    high = height - low
    chart = _between(8, high * 3 // 8, 18)
    return {
        "watchlist": Region(0, 0, left, high - chart),
        "chart": Region(0, high - chart, left, chart),
        "ladder": Region(left, 0, ladder, high),
        "positions": Region(0, high, left + ladder, low),
        **_right(Region(left + ladder, 0, right, height), side_by_side=wide),
    }


def _right(area: Region, *, side_by_side: bool) -> dict[str, Region]:
    if side_by_side:
        tape = _between(34, area.width * 2 // 5, 44)
        first, second = area.split_vertical(tape)
    else:
        first, second = area.split_horizontal(_between(8, area.height * 3 // 8, 24))
    return {"tape": first, "feed": second}


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))


class DeskLayout(Layout):
    """Places the panes of a ``DeskGrid`` by their ids."""

    name = "desk"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return a placement for every pane shown; others are left out."""
        side = parent.side if isinstance(parent, DeskGrid) else SIDE_PANES[0]
        regions = desk_regions(size.width, size.height, side)
        return [
            WidgetPlacement(regions[child.id], NULL_OFFSET, Spacing(), child)
            for child in children
            if child.id is not None and child.id in regions
        ]


class DeskGrid(Widget):
    """The body of the Desk."""

    DEFAULT_CSS = "DeskGrid { width: 1fr; height: 1fr; }"

    def __init__(self, *children: Widget, id: str | None = None) -> None:  # noqa: A002
        super().__init__(*children, id=id)
        self.side = SIDE_PANES[0]
        self._desk_layout = DeskLayout()

    @property
    def layout(self) -> Layout:
        """The desk's own layout."""
        return self._desk_layout

    def show_side(self, pane: str) -> None:
        """Show another side pane when the terminal is small."""
        if pane in SIDE_PANES and pane != self.side:
            self.side = pane
            for child in self.children:
                child.refresh(layout=True)

    def shown(self) -> dict[str, Region]:
        """Return the panes shown now with their regions."""
        return desk_regions(self.size.width, self.size.height, self.side)
