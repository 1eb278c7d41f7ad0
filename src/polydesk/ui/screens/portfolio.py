"""The Portfolio screen: account, positions, orders and the equity curve."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from polydesk.domain.orders import TERMINAL
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.format import (
    money,
    percent,
    plain,
    short_size,
    signed_money,
)
from polydesk.ui.screens.base import Page, desk_app
from polydesk.ui.screens.curve import EquityCurve
from polydesk.ui.screens.order_detail import OrderDetailBox
from polydesk.ui.screens.order_table import OrdersTable
from polydesk.ui.screens.orders import cancel_aimed
from polydesk.ui.screens.portfolio_commands import PORTFOLIO_COMMANDS
from polydesk.ui.screens.table import Column, Fact, FactsPane, Table, fact_columns
from polydesk.ui.screens.words import column_price, gain_ink, result_facts
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import Mode, PortfolioView, PositionRow
from polydesk.views.source import DeskSource

BREAKPOINTS: list[tuple[int, str]] = [(0, "-narrow"), (150, "-wide")]
"""Width from which a class, and so a layout, holds."""
_WORDS_NEED = 100


def account_groups(
    view: PortfolioView, mode: Mode, width: int
) -> tuple[list[Fact], list[Fact], list[Fact]]:
    """Return the account in three groups; every number is the view's own.

    Settled, at risk and total make a fourth line while something is at risk, and always live.
    """
    deepest = percent(view.drawdown, view.peak, 1)
    groups: tuple[list[Fact], list[Fact], list[Fact]] = (
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
    for group, fact in zip(groups, result_facts(view, mode, explained=width >= _WORDS_NEED)):
        group.append(fact)
    return groups


def account_lines(source: DeskSource, width: int) -> list[list[Cell]]:
    """Return the account strip."""
    return fact_columns(account_groups(source.portfolio(), source.health().mode, width), width, 11)


class PositionsTable(Table[PositionRow]):
    """What is held."""

    EVERY = 6
    EMPTY = "No position."
    COLUMNS = (
        Column("market", 14, grow=4, both_ends=True),
        Column("outcome", 8, grow=2),
        Column("shares", 8, "right"),
        Column("settled", 8, "right", need=90),
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
            _settled(item),
            (column_price(item.average), TEXT),
            ("none" if item.mark is None and not item.resolved else mark, "muted"),
            (money(item.value), TEXT),
            (signed_money(item.unrealised), gain_ink(item.unrealised)),
            (signed_money(item.realised), gain_ink(item.realised)),
            (", ".join(plain(name) for name in item.leaders) or "by hand", "muted"),
        )


def _settled(item: PositionRow) -> Cell:
    """Return the shares that no failed trade can take away again.

    Where the venue counts less of them, its count stands here, marked.
    """
    if item.counted is not None:
        return (f"≠{short_size(item.counted, 7)}", "bold pnl-down")
    if item.settled_size is None or (item.settled_size == item.size and not item.at_risk):
        return ("all" if item.size else "-", "muted")
    return (short_size(item.settled_size, 8), "stale")


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
            cancel_aimed(self.orders)

    def action_filter_orders(self) -> None:
        """Use the next filter of the orders."""
        self.orders.show_next(self.source)

    def action_open(self) -> None:
        """Show the position's outcome on the Desk, or the detail of the order."""
        order = self.orders.selected if self.orders.has_focus else None
        position = self.positions.selected
        if order is not None:
            self.app.push_screen(OrderDetailBox(order.client_order_id))
        elif position is not None and not self.orders.has_focus:
            desk_app(self).open_market(position.token_id)
