"""Words and inks for states, the same on every screen."""

from __future__ import annotations

from datetime import UTC, datetime

from polydesk.domain.decisions import Verdict
from polydesk.domain.instruments import Side
from polydesk.domain.orders import OrderState
from polydesk.domain.reasons import DENY_HELP, SKIP_HELP
from polydesk.ui.format import duration, exact_size, price
from polydesk.ui.widgets.inks import TEXT
from polydesk.views.models import FeedRow

_ORDER_INKS = {
    OrderState.LIVE: "own-order",
    OrderState.PARTIAL: "own-order",
    OrderState.SENT: "waiting",
    OrderState.INTENT: "waiting",
    OrderState.MATCHED: "fill",
    OrderState.DENIED: "pnl-down",
    OrderState.REJECTED: "pnl-down",
}
_ORDER_WORDS = {
    OrderState.LIVE: "resting",
    OrderState.PARTIAL: "part filled",
    OrderState.MATCHED: "filled",
    OrderState.INTENT: "new",
}

_MEANINGS = {
    code.value: help_text.replace("`", "")
    for code, help_text in (*SKIP_HELP.items(), *DENY_HELP.items())
}


def date(ns: int | None) -> str:
    """Write a moment as UTC date and minute."""
    if ns is None:
        return "-"
    return f"{datetime.fromtimestamp(ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M}"


def exact_price(value: int | None) -> str:
    """Write a price with three decimals, four when the fourth counts."""
    return price(value, 4 if value is not None and value % 1_000 else 3)


def column_price(value: int | None) -> str:
    """Write a price for a right-aligned column: the points of all rows are in one line."""
    text = exact_price(value)
    return text if value is None or value % 1_000 else f"{text} "


def side_ink(side: Side) -> str:
    """Return the ink of a side."""
    return "buy" if side is Side.BUY else "sell"


def order_word(state: OrderState) -> str:
    """Return an order's state as one word."""
    return _ORDER_WORDS.get(state, state.value.lower())


def progress_of(state: OrderState, filled: int) -> str:
    """Return an order's state, after what is filled while that is only a part."""
    if not filled or state is OrderState.MATCHED:
        return order_word(state)
    word = "resting" if state is OrderState.PARTIAL else order_word(state)
    return f"{exact_size(filled)} filled, {word}"


def order_ink(state: OrderState) -> str:
    """Return the ink of an order's state."""
    return _ORDER_INKS.get(state, "muted")


def gain_ink(value: int) -> str:
    """Return the ink of a gain or loss; the sign says the same without colour."""
    if not value:
        return TEXT
    return "pnl-up" if value > 0 else "pnl-down"


def verdict_ink(verdict: Verdict) -> str:
    """Return the ink of a decision."""
    return {Verdict.COPIED: "copied", Verdict.SKIPPED: "skipped"}.get(verdict, "waiting")


def outcome_of(row: FeedRow) -> str:
    """Return what became of a followed trade: the order's state, or why there is none."""
    if row.verdict is Verdict.COPIED and row.order_state is not None:
        return f"copied, {progress_of(row.order_state, row.filled)}"
    if row.reason:
        return f"{row.verdict.value}: {row.reason}"
    return row.verdict.value


def reason_help(reason: str) -> str:
    """Return the sentence that explains a reason's code; empty when there is none."""
    return _MEANINGS.get(reason.partition(" ")[0].rstrip(":"), "")


def until(now: int, then: int | None) -> str:
    """Write how long until ``then``, or that it has passed."""
    if then is None:
        return "no end date"
    return f"in {duration(then - now)}" if then > now else f"{duration(now - then)} ago"
