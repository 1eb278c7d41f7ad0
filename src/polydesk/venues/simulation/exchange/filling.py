"""How a match changes one order, whoever the other side is."""

from __future__ import annotations

from polydesk.domain.ids import TradeId
from polydesk.domain.units import ShareMicros
from polydesk.venues.simulation.exchange.events import OrderChange
from polydesk.venues.simulation.exchange.orders import Order, OrderState
from polydesk.venues.simulation.exchange.state import State
from polydesk.venues.simulation.exchange.trades import Leg


def next_trade_id(state: State) -> TradeId:
    """Return the next trade's name, in the form the venue's names have."""
    text = state.name("trade", len(state.trades))
    return TradeId("-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])))


def leg_of(order: Order, size: ShareMicros) -> Leg:
    """Return an order's part of a match, at its limit."""
    request = order.request
    return Leg(order.order_id, order.account, request.token_id, request.side, request.price, size)


def fill(state: State, order: Order, size: int, trade_id: TradeId) -> None:
    """Count a match on an order and free what it needed for that part."""
    order.filled += size
    order.trade_ids.append(trade_id)
    if not order.remaining:
        state.book_of(order).remove(order)
        order.move_to(OrderState.MATCHED, OrderState.MATCHED.value)
    state.track(order)
    state.report(OrderChange.UPDATE, order)


def fill_maker(state: State, order: Order, size: int, trade_id: TradeId) -> None:
    """Fill a resting order by a taker of ours; the recording's queue has no part in it."""
    if order.queue is not None:
        order.queue.size -= size
    fill(state, order, size, trade_id)
