"""A pane with a list of items, a cursor that stays on its item, and scrolling."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events

from polydesk.ui.widgets.line import LineWidget, Row

Item = TypeVar("Item")


class ListPane(LineWidget, Generic[Item]):
    """Shows items of ``lines_per_item`` lines each below optional header lines.

    The cursor is tied to an item's key: rows arriving above it do not move the selection. While
    it rests on the first item of a list that grows at the top, it follows the newest.
    """

    SCROLLS = True
    FOLLOWS_TOP: ClassVar[bool] = False
    """Whether a cursor on the first item stays on the first place."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.items: Sequence[Item] = ()
        self.cursor = 0
        self.first = 0
        self._cursor_key: Hashable = None

    # what a list says

    def key_of(self, item: Item) -> Hashable:
        """Return what identifies an item between frames."""
        raise NotImplementedError

    def header_rows(self, width: int) -> Sequence[Row]:
        """Return the fixed rows above the list."""
        return ()

    def item_rows(self, item: Item, width: int, *, selected: bool) -> Sequence[Row]:
        """Return the raw rows of one item, ``lines_per_item`` of them."""
        raise NotImplementedError

    @property
    def lines_per_item(self) -> int:
        """How many lines one item takes."""
        return 1

    def empty_row(self) -> Row:
        """Return the row shown while there is no item."""
        return ()

    # list and cursor

    @property
    def selected(self) -> Item | None:
        """The item under the cursor."""
        return self.items[self.cursor] if self.items else None

    @property
    def page(self) -> int:
        """How many items fit."""
        header = len(self.header_rows(self.inner_width))
        return max(1, (self.inner_height - header) // self.lines_per_item)

    def set_items(self, items: Sequence[Item]) -> bool:
        """Show new items, keeping the cursor on its item; return whether lines changed."""
        self.items = items
        if not items:
            self.cursor = self.first = 0
        elif not (self.FOLLOWS_TOP and self.cursor == 0):
            self._follow_key()
        self._keep_in_view()
        return self.update_lines()

    def _follow_key(self) -> None:
        """Move the cursor and the window with the selected item."""
        where = next(
            (i for i, item in enumerate(self.items) if self.key_of(item) == self._cursor_key),
            min(self.cursor, len(self.items) - 1),
        )
        self.first += where - self.cursor
        self.cursor = where

    def _keep_in_view(self) -> None:
        page = self.page
        if self.cursor < self.first:
            self.first = self.cursor
        elif self.cursor >= self.first + page:
            self.first = self.cursor - page + 1
        self.first = max(0, min(self.first, len(self.items) - page))
        self._cursor_key = self.key_of(self.items[self.cursor]) if self.items else None

    def move_cursor(self, steps: int) -> None:
        """Move the cursor by ``steps`` items, down for positive."""
        if self.items:
            self.cursor = max(0, min(self.cursor + steps, len(self.items) - 1))
            self._keep_in_view()
            self.update_lines()

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return header and visible items."""
        rows = list(self.header_rows(width))
        if not self.items:
            return [*rows, self.empty_row()]
        self._keep_in_view()
        shown = self.items[self.first : self.first + self.page]
        for place, item in enumerate(shown, start=self.first):
            selected = place == self.cursor and self.has_focus
            rows.extend(self.item_rows(item, width, selected=selected))
        return rows

    # mouse

    def item_at(self, y: int) -> int | None:
        """Return the place of the item drawn on line ``y`` of the widget."""
        line = y - self.FRAMED - len(self.header_rows(self.inner_width))
        place = self.first + line // self.lines_per_item
        return place if line >= 0 and place < len(self.items) else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Select the item under the pointer."""
        place = self.item_at(event.y)
        if place is not None:
            self.move_cursor(place - self.cursor)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the selection down."""
        event.stop()
        self.move_cursor(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the selection up."""
        event.stop()
        self.move_cursor(-3)
