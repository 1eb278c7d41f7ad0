"""Account, positions and orders from one moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import islice

from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.orders import Order
from polydesk.domain.positions import Position
from polydesk.domain.units import PriceMicros
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.books import BookViews
from polydesk.engine.readmodel.orders import OrderViews
from polydesk.views.models import OrderRow, PortfolioView, PositionRow

ORDERS_SHOWN = 500
CURVE_POINTS = 2_000
_Mark = tuple[int, int, object]


class PortfolioViews:
    """Builds the portfolio; keeps the equity curve and its peak."""

    def __init__(self, engine: Engine, books: BookViews) -> None:
        self._engine = engine
        self._books = books
        self._rows = OrderViews(engine, books)
        self._curve: deque[tuple[int, int]] = deque(maxlen=CURVE_POINTS)
        self._samples = 0
        self._peak = 0
        self._view: PortfolioView | None = None
        self._names_of = -1
        """Catalogue version the kept rows were written with."""
        self._flat: dict[TokenId, PositionRow] = {}
        """Rows of what is not held any more: they change with their result only."""
        self._closed: dict[ClientOrderId, tuple[_Mark, OrderRow]] = {}
        """Rows of closed orders shown, with how the order stood when they were written."""

    def version(self) -> int:
        """Return a number that changes with the account, the day, the curve and the marks."""
        engine, account = self._engine, self._engine.account
        held = (p.token_id for p in account.ledger.positions.values() if p.size)
        books = (engine.books.get(token_id) for token_id in held)
        marks = sum(book.version for book in books if book is not None)
        return account.version + marks + account.day + self._samples + engine.catalogue_version

    def sample(self) -> None:
        """Add a point to the equity curve."""
        if self._engine.now:
            equity = self._engine.account.totals().equity
            self._peak = max(self._peak, equity)
            self._curve.append((self._engine.now, equity))
            self._samples += 1

    def portfolio(self) -> PortfolioView:
        """Return the account; header figures are the sums of the rows.

        Several panes ask for the same moment; they get the same view.
        """
        version = self.version()
        if self._view is None or self._view.version != version:
            self._view = self._build(version)
        return self._view

    def _build(self, version: int) -> PortfolioView:
        self._renew_names()
        account = self._engine.account
        marks = account.present_marks()
        totals = account.ledger.totals(marks)
        self._peak = max(self._peak, totals.equity)
        return PortfolioView(
            version=version,
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
            positions=self._positions(marks),
            orders=self._orders(),
            equity_curve=tuple(self._curve),
            settled=totals.settled_result,
            at_risk=totals.at_risk_result,
            at_risk_value=totals.at_risk_value,
        )

    def _renew_names(self) -> None:
        if self._names_of != self._engine.catalogue_version:
            self._names_of = self._engine.catalogue_version
            self._flat.clear()
            self._closed.clear()

    def _positions(self, marks: Mapping[TokenId, PriceMicros]) -> tuple[PositionRow, ...]:
        holders, ledger = self._holders(), self._engine.account.ledger
        return tuple(
            self._position(p, marks.get(p.token_id), holders.get(p.token_id, ()))
            if p.size or p.token_id in ledger.unsettled
            else self._flat_position(p)
            for p in ledger.positions.values()
        )

    def _holders(self) -> dict[TokenId, list[str]]:
        """Return the names of the leaders each position was bought for."""
        names: dict[TokenId, list[str]] = {}
        for leader in self._engine.copier.leaders.values():
            for token_id in leader.lots:
                names.setdefault(token_id, []).append(leader.name)
        return names

    def _flat_position(self, position: Position) -> PositionRow:
        row = self._flat.get(position.token_id)
        if row is None or row.realised != position.realised:
            row = self._flat[position.token_id] = self._position(position, None, ())
        return row

    def _position(
        self, position: Position, mark: PriceMicros | None, leaders: Iterable[str]
    ) -> PositionRow:
        engine, token_id = self._engine, position.token_id
        title, outcome = self._books.names(token_id)
        value = position.value_at(mark)
        market = engine.token_markets.get(token_id)
        settled = engine.account.ledger.settled(token_id)
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
            leaders=tuple(leaders),
            resolved=market is not None and market.payouts is not None,
            settled_size=settled.size,
            at_risk=_result(position, mark) - _result(settled, mark),
            counted=engine.account.counted.short.get(token_id) if position.size else None,
        )

    def _orders(self) -> tuple[OrderRow, ...]:
        account = self._engine.account
        newest = (key for key in reversed(account.orders) if key not in account.open_orders)
        coming = [self._rows.row(order) for order in reversed(account.open_orders.values())]
        shown = list(islice(newest, ORDERS_SHOWN))
        self._closed = {key: self._closed_order(account.orders[key]) for key in shown}
        return (*coming, *(row for _, row in self._closed.values()))

    def _closed_order(self, order: Order) -> tuple[_Mark, OrderRow]:
        kept, mark = self._closed.get(order.intent.client_order_id), _mark_of(order)
        return kept if kept is not None and kept[0] == mark else (mark, self._rows.row(order))


def _mark_of(order: Order) -> _Mark:
    """Return what differs once anything shown of a closed order does: settling adds a line."""
    return (order.updated_at, order.filled, order.trace[-1] if order.trace else None)


def _result(position: Position, mark: PriceMicros | None) -> int:
    """Return what a position made, realised or not."""
    return position.realised + position.value_at(mark) - position.cost
