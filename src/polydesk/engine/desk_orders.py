"""From intent to order and from report to ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.commands import CancelOrder, Command, SubmitOrder
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.intents import OrderIntent
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.reasons import Denial
from polydesk.risk.context import RiskContext
from polydesk.risk.engine import judge

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

NOTHING: Sequence[Command] = ()


class OrderDesk:
    """Owns the life of our orders."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def submit(self, intent: OrderIntent) -> tuple[Order, Sequence[Command]]:
        """Let the gate judge an intent and keep the order with its verdict."""
        engine, account = self._engine, self._engine.account
        verdict = judge(intent, self._context(intent), engine.limits)
        order = Order(intent, updated_at=engine.now)
        if isinstance(verdict, Denial):
            order.reason = str(verdict)
            order.move_to(OrderState.DENIED, engine.now)
            if intent.client_order_id not in account.orders:
                account.add(order)
                engine.observer.on_order(order)
            return order, NOTHING
        return order, self._send(order, verdict)

    def _send(self, order: Order, approved: Approved) -> Sequence[Command]:
        engine = self._engine
        order.move_to(OrderState.SENT, engine.now)
        engine.account.add(order)
        engine.copier.note_open(order.intent)
        engine.observer.on_order(order)
        return (SubmitOrder(approved),)

    def _context(self, intent: OrderIntent) -> RiskContext:
        engine, account = self._engine, self._engine.account
        market = engine.token_markets.get(intent.token_id)
        market_exposure, total_exposure = account.exposures(market)
        return RiskContext(
            now=engine.now,
            trading_state=engine.trading_state,
            killed=engine.killed,
            market=market,
            book=engine.books.get(intent.token_id),
            free_cash=account.free_cash,
            free_shares=account.free_shares(intent.token_id),
            market_exposure=market_exposure,
            total_exposure=total_exposure,
            open_orders=len(account.open_orders),
            day_loss=account.gate_loss(),
            duplicate=intent.client_order_id in account.orders,
        )

    def on_accepted(self, event: ev.OrderAccepted) -> Sequence[Command]:
        """The venue has the order."""
        order = self._find(event.client_order_id)
        if order is not None and order.open:
            order.venue_order_id = event.venue_order_id
            order.queue_ahead = event.queue_ahead
            if event.resting and order.state is OrderState.SENT:
                self._engine.account.move(order, OrderState.LIVE, self._engine.now)
            self._changed(order)
        return NOTHING

    def on_rejected(self, event: ev.OrderRejected) -> Sequence[Command]:
        """The venue refused the order."""
        return self._close(event.client_order_id, OrderState.REJECTED, event.reason)

    def on_closed(self, event: ev.OrderClosed) -> Sequence[Command]:
        """The rest of the order is gone."""
        state = OrderState.EXPIRED if event.expired else OrderState.CANCELED
        return self._close(event.client_order_id, state, event.reason)

    def _close(self, key: ClientOrderId, state: OrderState, reason: str) -> Sequence[Command]:
        order = self._find(key)
        if order is not None and order.open:
            order.reason = reason
            self._engine.account.move(order, state, self._engine.now)
            self._changed(order)
        return NOTHING

    def on_filled(self, event: ev.OrderFilled) -> Sequence[Command]:
        """Book a fill once; a repeated report changes nothing."""
        engine = self._engine
        order = self._find(event.fill.client_order_id)
        if order is None:
            return NOTHING
        fill = replace(event.fill, leader=order.intent.leader)
        entry = engine.account.apply_fill(order, fill, engine.now)
        if entry is not None:
            engine.copier.note_fill(fill, engine.account.ledger.position(fill.token_id).size)
            engine.observer.on_fill(fill, entry)
            self._changed(order)
        return NOTHING

    def on_queue_moved(self, event: ev.QueueMoved) -> Sequence[Command]:
        """Update the estimate of the size ahead of a resting order."""
        order = self._find(event.client_order_id)
        if order is not None and order.open:
            order.queue_ahead = event.queue_ahead
            self._engine.account.version += 1
        return NOTHING

    def on_resolved(self, event: ev.MarketResolved) -> Sequence[Command]:
        """Pay out positions of a resolved market; the venue closes its open orders."""
        engine = self._engine
        market = engine.markets.get(event.condition_id)
        if market is not None:
            payouts = dict(event.payouts)
            ordered = tuple(payouts[o.token_id] for o in market.outcomes if o.token_id in payouts)
            engine.set_market(replace(market, payouts=ordered, closed=True, accepting_orders=False))
        for token_id, payout in event.payouts:
            engine.account.marks.pop(token_id, None)
            engine.followed.pop(token_id, None)
            entry = engine.account.ledger.pay_out(token_id, payout, engine.now)
            if entry is not None:
                engine.account.version += 1
                engine.observer.on_entry(entry)
        engine.copier.note_resolution(token_id for token_id, _ in event.payouts)
        return NOTHING

    def cancel(self, key: ClientOrderId) -> Sequence[Command]:
        """Ask the venue to cancel an open order."""
        return (CancelOrder(key),) if key in self._engine.account.open_orders else NOTHING

    def cancel_all(self) -> Sequence[Command]:
        """Ask the venue to cancel every open order."""
        return tuple(CancelOrder(key) for key in self._engine.account.open_orders)

    def _find(self, key: ClientOrderId) -> Order | None:
        return self._engine.account.orders.get(key)

    def _changed(self, order: Order) -> None:
        if not order.open:
            self._engine.copier.note_closed(order.intent)
        self._engine.observer.on_order(order)
