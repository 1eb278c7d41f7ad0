"""Open orders and positions in one list, with the same columns for both."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.orders import TERMINAL
from polydesk.ui.format import (
    PRICE_CELLS,
    exact_size,
    fit_ends,
    plain,
    price_cell,
    short_size,
    signed_money,
)
from polydesk.ui.screens.words import gain_ink, row_ink, row_word, side_ink, unknown_first
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, Row
from polydesk.ui.widgets.listing import ListPane
from polydesk.views.models import OrderRow, PortfolioView, PositionRow
from polydesk.views.source import DeskSource

Holding = PositionRow | OrderRow
_KIND, _SIZE, _NOW, _RESULT, _NOTE = 4, 8, 11, 9, 13
_FIXED = _KIND + 1 + _SIZE + 3 + PRICE_CELLS + 1 + _NOW + 1 + _RESULT + 1
_NAME_NEEDS, _NAME_LEAST = 16, 8


class Positions(ListPane[Holding]):
    """What rests, then what is held; ``x`` cancels the order under the cursor.

    Orders come first: they change by themselves, and a short pane must not hide them.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("buy", "sell", "pnl-up", "pnl-down", "own-order", "waiting", "fill")
    )

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.view: PortfolioView | None = None
        self._version = -1

    def poll(self, source: DeskSource) -> bool:
        """Take the portfolio when it moved."""
        version = source.portfolio_version()
        if version == self._version:
            return False
        self._version = version
        self.view = view = source.portfolio()
        held = [row for row in view.positions if row.size or row.resolved]
        resting = [row for row in view.orders if row.state not in TERMINAL]
        at_top = not self.cursor and not self.has_focus
        changed = self.set_items([*unknown_first(resting), *held])
        if at_top:
            # Nobody has chosen a line, so a new order must not come in above the window.
            self.move_cursor(-self.cursor)
        return changed

    def selected_order(self) -> ClientOrderId | None:
        """Return the order under the cursor."""
        item = self.selected
        return item.client_order_id if isinstance(item, OrderRow) else None

    def selected_token(self) -> TokenId | None:
        """Return the outcome under the cursor."""
        return self.selected.token_id if self.selected is not None else None

    def key_of(self, item: Holding) -> Hashable:
        """Return the order's identity or the token held."""
        return item.client_order_id if isinstance(item, OrderRow) else item.token_id

    # lines

    def heading(self) -> tuple[str, str]:
        """Return how much there is and what it made."""
        view = self.view
        if view is None:
            return "Positions", ""
        orders = sum(isinstance(item, OrderRow) for item in self.items)
        held = len(self.items) - orders
        left = f"Positions {held} · open orders {orders}"
        made = f"unrealised {signed_money(view.unrealised)}"
        return left, f"{made}  realised {signed_money(view.realised)}{self._hidden()}"

    def _hidden(self) -> str:
        """Return how many lines do not fit; the cursor scrolls to them."""
        hidden = len(self.items) - self.page
        return f"  {hidden} more ↓" if hidden > 0 else ""

    def header_rows(self, width: int) -> Sequence[Row]:
        """Return the names of the columns when there are lines enough for them."""
        return [("columns",)] if self.inner_height >= 6 else []

    def empty_row(self) -> Row:
        """Say that there is nothing."""
        return ("message", "no position and no open order")

    def item_rows(self, item: Holding, width: int, *, selected: bool) -> Sequence[Row]:
        """Return one line a position or order."""
        return [("item", item, selected)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of one line."""
        note = _note_width(width)
        room = max(_NAME_LEAST, width - _FIXED - note - 1)
        if row[0] == "columns":
            return [(_column_names(room), "muted")]
        item = row[1]
        if isinstance(item, PositionRow):
            cells = _position_cells(item, room)
        elif isinstance(item, OrderRow):
            cells = _order_cells(item, room)
        else:
            return [(f" {item}", "muted")]
        if not note:
            cells.pop()
        ground = " on cursor" if row[2] else ""
        cells = [(" ", "text"), *cells]
        return [(text, f"{ink}{ground}") for text, ink in cells]


def _note_width(width: int) -> int:
    """Return the cells left for leaders or queue, zero without room."""
    spare = width - _FIXED - 1 - _NAME_NEEDS
    return min(40, _NOTE + max(0, spare - _NOTE) // 3) if spare >= _NOTE else 0


def _column_names(room: int) -> str:
    return (
        f" {'market':<{room}}{'':<{_KIND}} {'size':>{_SIZE}}   {'price':<{PRICE_CELLS}} "
        f"{'now':<{_NOW}} {'result':>{_RESULT}} "
    )


def _name(title: str, outcome: str, room: int) -> str:
    return fit_ends(f"{plain(outcome)} · {plain(title)}", room - 1) + " "


def _position_cells(item: PositionRow, room: int) -> list[Cell]:
    """Return name, size at average price, mark, unrealised gain, and whose trades they were."""
    now = "resolved" if item.resolved else price_cell(item.mark)
    return [
        (_name(item.title, item.outcome, room), "text"),
        (f"{'held':<{_KIND}}", "muted"),
        (f" {exact_size(item.size):>{_SIZE}}", "bold text"),
        (f" @ {price_cell(item.average)}", "text"),
        (f" {now:<{_NOW}}", "text"),
        (f" {signed_money(item.unrealised):>{_RESULT}}", gain_ink(item.unrealised)),
        (f" {', '.join(plain(name) for name in item.leaders)}", "muted"),
    ]


def _order_cells(item: OrderRow, room: int) -> list[Cell]:
    """Return name, size at limit price, state, what is filled, and the queue before it."""
    queue = f"queue ~{short_size(item.queue_ahead)}" if item.queue_ahead is not None else ""
    leader = plain(item.leader_name)
    filled = f"{short_size(item.filled, 5)} filled" if item.filled else ""
    return [
        (_name(item.title, item.outcome, room), "text"),
        (f"{item.side.value:<{_KIND}}", side_ink(item.side)),
        (f" {exact_size(item.size):>{_SIZE}}", "bold own-order"),
        (f" @ {price_cell(item.price)}", "text"),
        (f" {row_word(item):<{_NOW}}", row_ink(item)),
        (f" {filled:>{_RESULT}}", "fill"),
        (f" {'  '.join(part for part in (queue, leader) if part)}", "muted"),
    ]
