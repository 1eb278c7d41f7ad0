"""The tape: trades of one market or of all watched markets, newest first."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from polydesk.domain.ids import TokenId
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, notional_floor
from polydesk.ui.format import clock, fit, price_cell, whole_size
from polydesk.ui.screens.words import side_ink
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, Row
from polydesk.ui.widgets.listing import ListPane
from polydesk.views.models import TapeRow
from polydesk.views.source import DeskSource

FILTERS = tuple(size * MICROS for size in (0, 10, 50, 100, 500, 1_000, 5_000, 10_000))
"""Smallest sizes shown, micro-shares."""
LARGE = 1_000 * MICROS
"""Trades of at least this many micro-shares stand out."""
_KEPT = 200
_VALUE = 7
_OUTCOME_NEEDS, _OUTCOME_MOST = 3, 12
_NAME_WITH_VALUE = 5
"""Cells the outcome keeps beside the value."""
_NUMBERS = 8 + 1 + 4 + 1 + 6 + 1 + 7
"""Cells of time, side, price and size with gaps."""


class Tape(ListPane[TapeRow]):
    """Time, side, price, size and outcome of trades; a filter hides small ones.

    Both outcomes of a market trade in one book, so a trade in the other outcome is shown too,
    and named: its price is the other outcome's.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(("buy", "sell"))
    FOLLOWS_TOP = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.token: TokenId | None = None
        self.all_markets = False
        self.filter_step = 0
        self._version = -1

    @property
    def min_size(self) -> int:
        """Smallest size shown, micro-shares."""
        return FILTERS[self.filter_step]

    def open(self, token: TokenId, source: DeskSource) -> None:
        """Show another outcome's trades."""
        self.token = token
        self.refetch(source)

    def change_filter(self, steps: int, source: DeskSource) -> None:
        """Raise or lower the smallest size shown."""
        self.filter_step = max(0, min(self.filter_step + steps, len(FILTERS) - 1))
        self.refetch(source)

    def toggle_scope(self, source: DeskSource) -> None:
        """Switch between this market and all watched markets."""
        self.all_markets = not self.all_markets
        self.refetch(source)

    def refetch(self, source: DeskSource) -> None:
        """Take the tape again although its version stands."""
        self._version = -1
        self.cursor = 0
        self.poll(source)
        self.redraw()

    def poll(self, source: DeskSource) -> bool:
        """Take new trades."""
        version = source.tape_version()
        if version == self._version:
            return False
        self._version = version
        token = None if self.all_markets else self.token
        if token is None and not self.all_markets:
            return False
        return self.set_items(source.tape(token, _KEPT, self.min_size).rows)

    def key_of(self, item: TapeRow) -> Hashable:
        """Return the trade itself: the venue gives anonymous trades no identity here."""
        return item

    def heading(self) -> tuple[str, str]:
        """Return the scope and the filter."""
        scope = "Tape, all watched" if self.all_markets else "Tape"
        return scope, f"≥ {whole_size(self.min_size)}" if self.min_size else "all sizes"

    def empty_row(self) -> Row:
        """Say why nothing is shown."""
        return ("message", "no trade of this size yet" if self.min_size else "no trade yet")

    def item_rows(self, item: TapeRow, width: int, *, selected: bool) -> Sequence[Row]:
        """Return one line a trade."""
        return [("trade", item, selected)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return time, side, price, size, the outcome, and with room the value in dollars."""
        item = row[1]
        if not isinstance(item, TapeRow):
            return [(f" {item}", "muted")]
        ground = " on cursor" if row[2] else ""
        places = 2 if width >= _NUMBERS + 3 + _OUTCOME_NEEDS + 2 else 0
        size_ink = "bold text" if item.size >= LARGE else "text"
        side = f"{side_ink(item.side)}{ground}"
        cells: list[Cell] = [
            (clock(item.ts, places), f"muted{ground}"),
            (f" {item.side.value:<4}", side),
            (f" {price_cell(item.price)} ", side),
            (f" {whole_size(item.size, 7):>7}", f"{size_ink}{ground}"),
        ]
        spare = width - sum(len(text) for text, _ in cells) - 1
        if spare >= _OUTCOME_NEEDS:
            both = spare >= _VALUE + _NAME_WITH_VALUE
            named = min(_OUTCOME_MOST, spare - _VALUE if both else spare)
            ink = "muted" if item.token_id == self.token else "heading"
            cells.append((f" {fit(item.outcome, named)}", f"{ink}{ground}"))
            spare -= named
        if spare >= _VALUE:
            value = notional_floor(PriceMicros(item.price), ShareMicros(item.size))
            text = f"${whole_size(value, _VALUE - 2)}"
            cells.append((f"{text:>{spare}}", f"muted{ground}"))
        return cells
