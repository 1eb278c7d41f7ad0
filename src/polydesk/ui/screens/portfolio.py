"""The Portfolio screen: account, positions, orders and the equity curve."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from polydesk.domain.commands import CancelByUser
from polydesk.domain.ids import TokenId
from polydesk.domain.orders import TERMINAL
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.format import (
    clock,
    exact_size,
    money,
    percent,
    plain,
    short_size,
    signed_money,
)
from polydesk.ui.screens.base import Page, desk_app
from polydesk.ui.screens.curve import EquityCurve
from polydesk.ui.screens.portfolio_commands import PORTFOLIO_COMMANDS
from polydesk.ui.screens.table import Column, Fact, FactsPane, Table, fact_columns
from polydesk.ui.screens.words import (
    column_price,
    exact_price,
    gain_ink,
    order_ink,
    order_word,
    side_ink,
)
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import OrderRow, PortfolioView, PositionRow
from polydesk.views.source import DeskSource

BREAKPOINTS: list[tuple[int, str]] = [(0, "-narrow"), (150, "-wide")]
"""Width from which a class, and so a layout, holds."""


def account_groups(view: PortfolioView) -> tuple[list[Fact], list[Fact], list[Fact]]:
    """Return the account in three groups; every number is the view's own."""
    deepest = percent(view.drawdown, view.peak, 1)
    return (
        [
            ("Cash", money(view.cash), ""),
            ("Positions", money(view.positions_value), ""),
            ("Equity", money(view.equity), "heading"),
        ],
        [
            ("Realised", signed_money(view.realised), gain_ink(view.realised)),
            ("Unrealised", signed_money(view.unrealised), gain_ink(view.unrealised)),
            ("Fees", money(view.fees), ""),
        ],
        [
            ("Day PnL", signed_money(view.day_pnl), gain_ink(view.day_pnl)),
            ("Drawdown", f"{money(view.drawdown)} ({deepest})", ""),
            ("Deposits", money(view.net_deposits), ""),
        ],
    )


def account_lines(source: DeskSource, width: int) -> list[list[Cell]]:
    """Return the account strip."""
    return fact_columns(account_groups(source.portfolio()), width, 11)


class PositionsTable(Table[PositionRow]):
    """What is held."""

    EVERY = 6
    EMPTY = "No position."
    COLUMNS = (
        Column("market", 14, grow=4, both_ends=True),
        Column("outcome", 8, grow=2),
        Column("shares", 8, "right"),
        Column("average", 7, "right"),
        Column("mark", 6, "right"),
        Column("value", 9, "right"),
        Column("unrealised", 10, "right"),
        Column("realised", 9, "right", need=100),
        Column("leaders", 12, grow=2, need=110),
    )

    def __init__(self) -> None:
        super().__init__(id="positions")
        self._version = -1

    def key_of(self, item: PositionRow) -> Hashable:
        """One position a token."""
        return item.token_id

    def heading(self) -> tuple[str, str]:
        """Return the title and the cursor's place."""
        return "Positions", self.place()

    def poll(self, source: DeskSource) -> bool:
        """Take the positions when the portfolio moved."""
        if source.portfolio_version() == self._version:
            return False
        self._version = source.portfolio_version()
        return self.set_items(source.portfolio().positions)

    def cells_of(self, item: PositionRow) -> Sequence[Cell]:
        """Return one position's line."""
        mark = "resolved" if item.resolved else column_price(item.mark)
        return (
            (item.title, TEXT),
            (item.outcome, "muted"),
            (short_size(item.size, 8), TEXT),
            (column_price(item.average), TEXT),
            ("none" if item.mark is None and not item.resolved else mark, "muted"),
            (money(item.value), TEXT),
            (signed_money(item.unrealised), gain_ink(item.unrealised)),
            (signed_money(item.realised), gain_ink(item.realised)),
            (", ".join(plain(name) for name in item.leaders) or "by hand", "muted"),
        )


class OrdersTable(Table[OrderRow]):
    """Our orders, open ones first."""

    EVERY = 6
    EMPTY = "No order."
    COLUMNS = (
        Column("time", 8),
        Column("market", 12, grow=4, both_ends=True),
        Column("outcome", 8, grow=2),
        Column("side", 4),
        Column("size", 8, "right"),
        Column("price", 6, "right"),
        Column("filled", 8, "right"),
        Column("average", 7, "right", need=100),
        Column("queue", 7, "right", need=100),
        Column("state", 11),
        Column("origin", 12, grow=1, need=110),
        Column("reason", 14, grow=3, need=130),
    )

    def __init__(self) -> None:
        super().__init__(id="orders")
        self.open_only = False
        self._version = -1

    def key_of(self, item: OrderRow) -> Hashable:
        """Orders are told apart by our own name."""
        return item.client_order_id

    def heading(self) -> tuple[str, str]:
        """Return the filter and the cursor's place."""
        return "Orders: open" if self.open_only else "Orders: all", self.place()

    def poll(self, source: DeskSource) -> bool:
        """Take the orders when the portfolio moved."""
        if source.portfolio_version() == self._version:
            return False
        return self.take(source)

    def take(self, source: DeskSource) -> bool:
        """Take the orders of now under the filter of now."""
        self._version = source.portfolio_version()
        rows = source.portfolio().orders
        return self.set_items(
            [row for row in rows if not self.open_only or row.state not in TERMINAL]
        )

    def cells_of(self, item: OrderRow) -> Sequence[Cell]:
        """Return one order's line."""
        origin = f"{item.origin.value} {plain(item.leader_name)}".strip()
        queue = "-" if item.queue_ahead is None else f"~{short_size(item.queue_ahead, 6)}"
        return (
            (clock(item.created_at), "muted"),
            (item.title, TEXT),
            (item.outcome, "muted"),
            (item.side.value, side_ink(item.side)),
            (exact_size(item.size), TEXT),
            (column_price(item.price), TEXT),
            (exact_size(item.filled), TEXT),
            (column_price(item.average_price), TEXT),
            (queue, "muted"),
            (order_word(item.state), order_ink(item.state)),
            (origin, "muted"),
            (item.reason, "muted"),
        )


class PortfolioScreen(Page):
    """The account."""

    SCOPE = Scope.PORTFOLIO
    CSS_PATH = "portfolio.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(PORTFOLIO_COMMANDS))
    AUTO_FOCUS = "PositionsTable"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def body(self) -> ComposeResult:
        """Stack account, positions, orders and curve."""
        yield FactsPane("Account", account_lines, id="account")
        with Container(id="portfolio"):
            with Container(id="portfolio-lists"):
                yield PositionsTable()
                yield OrdersTable()
            yield EquityCurve(id="equity")

    @property
    def positions(self) -> PositionsTable:
        """The positions."""
        return self.query_one(PositionsTable)

    @property
    def orders(self) -> OrdersTable:
        """The orders."""
        return self.query_one(OrdersTable)

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self.action_open()

    def action_cancel(self) -> None:
        """Cancel the order under the cursor; the first press only goes to the list."""
        order = self.orders.selected
        if order is None or order.state in TERMINAL:
            desk_app(self).say("There is no open order under the cursor.", "warning")
            self.orders.focus()
        elif not self.orders.has_focus:
            self.orders.focus()
            desk_app(self).say("Choose the order with the cursor, then press the key again.")
        else:
            self.source.submit(CancelByUser(order.client_order_id))
            desk_app(self).say(
                f"Asked to cancel {order.side.value} {exact_size(order.size)} {plain(order.outcome)}"
                f" @ {exact_price(order.price)}."
            )

    def action_open_orders(self) -> None:
        """List only open orders, or all."""
        self.orders.open_only = not self.orders.open_only
        self.orders.take(self.source)

    def action_open(self) -> None:
        """Show the outcome under the cursor of the focused list on the Desk."""
        token_id = self._token()
        if token_id is not None:
            desk_app(self).open_market(token_id)

    def _token(self) -> TokenId | None:
        row = self.orders.selected if self.orders.has_focus else self.positions.selected
        return None if row is None else row.token_id
