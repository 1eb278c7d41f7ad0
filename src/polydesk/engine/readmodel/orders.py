"""Rows and details of our orders."""

from __future__ import annotations

from polydesk.domain.fills import Fill, Liquidity, Settlement
from polydesk.domain.ids import ClientOrderId, Wallet
from polydesk.domain.orders import Order
from polydesk.domain.units import MICROS
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.books import BookViews
from polydesk.views.models import FillRow, OrderDetail, OrderRow, TraceLine


class OrderViews:
    """Builds what screens show of orders."""

    def __init__(self, engine: Engine, books: BookViews) -> None:
        self._engine = engine
        self._books = books

    def row(self, order: Order) -> OrderRow:
        """Return an order as one line."""
        intent = order.intent
        title, outcome = self._books.names(intent.token_id)
        return OrderRow(
            client_order_id=intent.client_order_id,
            token_id=intent.token_id,
            title=title,
            outcome=outcome,
            side=intent.side,
            price=intent.price,
            size=intent.size,
            filled=order.filled,
            average_price=order.filled_value * MICROS // order.filled if order.filled else None,
            state=order.state,
            origin=intent.origin,
            created_at=intent.created_at,
            queue_ahead=order.queue_ahead,
            leader_name=self._leader_name(intent.leader),
            reason=order.reason,
            venue_order_id=order.venue_order_id or "",
            updated_at=order.updated_at,
            cancel_asked_at=order.cancel_asked_at,
            evidence=_evidence(order),
            at_risk=self._at_risk(intent.client_order_id),
            voided=order.voided,
        )

    def detail(self, client_order_id: ClientOrderId) -> OrderDetail | None:
        """Return everything known about an order that is still in memory."""
        account = self._engine.account
        order = account.orders.get(client_order_id)
        if order is None:
            return None
        settlement = account.ledger.settlement_of
        fills = [fill for fill in account.fills if fill.client_order_id == client_order_id]
        return OrderDetail(
            row=self.row(order),
            time_in_force=order.intent.time_in_force.value,
            post_only=order.intent.post_only,
            trace=tuple(TraceLine(*line) for line in order.trace),
            fills=tuple(_fill(fill, settlement(fill.identity)) for fill in fills),
            off_book_at=order.intent.off_book_at,
        )

    def _at_risk(self, client_order_id: ClientOrderId) -> int:
        """Return the micro-shares of an order's fills that may still fail."""
        provisional = self._engine.account.ledger.provisional
        return sum(fill.size for (_, key), fill in provisional.items() if key == client_order_id)

    def _leader_name(self, wallet: Wallet | None) -> str:
        leader = self._engine.copier.leaders.get(wallet) if wallet is not None else None
        return leader.name if leader is not None else ""


def _evidence(order: Order) -> str:
    """Return the newest thing known about an order."""
    if not order.trace:
        return order.reason
    _, step, words = order.trace[-1]
    if step == "note":
        return words
    return f"{step}: {words}" if words and words.lower() != step else step


def _fill(fill: Fill, settlement: Settlement | None) -> FillRow:
    """Return a fill with what is known of its settlement by now."""
    return FillRow(
        ts=fill.ts_event,
        trade_id=fill.trade_id,
        price=fill.price,
        size=fill.size,
        fee=fill.fee,
        is_maker=fill.liquidity is Liquidity.MAKER,
        settlement=settlement or fill.settlement,
    )
