"""What a long campaign must have seen at least once; one that did not proves less."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from polydesk.domain import events as ev
from polydesk.domain.fills import Settlement
from polydesk.domain.instruments import Side
from polydesk.domain.orders import OrderState
from polydesk.execution.reports import BACK, CAME_ALIVE

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

ENDS_WITHOUT_FILLS = frozenset(
    {OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED, OrderState.ABANDONED}
)
EXPECTED: Final = (
    "425, then post-only",
    "FAILED after MINED",
    "FAILED after RETRYING",
    "YES/NO cross match",
    "a fill after the order's end",
    "a fill before its order is known",
    "a gap longer than the listings' overlap",
    "a purchase fails whose shares were sold",
    "a request arrives late",
    "a request is delivered twice",
    "a request is lost before it arrives",
    "a restart loses our orders",
    "an order given up comes alive",
    "an order made elsewhere is adopted",
    "crash in the middle of a step",
    "held back at the last moment",
    "journal fails between signature and send",
    "killed while recording",
    "killed while sending",
    "killed while signing",
    "resolution at 50/50",
    "resolution with open orders",
    "restart with an order INTENT",
    "restart with an order LIVE",
    "restart with an order PARTIAL",
    "restart with an order SENT",
    "restart with an order SIGNED",
    "restart with an order UNKNOWN",
    "signer lost with a request pending",
    "the account trades with itself",
    "tick change between decide and sign",
    "two makers of ours in one trade",
    "unknown resolved by Duplicated",
    "zombie accepted after its cancel",
)


def look(event: ev.Event, engine: Engine, note: Callable[[str], None]) -> None:
    """Note what an event shows that a campaign wants to have seen."""
    if isinstance(event, ev.OrderFilled):
        order = engine.account.orders.get(event.fill.client_order_id)
        if order is not None and order.state in ENDS_WITHOUT_FILLS:
            note("a fill after the order's end")
    elif isinstance(event, ev.OrderNoted):
        if event.words in {CAME_ALIVE, BACK}:
            note("an order given up comes alive")
    elif isinstance(event, ev.ExternalOrderSeen):
        note("an order made elsewhere is adopted")
    elif isinstance(event, ev.FillSettled) and event.settlement is Settlement.VOID:
        _look_at_failure(event, engine, note)


def _look_at_failure(event: ev.FillSettled, engine: Engine, note: Callable[[str], None]) -> None:
    identity = (event.trade_id, event.client_order_id)
    fills = engine.account.fills
    failed = next((fill for fill in reversed(fills) if fill.identity == identity), None)
    if failed is None or failed.side is Side.SELL:
        return
    void = engine.account.ledger.void
    if any(
        fill.token_id == failed.token_id
        and fill.side is Side.SELL
        and fill.ts_event >= failed.ts_event
        and fill.identity not in void
        for fill in fills
    ):
        note("a purchase fails whose shares were sold")
