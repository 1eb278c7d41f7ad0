"""The watchlist: touch and change of every watched outcome."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import events
from textual.message import Message

from polydesk.domain.ids import TokenId
from polydesk.ui.format import (
    PRICE_CELLS,
    fit_ends,
    plain,
    price_cell,
    price_change,
    whole_size,
)
from polydesk.ui.screens.words import gain_ink
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, Row
from polydesk.ui.widgets.listing import ListPane
from polydesk.views.models import WatchRow
from polydesk.views.source import DeskSource

_CHANGE, _HELD = 6, 6
_NAME_NEEDS = 24
"""Cells below which a name needs a line of its own."""
_HELD_NEEDS = 14


class Watchlist(ListPane[WatchRow]):
    """One or two lines an outcome: two while all of them fit."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("bid", "ask", "pnl-up", "pnl-down", "own-order", "key")
    )

    class Opened(Message):
        """A person wants to see this outcome."""

        def __init__(self, token: TokenId) -> None:
            super().__init__()
            self.token = token

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.current: TokenId | None = None
        """The outcome shown in the ladder."""
        self._version = -1

    def mark_current(self, token: TokenId) -> None:
        """Point at the outcome the ladder shows."""
        self.current = token
        self.update_lines()

    def poll(self, source: DeskSource) -> bool:
        """Take moved touches."""
        version = source.watch_version()
        if version == self._version:
            return False
        self._version = version
        return self.set_items(source.watchlist().rows)

    @property
    def lines_per_item(self) -> int:
        """Two while all outcomes fit so, or when one line is too narrow for market and numbers."""
        fits = 2 * len(self.items) <= self.inner_height - 1
        return 2 if fits or _name_width(self.inner_width) < _NAME_NEEDS else 1

    def key_of(self, item: WatchRow) -> Hashable:
        """Return the token."""
        return item.token_id

    def on_click(self, event: events.Click) -> None:
        """Open the outcome on a double click."""
        if event.chain >= 2 and self.selected is not None:
            self.post_message(self.Opened(self.selected.token_id))

    # lines

    def heading(self) -> tuple[str, str]:
        """Return the title and how many outcomes are watched."""
        return "Watchlist", str(len(self.items)) if self.items else ""

    def header_rows(self, width: int) -> Sequence[Row]:
        """Return the names of the columns."""
        return [("columns", _held_width(width))]

    def empty_row(self) -> Row:
        """Say how to fill the list."""
        return ("message", "nothing is watched: 2 finds markets")

    def item_rows(self, item: WatchRow, width: int, *, selected: bool) -> Sequence[Row]:
        """Return the outcome's line, under its market's when there is room."""
        current = item.token_id == self.current
        if self.lines_per_item == 1:
            return [("single", item, selected, current)]
        return [
            ("market", item.title, selected, current),
            ("outcome", item, selected, current),
        ]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of one line."""
        if row[0] == "columns":
            return _column_cells(width)
        if row[0] == "message":
            return [(f" {row[1]}", "muted")]
        ground = " on cursor" if row[2] else ""
        pointer = "▸" if row[3] else " "
        if row[0] == "market":
            ink = "bold text" if row[3] else "text"
            return [
                (f"{pointer}", f"key{ground}"),
                (fit_ends(str(row[1]), width - 1), f"{ink}{ground}"),
            ]
        item = row[1]
        if not isinstance(item, WatchRow):
            raise TypeError(f"not a watch row: {item!r}")
        if row[0] == "outcome":
            return _outcome_cells(item, f"  {plain(item.outcome)}", "muted", ground, width)
        name = f"{pointer}{plain(item.outcome)} · {plain(item.title)}"
        return _outcome_cells(item, name, "bold text" if row[3] else "text", ground, width)


def _held_width(width: int) -> int:
    """Return the cells of the column of what is held, zero without room."""
    return _HELD if _name_width(width) - _HELD - 1 >= _HELD_NEEDS else 0


def _name_width(width: int) -> int:
    """Return the cells before bid, ask and change."""
    return width - (PRICE_CELLS + 1) * 2 - _CHANGE - 1


def _column_cells(width: int) -> list[Cell]:
    held = _held_width(width)
    numbers = f" {' bid':<{PRICE_CELLS}} {' ask':<{PRICE_CELLS}} {'change':>{_CHANGE}}"
    if held:
        numbers += f" {'held':>{held}}"
    return [(" market".ljust(width - len(numbers)) + numbers, "muted")]


def _outcome_cells(item: WatchRow, name: str, ink: str, ground: str, width: int) -> list[Cell]:
    """Return name, bid, ask, change and what is held; a stale book says so instead of a change."""
    held = _held_width(width)
    room = _name_width(width) - (held + 1 if held else 0)
    doubt = item.stale or not item.has_book
    bid_ink, ask_ink = ("stale", "stale") if doubt else ("bid", "ask")
    cells: list[Cell] = [
        (_keep_indent(name, room), f"{ink}{ground}"),
        (f" {price_cell(item.bid)}", f"{bid_ink}{ground}"),
        (f" {price_cell(item.ask)}", f"{ask_ink}{ground}"),
        (f" {_change_text(item):>{_CHANGE}}", f"{_change_ink(item)}{ground}"),
    ]
    if held:
        text = whole_size(item.position, held) if item.position else ""
        cells.append((f" {text:>{held}}", f"own-order{ground}"))
    return cells


def _keep_indent(name: str, width: int) -> str:
    """Fit a name whose leading blanks count."""
    body = name.lstrip(" ")
    indent = len(name) - len(body)
    return " " * indent + fit_ends(body, width - indent)


def _change_text(item: WatchRow) -> str:
    if not item.has_book:
        return "wait"
    return "stale" if item.stale else price_change(item.change)


def _change_ink(item: WatchRow) -> str:
    return "stale" if item.stale or not item.has_book else gain_ink(item.change or 0)
