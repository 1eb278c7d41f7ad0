"""Cancels asked for by a trader: which go through, and why others do not.

Source: ``trading.md`` section 5.5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from polydesk.venues.simulation.exchange.closing import close
from polydesk.venues.simulation.exchange.orders import Order, OrderState
from polydesk.venues.simulation.exchange.refusals import Refusal
from polydesk.venues.simulation.exchange.state import State

NOT_FOUND: Final = "Order not found or already canceled"
ALREADY_MATCHED: Final = "order already matched"
HELD: Final = "order match delayed due to market conditions"
"""A delayed order cannot be canceled; the reason's text is not published."""


@dataclass(frozen=True, slots=True)
class Cancels:
    """The answer to a cancel of any kind."""

    canceled: list[str] = field(default_factory=list)
    not_canceled: dict[str, str] = field(default_factory=dict)
    """Reason by order id."""
    refusal: Refusal | None = None
    """Set when the whole request was refused."""


def cancel(state: State, account: str, order_ids: Iterable[str]) -> Cancels:
    """Cancel orders by id; an order of somebody else is not found."""
    refusal = state.modes.refuses_cancel(state.now)
    if refusal is not None:
        return Cancels(refusal=refusal)
    answer = Cancels()
    for order_id in dict.fromkeys(order_ids):
        order = state.orders.get(order_id)
        reason = _obstacle(order, account)
        if order is None or reason:
            answer.not_canceled[order_id] = reason
        else:
            close(state, order)
            answer.canceled.append(order_id)
    return answer


def _obstacle(order: Order | None, account: str) -> str:
    if order is None or order.account != account or order.state is OrderState.CANCELED:
        return NOT_FOUND
    if order.state is OrderState.MATCHED:
        return ALREADY_MATCHED
    return HELD if order.state is OrderState.DELAYED else ""
