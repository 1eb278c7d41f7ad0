"""Words and inks for states, the same on every screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from polydesk.domain.decisions import Verdict
from polydesk.domain.fills import Settlement
from polydesk.domain.instruments import Side
from polydesk.domain.intents import Origin
from polydesk.domain.orders import TERMINAL, OrderState
from polydesk.domain.reasons import DENY_HELP, SKIP_HELP
from polydesk.ui.format import duration, exact_size, plain, price, signed_money
from polydesk.ui.widgets.inks import TEXT
from polydesk.views.models import FeedRow, Mode, OrderRow, PortfolioView

_ORDER_INKS = {
    OrderState.LIVE: "own-order",
    OrderState.PARTIAL: "own-order",
    OrderState.SENT: "waiting",
    OrderState.INTENT: "waiting",
    OrderState.MATCHED: "fill",
    OrderState.DENIED: "pnl-down",
    OrderState.REJECTED: "pnl-down",
    OrderState.UNKNOWN: "bold stale",
}
_ORDER_WORDS = {
    OrderState.LIVE: "resting",
    OrderState.PARTIAL: "part filled",
    OrderState.MATCHED: "filled",
    OrderState.INTENT: "new",
    OrderState.UNKNOWN: "UNKNOWN",
}
_ORIGIN_WORDS = {Origin.MANUAL: "by hand", Origin.EXTERNAL: "made elsewhere"}
CANCELING = "canceling"
SETTLEMENT_HELP = {
    Settlement.PROVISIONAL: "may still fail",
    Settlement.CONFIRMED: "money",
    Settlement.VOID: "failed, not money",
}
STATE_HELP = {
    OrderState.INTENT: "wanted; not signed yet",
    OrderState.SIGNED: "signed; not sent yet",
    OrderState.SENT: "sent; the venue has not answered yet",
    OrderState.UNKNOWN: "it may be at the venue or not: its money stays reserved, and it is "
    "looked for until that is proven",
    OrderState.LIVE: "it rests at the venue",
    OrderState.PARTIAL: "part of it is filled, the rest is at the venue",
    OrderState.MATCHED: "all of it is filled",
    OrderState.CANCELED: "it is gone from the venue",
    OrderState.EXPIRED: "its time ran out",
    OrderState.REJECTED: "the venue refused it",
    OrderState.DENIED: "the risk gate refused it; nothing was sent",
    OrderState.ABANDONED: "proven never to have reached the venue",
}
_CANCELING_HELP = "its cancel is on the way; until that is answered it may still fill"
_SETTLEMENT_INKS = {Settlement.PROVISIONAL: "stale", Settlement.VOID: "pnl-down"}

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


def is_canceling(row: OrderRow) -> bool:
    """Return whether a cancel is on its way, and nobody knows yet what it came to."""
    return bool(row.cancel_asked_at) and row.state not in TERMINAL | {OrderState.UNKNOWN}


def row_word(row: OrderRow) -> str:
    """Return where an order is, as one word or two."""
    return CANCELING if is_canceling(row) else order_word(row.state)


def state_name(state: OrderState) -> str:
    """Return the name of a state: ``LIVE`` on a screen means one thing only, real money."""
    return "RESTING" if state is OrderState.LIVE else state.value


def state_word(row: OrderRow) -> str:
    """Return where an order is, by the name of its state."""
    return CANCELING if is_canceling(row) else state_name(row.state)


def state_help(row: OrderRow) -> str:
    """Return what it means to be where an order is, and what happens next."""
    if is_canceling(row):
        return _CANCELING_HELP
    if not row.voided:
        return STATE_HELP[row.state]
    is_whole = row.state is OrderState.MATCHED
    words = "all of it was matched" if is_whole else STATE_HELP[row.state]
    return f"{words}; {exact_size(row.voided)} shares of that failed to settle"


def row_ink(row: OrderRow) -> str:
    """Return the ink of where an order is."""
    return "waiting" if is_canceling(row) else order_ink(row.state)


def origin_words(row: OrderRow) -> str:
    """Return who wanted an order."""
    if row.leader_name:
        return f"copy of {plain(row.leader_name)}"
    return _ORIGIN_WORDS.get(row.origin, row.origin.value.replace("_", " "))


def settlement_ink(settlement: Settlement) -> str:
    """Return the ink of a fill's settlement."""
    return _SETTLEMENT_INKS.get(settlement, TEXT)


def unknown_first(rows: Sequence[OrderRow]) -> list[OrderRow]:
    """Return orders with those nobody knows about before the others; else in their order."""
    return sorted(rows, key=lambda row: row.state is not OrderState.UNKNOWN)


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


def result_facts(
    view: PortfolioView, mode: Mode, *, explained: bool = True
) -> list[tuple[str, str, str]]:
    """Return the result that is settled, what hangs on fills that may still fail, and the total.

    Empty where nothing is at risk and nothing can be: then there is one result only.
    """
    if mode is not Mode.LIVE and not (view.at_risk or view.at_risk_value):
        return []
    total = view.settled + view.at_risk
    until = " until confirmed" if explained else ""
    return [
        ("Settled", signed_money(view.settled), gain_ink(view.settled)),
        ("At risk", signed_money(view.at_risk) + until, "stale"),
        ("Total", signed_money(total), f"bold {gain_ink(total)}"),
    ]


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
