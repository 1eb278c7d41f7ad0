"""The Orders screen: every order with its state, evidence and age."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from polydesk.domain.orders import TERMINAL
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.format import clock, plain
from polydesk.ui.screens.base import Page, desk_app
from polydesk.ui.screens.kill import ask_to_cancel_all
from polydesk.ui.screens.order_detail import OrderDetailBox, copy_venue_id
from polydesk.ui.screens.order_table import (
    OrdersTable,
    ask_to_cancel,
    changed_at,
    order_words,
)
from polydesk.ui.screens.orders_commands import ORDERS_COMMANDS
from polydesk.ui.screens.table import Fact, FactsPane, Table, fact_lines
from polydesk.ui.screens.words import row_ink, side_ink, state_help, state_word
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import OrderRow
from polydesk.views.source import DeskSource


def order_facts(row: OrderRow) -> list[Fact]:
    """Return what is known of one order, in brief."""
    known = row.evidence or row.reason or "nothing yet"
    return [
        ("Order", f"{order_words(row)} · {plain(row.title)}", side_ink(row.side)),
        ("State", f"{state_word(row)}: {state_help(row)}", row_ink(row)),
        ("Changed", f"{clock(changed_at(row), 3)} UTC", "muted"),
        ("Evidence", known, ""),
        ("Venue id", row.venue_order_id or "none yet", "muted"),
    ]


class OrdersScreen(Page):
    """Our orders."""

    SCOPE = Scope.ORDERS
    CSS_PATH = "orders.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(ORDERS_COMMANDS))
    AUTO_FOCUS = "OrdersTable"

    def body(self) -> ComposeResult:
        """Put the list above what is known of the order under the cursor."""
        yield OrdersTable()
        yield FactsPane("Under the cursor", self._facts, id="order-facts")

    @property
    def orders(self) -> OrdersTable:
        """The list."""
        return self.query_one(OrdersTable)

    def _facts(self, source: DeskSource, width: int) -> Sequence[Sequence[Cell]]:
        row = self.orders.selected
        if row is None:
            return [[("No order under the cursor.", "muted")]]
        return fact_lines(order_facts(row), width, 10)

    @on(Table.Moved)
    def _moved(self) -> None:
        self.query_one("#order-facts", FactsPane).poll(self.source)

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self.action_detail()

    def action_detail(self) -> None:
        """Show everything known about the order under the cursor."""
        row = self.orders.selected
        if row is not None:
            self.app.push_screen(OrderDetailBox(row.client_order_id))

    def action_filter_orders(self) -> None:
        """Use the next filter."""
        self.orders.show_next(self.source)
        self._moved()

    def action_cancel(self) -> None:
        """Cancel the order under the cursor."""
        cancel_aimed(self.orders)

    def action_cancel_all(self) -> None:
        """Cancel every open order after a yes."""
        ask_to_cancel_all(desk_app(self))

    def action_copy_id(self) -> None:
        """Copy the venue's id of the order under the cursor."""
        row = self.orders.selected
        if row is not None:
            copy_venue_id(desk_app(self), row)

    def action_market(self) -> None:
        """Show the order's outcome on the Desk."""
        row = self.orders.selected
        if row is not None:
            desk_app(self).open_market(row.token_id)


def cancel_aimed(orders: OrdersTable) -> None:
    """Cancel the order under a list's cursor, unless it only just came there by itself."""
    app = desk_app(orders)
    if orders.aim_lost:
        orders.take_aim()
        app.say("Another order came under the cursor; look, then press the key again.", "warning")
        return
    row = orders.take_aim()
    if row is None or row.state in TERMINAL:
        app.say("There is no open order under the cursor.", "warning")
    else:
        app.say(ask_to_cancel(app, row))
