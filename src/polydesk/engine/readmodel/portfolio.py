"""Account, positions and orders from one moment."""

from __future__ import annotations

from collections import deque
from itertools import islice

from polydesk.domain.ids import Wallet
from polydesk.domain.orders import Order
from polydesk.domain.positions import Position
from polydesk.domain.units import MICROS, PriceMicros
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.books import BookViews
from polydesk.views.models import OrderRow, PortfolioView, PositionRow

ORDERS_SHOWN = 500
CURVE_POINTS = 2_000


class PortfolioViews:
    """Builds the portfolio; keeps the equity curve and its peak."""

    def __init__(self, engine: Engine, books: BookViews) -> None:
        self._engine = engine
        self._books = books
        self._curve: deque[tuple[int, int]] = deque(maxlen=CURVE_POINTS)
        self._peak = 0

    def version(self) -> int:
        """Return a number that rises with the account and with the marks of what is held."""
        account = self._engine.account
        held = (p.token_id for p in account.ledger.positions.values() if p.size)
        books = (self._engine.books.get(token_id) for token_id in held)
        return account.version + sum(book.version for book in books if book is not None)

    def sample(self) -> None:
        """Add a point to the equity curve."""
        if self._engine.now:
            equity = self._engine.account.totals().equity
            self._peak = max(self._peak, equity)
            self._curve.append((self._engine.now, equity))

    def portfolio(self) -> PortfolioView:
        """Return the account; header figures are the sums of the rows."""
        account = self._engine.account
        marks = account.present_marks()
        totals = account.ledger.totals(marks)
        self._peak = max(self._peak, totals.equity)
        return PortfolioView(
            version=self.version(),
            cash=totals.cash,
            positions_value=totals.positions_value,
            equity=totals.equity,
            realised=totals.realised,
            unrealised=totals.unrealised,
            fees=totals.fees,
            net_deposits=totals.net_deposits,
            day_pnl=totals.equity - account.day_start_equity,
            drawdown=self._peak - totals.equity,
            peak=self._peak,
            positions=tuple(
                self._position(p, marks.get(p.token_id)) for p in account.ledger.positions.values()
            ),
            orders=self._orders(),
            equity_curve=tuple(self._curve),
        )

    def _position(self, position: Position, mark: PriceMicros | None) -> PositionRow:
        engine, token_id = self._engine, position.token_id
        title, outcome = self._books.names(token_id)
        value = position.value_at(mark)
        market = engine.token_markets.get(token_id)
        holders = engine.copier.held_for(token_id)
        return PositionRow(
            token_id=token_id,
            title=title,
            outcome=outcome,
            size=position.size,
            cost=position.cost,
            average=position.average_price,
            mark=mark,
            value=value,
            unrealised=value - position.cost,
            realised=position.realised,
            leaders=tuple(self._leader_name(wallet) for wallet, _, _ in holders),
            resolved=market is not None and market.payouts is not None,
        )

    def _leader_name(self, wallet: Wallet | None) -> str:
        leader = self._engine.copier.leaders.get(wallet) if wallet is not None else None
        return leader.name if leader is not None else ""

    def _orders(self) -> tuple[OrderRow, ...]:
        account = self._engine.account
        newest = (key for key in reversed(account.orders) if key not in account.open_orders)
        keys = [*reversed(account.open_orders), *islice(newest, ORDERS_SHOWN)]
        return tuple(self._order(account.orders[key]) for key in keys)

    def _order(self, order: Order) -> OrderRow:
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
        )
