"""The base of all live panes: lines kept as strips, redrawn only where raw values changed.

A pane describes each line of its inside as a tuple of raw values. ``update_lines`` compares the
tuples with the last frame's, formats the lines that differ and marks only those as dirty, so a
frame costs what changed in it. The box around the pane is part of the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from polydesk.ui.format import clip, plain
from polydesk.ui.widgets.inks import (
    TEXT,
    Pens,
    component_classes,
    ground_class,
    ink_class,
    ink_rules,
)
from polydesk.views.source import DeskSource

Cell = tuple[str, str]
"""(text, style name)."""
Row = tuple[object, ...]
"""Raw values of one line; equal values draw the same line."""
BLANK: Row = ()
_LIGHT = ("┌", "─", "┐", "│", "└", "┘")
_TITLE_NEEDS = 24
"""Cells of a title below which the note at the right gives way."""
_HEAVY = ("┏", "━", "┓", "┃", "┗", "┛")


class LineWidget(Widget, can_focus=True):
    """A pane drawn line by line from raw rows, framed by its own box."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("muted", "heading", "frame", "frame-focus", "stale", "cursor-text"), ("cursor",)
    )
    DEFAULT_CSS = "LineWidget { background: $background; color: $foreground; }\n" + ink_rules(
        "LineWidget"
    )
    ALLOW_SELECT = False
    FRAMED: ClassVar[bool] = True
    """Whether the pane draws a box around its lines."""
    SCROLLS: ClassVar[bool] = False
    """Whether lines often move up or down unchanged, so that their strips are used again.
    The raw rows must be hashable then."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.pens = Pens(self._ink, self._ground, self._filters)
        self._rows: list[Row] = []
        self._strips: list[Strip] = []
        self._drawn_size = (0, 0)

    # what a pane says

    def heading(self) -> tuple[str, str]:
        """Return the texts on the left and right of the upper frame."""
        return "", ""

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the raw rows of the inside, at most ``height``."""
        raise NotImplementedError

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of one row, not wider than ``width``."""
        raise NotImplementedError

    def poll(self, source: DeskSource) -> bool:
        """Take what is new and mark the changed lines; return whether anything changed."""
        raise NotImplementedError

    # the frame

    @property
    def inner_width(self) -> int:
        """Cells inside the frame."""
        return max(0, self.size.width - 2 * self.FRAMED)

    @property
    def inner_height(self) -> int:
        """Lines inside the frame."""
        return max(0, self.size.height - 2 * self.FRAMED)

    def _all_rows(self) -> list[Row]:
        """Return raw rows for every line of the widget."""
        height = self.inner_height
        inside = list(self.body(self.inner_width, height))[:height] if height else []
        inside += [BLANK] * (height - len(inside))
        if not self.FRAMED:
            return inside
        return [("frame-top", *self.heading()), *inside, ("frame-bottom",)][: self.size.height]

    def update_lines(self) -> bool:
        """Draw the lines whose raw values changed and mark them dirty."""
        size = (self.size.width, self.size.height)
        if not all(size) or not self.is_attached:
            return False
        if size != self._drawn_size:
            self._draw_all()
            self.refresh()
            return True
        rows = self._all_rows()
        kept = self._rows
        dirty = [y for y, row in enumerate(rows) if row != kept[y]]
        if not dirty:
            return False
        before = dict(zip(kept, self._strips)) if self.SCROLLS and len(dirty) > 2 else {}
        for y in dirty:
            row = rows[y]
            self._strips[y] = before.get(row) or self._strip(row)
        self._rows = rows
        self.refresh(*self._regions(dirty))
        return True

    def redraw(self) -> None:
        """Format every line again, such as after a change of theme or focus."""
        self._drawn_size = (0, 0)
        if self.is_attached:
            self.refresh()

    def _draw_all(self) -> None:
        self._drawn_size = (self.size.width, self.size.height)
        self._rows = self._all_rows()
        self._strips = [self._strip(row) for row in self._rows]

    def _regions(self, lines: list[int]) -> list[Region]:
        """Return one region for each run of neighbouring lines."""
        width = self._drawn_size[0]
        regions: list[Region] = []
        for y in lines:
            if regions and regions[-1].bottom == y:
                regions[-1] = Region(0, regions[-1].y, width, regions[-1].height + 1)
            else:
                regions.append(Region(0, y, width, 1))
        return regions

    def _strip(self, row: Row) -> Strip:
        width = self._drawn_size[0]
        if not self.FRAMED:
            return self._finish(fill_cells(self.draw(row, width) if row else [], width), width)
        box = _HEAVY if self.has_focus else _LIGHT
        frame = "frame-focus" if self.has_focus else "frame"
        if row and row[0] == "frame-top":
            cells = fill_cells(self._top(str(row[1]), str(row[2]), box, frame), width)
        elif row and row[0] == "frame-bottom":
            cells = [(f"{box[4]}{box[1] * (width - 2)}{box[5]}", frame)]
        else:
            inside = self.draw(row, width - 2) if row else []
            cells = [(box[3], frame), *fill_cells(inside, width - 2), (box[3], frame)]
        return self._finish(cells, width)

    def _top(self, left: str, right: str, box: Sequence[str], frame: str) -> list[Cell]:
        """Return the upper frame with its titles."""
        width = self._drawn_size[0]
        room = width - 4
        note = f" {plain(right)} " if right else ""
        if cell_len(note) + min(cell_len(plain(left)), _TITLE_NEEDS) + 3 > room:
            note = ""
        title_room = room - cell_len(note) - 3
        title = f" {clip(plain(left), title_room)} " if left and title_room > 2 else ""
        left_cells = cell_len(title)
        gap = width - 3 - left_cells - cell_len(note) - 1
        weight = "bold heading" if self.has_focus else "heading"
        return [
            (f"{box[0]}{box[1]}", frame),
            (title, weight),
            (box[1] * max(0, gap), frame),
            (note, "muted"),
            (f"{box[1]}{box[2]}", frame),
        ]

    def _finish(self, cells: Sequence[Cell], width: int) -> Strip:
        """Return cells of exactly ``width`` as a strip, neighbours of one style joined."""
        pens = self.pens
        segments: list[Segment] = []
        joined, last = "", ""
        for text, style in cells:
            if style == last:
                joined += text
            elif text:
                if joined:
                    segments.append(Segment(joined, pens(last)))
                joined, last = text, style
        segments.append(Segment(joined, pens(last or TEXT)))
        return Strip(segments, width)

    # Textual's side

    def render_lines(self, crop: Region) -> list[Strip]:
        """Hand out kept strips; they carry frame and colours already."""
        if self._drawn_size != (self.size.width, self.size.height):
            self._draw_all()
        strips = self._strips[crop.y : crop.bottom]
        if crop.x or crop.width != self._drawn_size[0]:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        missing = crop.height - len(strips)
        if missing > 0:
            strips = strips + [Strip.blank(crop.width, self.pens(TEXT))] * missing
        return strips

    def notify_style_update(self) -> None:
        """Resolve colours again when the style sheet, theme or focus changed."""
        super().notify_style_update()
        self.pens.clear()
        self.redraw()

    def _filters(self) -> Sequence[LineFilter]:
        return self.get_line_filters()

    def _ink(self, name: str) -> Color:
        if name == TEXT:
            return self.styles.color
        return self.get_component_styles(ink_class(name)).color

    def _ground(self, name: str) -> Color:
        background = self.background_colors[1]
        if not name:
            return background
        return background + self.get_component_styles(ground_class(name)).background

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.update_lines()

    def on_focus(self) -> None:
        """Show the heavy frame."""
        self.redraw()

    def on_blur(self) -> None:
        """Show the light frame."""
        self.redraw()

    def text_lines(self) -> list[str]:
        """Return what the pane shows as plain text, for copying and for tests."""
        if self._drawn_size != (self.size.width, self.size.height):
            self._draw_all()
        return [strip.text for strip in self._strips]


def fill_cells(cells: Sequence[Cell], width: int) -> list[Cell]:
    """Cut or pad cells to exactly ``width``; padding takes the ground of the last cell."""
    out: list[Cell] = []
    room = width
    for text, style in cells:
        length = len(text) if text.isascii() else cell_len(text)
        if length > room:
            text = clip(text, room)
            length = cell_len(text)
        out.append((text, style))
        room -= length
        if room <= 0:
            break
    if room > 0:
        ground = out[-1][1].partition(" on ")[2] if out else ""
        out.append((" " * room, f"{TEXT} on {ground}" if ground else TEXT))
    return out
