"""How orders leave the book other than by a match.

Source: ``trading.md`` sections 5.6 (statuses) and 5.7 (orders are canceled when the balance
falls).
"""

from __future__ import annotations

from typing import Final

from polydesk.venues.simulation.exchange.events import OrderChange
from polydesk.venues.simulation.exchange.orders import Order, OrderState
from polydesk.venues.simulation.exchange.state import State

CANCELED: Final = "CANCELED"
EXPIRED: Final = "CANCELED_EXPIRED_ORDER"
TIMED_OUT: Final = "CANCELED_ORDER_TIMED_OUT"
RESOLVED: Final = "CANCELED_MARKET_RESOLVED"
UNFUNDED: Final = "CANCELED_NOT_ENOUGH_BALANCE"


def close(state: State, order: Order, status: str = CANCELED, *, silent: bool = False) -> None:
    """Take the rest of an open order away and free what was set aside.

    Args:
        state: The exchange.
        order: The order.
        status: The venue's word for why.
        silent: Whether the user channel hears nothing, as when a restart loses the book.
    """
    state.book_of(order).remove(order)
    order.move_to(OrderState.CANCELED, status)
    state.track(order)
    if not silent:
        state.report(OrderChange.CANCELLATION, order)


def expire(state: State, order_id: str) -> None:
    """Drop a GTD order whose time is over, if it is still open."""
    order = state.orders[order_id]
    if order.open:
        close(state, order, EXPIRED)


def cover(state: State, account: str, asset: str) -> None:
    """Cancel an account's newest orders until the balance covers the rest."""
    spending = [o for o in state.open_orders() if (o.account, o.gives) == (account, asset)]
    while state.accounts.free(account, asset) < 0 and spending:
        close(state, spending.pop(), UNFUNDED)
