"""The line under the title while the desk trades live: real money, and how the venue stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from rich.cells import cell_len

from polydesk.ui.refresh import DeskApp
from polydesk.ui.venue_words import Fact, venue_line
from polydesk.ui.widgets.inks import TEXT, component_classes
from polydesk.ui.widgets.line import Cell, LineWidget, Row
from polydesk.views.source import DeskSource

_BADGE = " REAL MONEY "
_MORE = "+9"
"""Room kept for the number of facts that do not fit; the Health screen has them all."""


class VenueBar(LineWidget, can_focus=False):
    """One line; facts leave from the right when it is too narrow."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("pnl-down", "mode-text"), ("mode-live",)
    )
    DEFAULT_CSS = "VenueBar { display: none; height: 1; background: $panel; }"
    FRAMED = False
    EVERY = 6

    def __init__(self) -> None:
        super().__init__(id="venue-bar")
        self._facts: tuple[Fact, ...] = ()

    def on_mount(self) -> None:
        """Follow the source."""
        cast("DeskApp", self.app).driver.register(self, self.EVERY)

    def on_unmount(self) -> None:
        """Stop following."""
        cast("DeskApp", self.app).driver.unregister(self)

    def poll(self, source: DeskSource) -> bool:
        """Take how the venue stands now."""
        self._facts = tuple(venue_line(source.health()))
        return self.update_lines()

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the facts of the line."""
        return [("venue", self._facts)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the badge, the facts that fit, and how many do not."""
        cells: list[Cell] = [(_BADGE, "bold mode-text on mode-live"), ("  ", TEXT)]
        facts = cast("tuple[Fact, ...]", row[1])
        room, hidden = width - len(_BADGE) - 2 - len(_MORE), 0
        for label, value, ink in facts:
            text = f"{label} " if label else ""
            needed = cell_len(text) + cell_len(value) + 2
            if needed > room:
                hidden += 1
                continue
            cells += [(text, "muted"), (value, ink), ("  ", TEXT)]
            room -= needed
        return [*cells, (f"+{hidden}", "muted")] if hidden else cells
