"""The ladder: one outcome's book by price, with our orders in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events

from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS
from polydesk.ui.format import age, fit, plain, price_decimals, signed_percent
from polydesk.ui.format import price as price_text
from polydesk.ui.panes.ladder_columns import ladder_columns
from polydesk.ui.panes.ladder_paint import LevelPainter, column_names, state_cells
from polydesk.ui.panes.ladder_rows import (
    LadderRow,
    Marks,
    Window,
    book_words,
    build_rows,
    imbalance,
    on_grid,
)
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, LineWidget, Row
from polydesk.views.models import BookView
from polydesk.views.source import DeskSource

_HEADER_LINES = 2
_TOUCH_MARGIN = 1
"""Rows the middle keeps from the edge before the window is centred again."""


class Ladder(LineWidget):
    """Price rows that never jump, with sizes, depth bars, our orders and their queue."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("bid", "ask", "own-order"), ("bid-depth", "ask-depth", "bid-flash", "ask-flash")
    )

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.token: TokenId | None = None
        self.view: BookView | None = None
        self.cursor: int | None = None
        """Selected price in micros."""
        self.cumulative = False
        self._window = Window()
        self._marks = Marks()
        self._version = -1
        self._frame = 0
        self._now = 0
        self._touch_shown = False

    # data

    def open(self, token: TokenId, source: DeskSource) -> None:
        """Show another outcome."""
        if token != self.token:
            self.token, self.view, self.cursor = token, None, None
            self._version, self._touch_shown = -1, False
            self._marks.reset()
            self._window = Window()
        self.poll(source)
        self.redraw()

    def poll(self, source: DeskSource) -> bool:
        """Take the book when it moved and redraw what differs."""
        if self.token is None:
            return False
        self._frame += 1
        version = source.book_version(self.token)
        faded = self._marks.expire(self._frame)
        troubled = self.view is not None and bool(book_words(self.view))
        if version == self._version and not (faded or troubled):
            return False
        self._now = source.now_ns()
        if version != self._version:
            self._version = version
            self._take(source, self.token)
        return self.update_lines()

    def _take(self, source: DeskSource, token: TokenId) -> None:
        view = source.book(token, self._depth())
        if view is None:
            self.view = None
            return
        view = on_grid(view)
        first = self.view is None or view.tick != self._window.tick
        self.view = view
        self._place_window(first=first)
        self._marks.observe(view, self._window, self._frame)

    def _depth(self) -> int:
        """Return how many levels a side the window may need."""
        mid = self._middle()
        if mid is None or not self._window.height:
            return max(20, self.inner_height)
        window = self._window
        reach = max(abs(window.top - mid), abs(mid - window.bottom)) // window.tick
        return min(1_000, reach + window.height)

    def _middle(self) -> int | None:
        """Return the price between the touches, or the one touch there is."""
        view = self.view
        if view is None:
            return None
        bid, ask = view.best_bid, view.best_ask
        if bid is None or ask is None:
            return ask if bid is None else bid
        return (bid + ask) // 2

    # the window

    def _place_window(self, *, first: bool) -> None:
        view, window = self.view, self._window
        if view is None:
            return
        height = max(1, self.inner_height - _HEADER_LINES)
        resized = height != window.height
        window.height, window.tick = height, view.tick
        if first or resized or (self._touch_shown and not self._touch_inside()):
            self._centre()
        self._touch_shown = self._touch_inside()

    def _touch_inside(self) -> bool:
        mid, window = self._middle(), self._window
        if mid is None:
            return True
        margin = _TOUCH_MARGIN * window.tick if window.height > 6 else 0
        return window.bottom + margin <= mid <= window.top - margin or self._at_edge(mid)

    def _at_edge(self, mid: int) -> bool:
        """Return whether the window cannot move further towards ``mid``."""
        window = self._window
        low = window.bottom <= window.tick and mid < window.top
        high = window.top >= MICROS - window.tick and mid > window.bottom
        return low or high

    def _centre(self) -> None:
        mid = self._middle()
        fallback = self.view.last_trade if self.view else None
        self._window.centre(mid if mid is not None else fallback or MICROS // 2)
        if self.cursor is not None and not self._window.holds(self.cursor):
            self.cursor = None

    def recentre(self) -> None:
        """Put the touch in the middle again."""
        if self.view is not None:
            self._centre()
            self._touch_shown = True
            self._version = -1
            self.update_lines()

    def toggle_cumulative(self) -> None:
        """Switch sizes and bars between each level and the sum from the touch."""
        self.cumulative = not self.cumulative
        self.redraw()

    # the cursor

    def move_cursor(self, steps: int) -> None:
        """Move the selected price by ``steps`` rows, down for positive."""
        view = self.view
        if view is None:
            return
        start = self.cursor
        if start is None:
            touch = view.best_bid if steps > 0 else view.best_ask
            start = touch if touch is not None else self._middle()
            steps -= 1 if steps > 0 else -1
        if start is not None:
            self.select(start - steps * view.tick)

    def select(self, price: int) -> None:
        """Select a price, scrolling only when it has no row."""
        if self.view is None:
            return
        tick = self.view.tick
        price = max(tick, min(price - price % tick, MICROS - tick))
        self.cursor = price
        self._window.show(price)
        self._touch_shown = self._touch_inside()
        self._version = -1
        self.update_lines()

    def order_price(self, side: Side) -> int | None:
        """Return the selected price, or without one the touch of the order's own side."""
        if self.view is None:
            return None
        if self.cursor is not None:
            return self.cursor
        return self.view.best_bid if side is Side.BUY else self.view.best_ask

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Select the price under the pointer."""
        row = event.y - 1 - _HEADER_LINES
        if self.view is not None and 0 <= row < self._window.height:
            self.select(self._window.top - row * self._window.tick)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll to lower prices."""
        event.stop()
        self.scroll_prices(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll to higher prices."""
        event.stop()
        self.scroll_prices(-3)

    def scroll_prices(self, rows: int) -> None:
        """Move the window without moving the selection; an invisible selection is dropped."""
        window = self._window
        if self.view is None or not window.height:
            return
        edge = window.bottom if rows > 0 else window.top
        target = edge - rows * window.tick
        window.show(max(window.tick, min(target, MICROS - window.tick)))
        if self.cursor is not None and not window.holds(self.cursor):
            self.cursor = None
        self._touch_shown = self._touch_inside()
        self._version = -1
        self.update_lines()

    # lines

    def heading(self) -> tuple[str, str]:
        """Return market and outcome, and the tick."""
        view = self.view
        if view is None:
            return "Ladder", ""
        places = price_decimals(view.tick)
        title = f"{plain(view.outcome)} · {plain(view.title)}"
        return title, f"tick {price_text(view.tick, places)}"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return column names, the state of the book, and price rows."""
        view = self.view
        if view is None:
            return [("message", "no book yet" if self.token else "enter on a market opens it here")]
        self._place_window(first=False)
        rows = build_rows(view, self._window, self._marks, self.cursor, cumulative=self.cumulative)
        trouble = bool(book_words(view))
        return [
            ("columns",),
            self._state_row(view),
            *(("level", *row, trouble) for row in rows),
        ][:height]

    def _state_row(self, view: BookView) -> Row:
        words = book_words(view)
        if words:
            return ("trouble", f"{words}, last change {age(self._now, view.changed_at)} ago")
        bid, ask = view.best_bid, view.best_ask
        both = bid is not None and ask is not None
        return (
            "state",
            (bid or 0) + (ask or 0) if both else None,
            (ask or 0) - (bid or 0) if both else None,
            signed_percent(*imbalance(view)),
            view.last_trade,
        )

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of one line."""
        places = price_decimals(self.view.tick) if self.view else 3
        kind = row[0]
        if kind == "level":
            level = LadderRow(*row[1:-1])  # type: ignore[arg-type]
            painter = LevelPainter(ladder_columns(width, places), places, self.has_focus)
            return painter.cells(level, trouble=bool(row[-1]))
        if kind == "columns":
            return column_names(ladder_columns(width, places), cumulative=self.cumulative)
        if kind == "state":
            return state_cells(row, width, places)
        style = "bold stale" if kind == "trouble" else "muted"
        return [(fit(str(row[1]), width, "center"), style)]
