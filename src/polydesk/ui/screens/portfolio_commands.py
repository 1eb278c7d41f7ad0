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
        "portfolio.open-orders",
        "Open orders",
        "List only orders that may still fill; again lists all.",
        "o",
        _S,
        "screen.open_orders",
        "Orders",
        hint=True,
    ),
    CommandSpec(
        "portfolio.open",
        "Open",
        "Show the outcome under the cursor on the Desk.",
        "enter",
        _S,
        "screen.open",
        "Market",
        hint=True,
    ),
)
