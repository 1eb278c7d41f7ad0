"""Asking before the kill switch is latched, from any screen and at any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from polydesk.domain.commands import Kill
from polydesk.domain.orders import TERMINAL
from polydesk.ui.screens.dialogs import Question

if TYPE_CHECKING:
    from polydesk.ui.app import DeskApp

KILL_REASON = "by hand"


def ask_to_kill(app: DeskApp) -> None:
    """Latch the kill switch after a yes; say so when it is latched already."""
    source = app.source
    if source.health().killed:
        app.say("The kill switch is on already; R on the Desk releases it.", "warning")
        return
    count = sum(order.state not in TERMINAL for order in source.portfolio().orders)
    question = Content.assemble(
        ("KILL: ", "bold $pnl-down"), f"stop all new orders and cancel {open_orders(count)}?"
    )

    def answered(yes: bool | None) -> None:
        if yes:
            source.submit(Kill(KILL_REASON))

    app.push_screen(Question(question, "kill"), answered)


def open_orders(count: int) -> str:
    """Return a number of open orders in words."""
    return "1 open order" if count == 1 else f"{count} open orders"
