"""What the user channel and the listings report.

Source: ``websockets.md`` section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydesk.domain.ids import ConditionId, TradeId
from polydesk.venues.simulation.exchange.orders import NewOrder, Order
from polydesk.venues.simulation.exchange.trades import Trade


class OrderChange(StrEnum):
    """What happened to an order, as the user channel calls it."""

    PLACEMENT = "PLACEMENT"
    UPDATE = "UPDATE"
    CANCELLATION = "CANCELLATION"


@dataclass(frozen=True, slots=True)
class OrderReported:
    """An order as it was after a change."""

    change: OrderChange
    account: str
    condition_id: ConditionId
    request: NewOrder
    status: str
    """LIVE, MATCHED, DELAYED, CANCELED or a longer word that begins with CANCELED."""
    filled: int
    """Matched micro-shares so far."""
    trade_ids: tuple[TradeId, ...]
    placed_at: int
    """Nanoseconds UTC."""
    at: int


@dataclass(frozen=True, slots=True)
class TradeReported:
    """A trade at one step of its settlement; each step has the same trade id."""

    trade: Trade
    at: int


ExchangeEvent = OrderReported | TradeReported


def report_order(change: OrderChange, order: Order, at: int) -> OrderReported:
    """Return the report of an order as it is now."""
    return OrderReported(
        change,
        order.account,
        order.condition_id,
        order.request,
        order.status,
        order.filled,
        tuple(order.trade_ids),
        order.placed_at,
        at,
    )
