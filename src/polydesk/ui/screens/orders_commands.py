"""Commands of the Orders screen and of the boxes that tell all about one order or the start."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

_S, _R = Scope.ORDERS, Scope.REPORT
_BOX = "Order detail and report"

ORDERS_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "orders.detail", "Detail", "Show everything known about the order: trace and fills.",
        "enter", _S, "screen.detail", "Orders", hint=True,
    ),
    CommandSpec(
        "orders.filter", "Filter", "List all orders, only open ones, or only unknown ones, in turn.",
        "f", _S, "screen.filter_orders", "Orders", hint=True,
    ),
    CommandSpec(
        "orders.cancel", "Cancel", "Ask the venue to cancel the order under the cursor.",
        "x", _S, "screen.cancel", "Orders", hint=True,
    ),
    CommandSpec(
        "orders.cancel-all", "Cancel all", "Cancel every open order, after a yes.",
        "X", _S, "screen.cancel_all", "Orders", hint=True,
    ),
    CommandSpec(
        "orders.copy", "Copy id", "Copy the venue's id of the order under the cursor.",
        "c", _S, "screen.copy_id", "Orders",
    ),
    CommandSpec(
        "orders.market", "Market", "Show the order's outcome on the Desk.",
        "m", _S, "screen.market", "Market", hint=True,
    ),
)  # fmt: skip

REPORT_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "report.close", "Close", "Close the box.",
        "escape,q", _R, "close", _BOX, palette=False,
    ),
    CommandSpec(
        "report.cancel", "Cancel", "Ask the venue to cancel the order that is shown.",
        "x", _R, "cancel", _BOX, palette=False,
    ),
    CommandSpec(
        "report.copy", "Copy id", "Copy the venue's id of the order that is shown.",
        "c", _R, "copy_id", _BOX, palette=False,
    ),
    CommandSpec(
        "report.kill", "Kill", "Stop new orders and cancel all, after a yes; stays until released.",
        "K", _R, "kill", _BOX, palette=False,
    ),
    CommandSpec(
        "report.down", "Down", "Show what lies below.",
        "down,j", _R, "scroll(1)", _BOX, palette=False,
    ),
    CommandSpec(
        "report.up", "Up", "Go back up.",
        "up,k", _R, "scroll(-1)", _BOX, palette=False,
    ),
    CommandSpec(
        "report.page-down", "Page down", "Show the next page.",
        "pagedown,space", _R, "scroll(10)", _BOX, palette=False,
    ),
    CommandSpec(
        "report.page-up", "Page up", "Go back a page.",
        "pageup", _R, "scroll(-10)", _BOX, palette=False,
    ),
)  # fmt: skip
