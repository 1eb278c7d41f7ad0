"""Taking up the orders of an earlier session: nothing is sent again, everything is looked up."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain import events as ev
from polydesk.domain.fills import Fill, Settlement
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.intents import Origin
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.venue import TradeStatus
from polydesk.execution.pending import ORDERS_KEPT, Pending, Phase, State
from polydesk.execution.reports import GONE

NEVER_SIGNED = "the desk ended before it was signed; it was never sent"
MAYBE_SENT = "the desk ended while it was on its way"
_MAYBE_SENT = frozenset({OrderState.SIGNED, OrderState.SENT, OrderState.UNKNOWN})
_HAVE_BEEN_THERE = frozenset(
    {
        OrderState.LIVE,
        OrderState.PARTIAL,
        OrderState.MATCHED,
        OrderState.CANCELED,
        OrderState.EXPIRED,
    }
)
_WITHOUT_THE_VENUE = frozenset({OrderState.ABANDONED, OrderState.REJECTED})
_STATUS = {
    Settlement.PROVISIONAL: TradeStatus.MATCHED,
    Settlement.CONFIRMED: TradeStatus.CONFIRMED,
    Settlement.VOID: TradeStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the journal holds of earlier sessions."""

    orders: tuple[Order, ...] = ()
    """In their latest state, oldest first."""
    fills: tuple[tuple[Fill, Settlement], ...] = ()
    """All fills with what became of them, oldest first."""
    opened_at: int = 0
    """When the account was opened, nanoseconds UTC."""
    ready_at: int = 0
    """When the last session had looked everything up; 0 when none ever had."""


def restore(state: State, remembered: Remembered) -> None:
    """Put an earlier session's orders into a fresh executor."""
    state.opened_at = remembered.opened_at
    state.known_since = max(0, remembered.ready_at - state.patience.listed_again)
    for order in remembered.orders:
        _restore_order(state, order)
    for fill, settlement in remembered.fills:
        _restore_fill(state, fill, settlement)
    if len(state.orders) > ORDERS_KEPT:
        state.forget_old()


def _restore_order(state: State, order: Order) -> None:
    if order.state is OrderState.DENIED:
        return
    key = order.intent.client_order_id
    if order.venue_order_id is None:
        _forget_unsigned(state, order, key)
        return
    pending = Pending(
        key,
        order.intent,
        _phase(order.state),
        order.venue_order_id,
        created_at=order.intent.created_at,
        sent_at=order.intent.created_at + state.patience.fresh,
        is_accepted=order.state in _HAVE_BEEN_THERE,
        cancel_wanted=order.open and bool(order.cancel_asked_at),
        is_looked_up=not order.open,
        is_external=order.intent.origin is Origin.EXTERNAL,
        is_over=not order.open,
        is_given_up=order.state in _WITHOUT_THE_VENUE or order.reason == GONE,
        done_at=0 if order.open else order.updated_at,
    )
    if order.state in {OrderState.SIGNED, OrderState.SENT}:
        now = state.now
        state.reports.append(ev.OrderUnknown(key, now, now, MAYBE_SENT))
    state.keep(pending)


def _forget_unsigned(state: State, order: Order, key: ClientOrderId) -> None:
    if order.open:
        now = state.now
        state.reports.append(ev.OrderAbandoned(key, now, now, NEVER_SIGNED))


def _phase(state: OrderState) -> Phase:
    if state in _MAYBE_SENT:
        return Phase.UNKNOWN
    return Phase.LIVE if state in {OrderState.LIVE, OrderState.PARTIAL} else Phase.DONE


def _restore_fill(state: State, fill: Fill, settlement: Settlement) -> None:
    pending = state.orders.get(fill.client_order_id)
    if pending is None or pending.venue_order_id is None:
        return
    pending.fills[fill.trade_id] = (fill.size, _STATUS[settlement])
    pending.matched = max(pending.matched, pending.filled)
    if settlement is Settlement.PROVISIONAL:
        state.unsettled[fill.trade_id, pending.venue_order_id] = fill.ts_event
