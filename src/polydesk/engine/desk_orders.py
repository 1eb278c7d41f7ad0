"""From intent to order and from report to ledger."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from polydesk.domain.approval import Approved
from polydesk.domain.commands import CancelOrder, Command, SubmitOrder
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent, Origin
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.reasons import Denial
from polydesk.domain.units import ShareMicros
from polydesk.risk.context import RiskContext
from polydesk.risk.engine import judge

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

NOTHING: Sequence[Command] = ()
NO_SHARES = ShareMicros(0)
MINUTE_NS = 60_000_000_000
RATE_KEPT = 10_000
"""More orders than any limit of a minute."""
_OURS = frozenset({Origin.MANUAL, Origin.COPY})


class OrderDesk:
    """Owns the life of our orders."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.approved_at: deque[int] = deque()
        """Engine times of the orders approved in the last minute, oldest first."""

    def restore_rate(self, orders: Iterable[Order]) -> None:
        """Count the orders that an earlier session approved in its last minute."""
        made = (o for o in orders if o.state is not OrderState.DENIED and o.intent.origin in _OURS)
        self.approved_at = deque(sorted(order.intent.created_at for order in made)[-RATE_KEPT:])

    def approved_lately(self) -> int:
        """Return how many orders were approved in the last minute of engine time."""
        since, times = self._engine.now - MINUTE_NS, self.approved_at
        while times and times[0] <= since:
            times.popleft()
        return len(times)

    def submit(self, intent: OrderIntent) -> tuple[Order, Sequence[Command]]:
        """Let the gate judge an intent and keep the order with its verdict."""
        engine, account = self._engine, self._engine.account
        verdict = judge(intent, self._context(intent), engine.limits)
        order = Order(intent, updated_at=engine.now)
        if not isinstance(verdict, Denial):
            return order, self._approve(order, verdict)
        order.reason = str(verdict)
        order.move_to(OrderState.DENIED, engine.now)
        self._begin_trace(order, "denied", order.reason)
        if intent.client_order_id not in account.orders:
            account.add(order)
            engine.observer.on_order(order)
        return order, NOTHING

    def _begin_trace(self, order: Order, verdict: str, words: str) -> None:
        order.note(self._engine.now, "intent", str(order.intent.origin))
        order.note(self._engine.now, verdict, words)

    def _approve(self, order: Order, approved: Approved) -> Sequence[Command]:
        engine = self._engine
        engine.account.add(order, approved.reserved)
        if engine.hand_over is not None:
            # Whoever takes it must not touch the order before it is told below as it is now.
            engine.hand_over(approved)
        self._begin_trace(order, "approved", _proof_words(approved))
        self.approved_at.append(engine.now)
        engine.copier.note_open(order.intent)
        engine.observer.on_order(order)
        return (SubmitOrder(approved),) if engine.hand_over is None else NOTHING

    def _context(self, intent: OrderIntent) -> RiskContext:
        engine, account = self._engine, self._engine.account
        market = engine.token_markets.get(intent.token_id)
        bound = account.bound(intent.token_id, market)
        market_exposure, total_exposure = account.exposures(bound)
        shares = account.free_shares(intent.token_id) if intent.side is Side.SELL else NO_SHARES
        return RiskContext(
            now=engine.now,
            trading_state=engine.trading_state,
            killed=engine.killed,
            market=market,
            book=engine.books.get(intent.token_id),
            free_cash=account.free_cash,
            free_shares=shares,
            market_exposure=market_exposure,
            total_exposure=total_exposure,
            open_orders=len(account.open_orders),
            day_loss=account.gate_loss(),
            duplicate=intent.client_order_id in account.orders,
            venue_mode=engine.venue.mode,
            ready=engine.venue.ready,
            frozen=engine.venue.frozen_reason(intent.token_id, market),
            approved_lately=self.approved_lately(),
            allowance=account.counted.allowance,
            reserved=bound.cash,
            own_bid=bound.bid,
            own_ask=bound.ask,
        )

    def cancel(self, key: ClientOrderId) -> Sequence[Command]:
        """Ask the venue to cancel an open order."""
        return (CancelOrder(key),) if key in self._engine.account.open_orders else NOTHING

    def cancel_all(self) -> Sequence[Command]:
        """Ask the venue to cancel every open order."""
        return tuple(CancelOrder(key) for key in self._engine.account.open_orders)


def _proof_words(approved: Approved) -> str:
    proof = approved.proof
    return f"book {proof.hash_state}, {proof.age_ms} ms old" if proof is not None else ""
