"""Commands of the Portfolio screen."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

_S = Scope.PORTFOLIO

PORTFOLIO_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "portfolio.cancel",
        "Cancel",
        "Ask the venue to cancel the order under the cursor of the orders list.",
        "x",
        _S,
        "screen.cancel",
        "Orders",
        hint=True,
    ),
    CommandSpec(
        "portfolio.orders",
        "Orders",
        "Show the Orders screen.",
        "o",
        _S,
        "app.show('orders')",
        "Orders",
        hint=True,
        palette=False,
    ),
    CommandSpec(
        "portfolio.filter-orders",
        "Filter",
        "List all orders, only open ones, or only unknown ones, in turn.",
        "f",
        _S,
        "screen.filter_orders",
        "Orders",
        hint=True,
    ),
    CommandSpec(
        "portfolio.open",
        "Open",
        "Show the position's outcome on the Desk, or the order's detail.",
        "enter",
        _S,
        "screen.open",
        "Market",
        hint=True,
    ),
)
