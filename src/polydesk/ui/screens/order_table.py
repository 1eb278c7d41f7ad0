"""The list of our orders, and what may be done with the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from polydesk.domain.commands import CancelByUser
from polydesk.domain.orders import TERMINAL, OrderState
from polydesk.ui.format import SECOND, duration, exact_size, plain, short_size
from polydesk.ui.refresh import DeskApp
from polydesk.ui.screens.table import Column, Table
from polydesk.ui.screens.words import (
    column_price,
    exact_price,
    origin_words,
    row_ink,
    side_ink,
    state_word,
    unknown_first,
)
from polydesk.ui.venue_words import mode_title
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell, Row
from polydesk.views.models import Mode, OrderRow
from polydesk.views.source import DeskSource

FILTERS: Mapping[str, Callable[[OrderRow], bool]] = {
    "all": lambda row: True,
    "open": lambda row: row.state not in TERMINAL,
    "unknown": lambda row: row.state is OrderState.UNKNOWN,
}
"""What the list shows, in the order the filter key takes."""
_EMPTY = {"all": "No order.", "open": "No order is open.", "unknown": "No order is unknown."}


def changed_at(row: OrderRow) -> int:
    """Return when an order last changed."""
    return row.updated_at or row.created_at


def order_words(row: OrderRow) -> str:
    """Return an order in brief: side, size, outcome and price."""
    size, limit = exact_size(row.size), exact_price(row.price)
    return f"{row.side.value} {size} {plain(row.outcome)} @ {limit}"


class OrdersTable(Table[OrderRow]):
    """Our orders: unknown ones first, then open ones, then the newest.

    While nobody has chosen a line the cursor stays on top. Whenever the line under it becomes
    another order's by itself, ``take_aim`` refuses once.
    """

    EVERY = 6
    FOLLOWS_TOP = True
    COLUMNS = (
        Column("state", 9),
        Column("age", 6, "right"),
        Column("side", 4),
        Column("price", 6, "right"),
        Column("size", 7, "right"),
        Column("filled", 7, "right"),
        Column("at risk", 7, "right"),
        Column("average", 7, "right", need=125),
        Column("queue", 7, "right", need=140),
        Column("market", 12, grow=3, both_ends=True),
        Column("outcome", 7, grow=1, need=78),
        Column("origin", 14, grow=1, need=130),
        Column("evidence", 24, grow=5, need=110),
    )

    def __init__(self) -> None:
        super().__init__(id="orders")
        self.filter = "all"
        self.aim_lost = False
        self._seen = (-1, -1)
        self._now = 0
        self._mode = Mode.PAPER

    def key_of(self, item: OrderRow) -> Hashable:
        """Orders are told apart by our own name."""
        return item.client_order_id

    def heading(self) -> tuple[str, str]:
        """Return where the orders are, the filter and the cursor's place."""
        mode = self._mode.value.upper() if self._mode is not Mode.LIVE else mode_title(self._mode)
        return f"Orders: {self.filter} · {mode}", self.place()

    def empty_row(self) -> Row:
        """Return the sentence for a list without rows."""
        return ("empty", _EMPTY[self.filter])

    def poll(self, source: DeskSource) -> bool:
        """Take the orders when the portfolio moved, and their ages once a second."""
        seen = (source.portfolio_version(), source.now_ns() // SECOND)
        if seen == self._seen:
            return False
        return self.take(source) if seen[0] != self._seen[0] else self._grow_older(source)

    def take(self, source: DeskSource) -> bool:
        """Take the orders of now under the filter of now."""
        self._mode = source.health().mode
        self._seen = (source.portfolio_version(), -1)
        self._take_time(source)
        rows = filter(FILTERS[self.filter], source.portfolio().orders)
        return self.set_items(unknown_first(list(rows)))

    def _grow_older(self, source: DeskSource) -> bool:
        self._take_time(source)
        return self.update_lines()

    def _take_time(self, source: DeskSource) -> None:
        self._now = source.now_ns()
        self._seen = (self._seen[0], self._now // SECOND)

    def show_next(self, source: DeskSource) -> None:
        """Use the next filter."""
        names = list(FILTERS)
        self.filter = names[(names.index(self.filter) + 1) % len(names)]
        self.take(source)
        self.aim_lost = False

    # cursor

    def set_items(self, items: Sequence[OrderRow]) -> bool:
        """Show new items; remember when another order came under the cursor by itself."""
        before = self._cursor_key
        changed = super().set_items(items)
        if before is not None and before != self._cursor_key:
            self.aim_lost = True
        return changed

    def move_cursor(self, steps: int) -> None:
        """Move the cursor: whoever does so has seen where it goes."""
        self.aim_lost = False
        super().move_cursor(steps)

    def take_aim(self) -> OrderRow | None:
        """Return the order under the cursor; None once after it became another by itself."""
        was_lost, self.aim_lost = self.aim_lost, False
        return None if was_lost else self.selected

    # lines

    def item_rows(self, item: OrderRow, width: int, *, selected: bool) -> Sequence[Row]:
        """Return the one raw row of an order, with its age."""
        (row,) = super().item_rows(item, width, selected=selected)
        return [(*row, self.age_of(item))]

    def age_of(self, row: OrderRow) -> str:
        """Return how long ago an order changed, in whole seconds."""
        seconds = (self._now - changed_at(row)) // SECOND
        return duration(seconds * SECOND) if seconds > 9 else f"{max(0, seconds)} s"

    def cells_of(self, item: OrderRow) -> Sequence[Cell]:
        """Return one order's line; one that nobody knows about is bold as a whole."""
        queue = "-" if item.queue_ahead is None else f"~{short_size(item.queue_ahead, 6)}"
        loud = item.state is OrderState.UNKNOWN
        text, quiet = ("bold stale", "bold stale") if loud else (TEXT, "muted")
        return (
            (state_word(item), row_ink(item)),
            (self.age_of(item), quiet),
            (item.side.value, side_ink(item.side)),
            (column_price(item.price), text),
            (exact_size(item.size), text),
            (exact_size(item.filled) if item.filled else "-", text),
            (exact_size(item.at_risk) if item.at_risk else "-", "stale" if item.at_risk else quiet),
            (column_price(item.average_price), text),
            (queue, quiet),
            (item.title, text),
            (item.outcome, quiet),
            (origin_words(item), quiet),
            (item.evidence or item.reason, text),
        )


def ask_to_cancel(app: DeskApp, row: OrderRow) -> str:
    """Ask the venue to cancel an order; return what was done in words."""
    app.source.submit(CancelByUser(row.client_order_id))
    return f"Asked to cancel {order_words(row)}."
