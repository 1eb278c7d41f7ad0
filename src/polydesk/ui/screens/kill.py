"""Asking before the kill switch is latched or all is canceled, from any screen, at any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from polydesk.domain.commands import CancelAll, Kill
from polydesk.domain.orders import TERMINAL
from polydesk.ui.screens.dialogs import Question
from polydesk.views.models import Mode

if TYPE_CHECKING:
    from polydesk.ui.app import DeskApp

KILL_REASON = "by hand"
_SIGNER = "The signer shuts and stays shut until the desk is started again."


def ask_to_kill(app: DeskApp) -> None:
    """Latch the kill switch after a yes; say so when it is latched already."""
    source, health = app.source, app.source.health()
    if health.killed:
        app.say("The kill switch is on already; R on the Desk releases it.", "warning")
        return
    count = sum(order.state not in TERMINAL for order in source.portfolio().orders)
    question = Content.assemble(
        ("KILL: ", "bold $pnl-down"),
        f"stop all new orders and cancel {open_orders(count)}?",
        f" {_SIGNER}" if health.mode is Mode.LIVE else "",
    )

    def answered(yes: bool | None) -> None:
        if yes:
            source.submit(Kill(KILL_REASON))

    app.push_screen(Question(question, "kill"), answered)


def ask_to_cancel_all(app: DeskApp) -> None:
    """Cancel every open order after a yes; say so when none is open."""
    count = sum(order.state not in TERMINAL for order in app.source.portfolio().orders)
    if not count:
        app.say("No order is open.")
        return

    def answered(yes: bool | None) -> None:
        if yes:
            app.source.submit(CancelAll())

    app.push_screen(Question(Content(f"Cancel {open_orders(count)}?"), "cancel all"), answered)


def open_orders(count: int) -> str:
    """Return a number of open orders in words."""
    return "1 open order" if count == 1 else f"{count} open orders"
