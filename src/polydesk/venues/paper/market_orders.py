"""Everything the paper venue keeps about one market: resting orders and eaten depth."""

from __future__ import annotations

from collections.abc import Iterable

from polydesk.domain.events import LevelChange, OrderReport, QueueMoved, TradePrinted
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.instruments import Side
from polydesk.venues.paper.orders import RestingOrder
from polydesk.venues.simulation.matching import BookOf, ConsumedDepth

REMEMBERED_PRINTS = 256
"""Prints kept to recognise a repeated delivery; more than a burst of one market."""


class MarketOrders:
    """Our side of one market. Orders are kept in time priority."""

    __slots__ = ("_prints", "consumed", "orders")

    def __init__(self) -> None:
        self.orders: dict[ClientOrderId, RestingOrder] = {}
        self.consumed = ConsumedDepth()
        self._prints: dict[tuple[str, str, str, int, int], None] = {}

    @property
    def idle(self) -> bool:
        """Whether nothing here depends on the market any more."""
        return not self.orders and not self.consumed

    def on_snapshot(self, book_of: BookOf, now: int) -> list[OrderReport]:
        """Take the totals a book displays after it was replaced."""
        if self.consumed:
            self.consumed.observe(book_of)
        return self._follow_queues(book_of, now)

    def on_changes(
        self, book_of: BookOf, changes: Iterable[LevelChange], now: int
    ) -> list[OrderReport]:
        """Take the totals both books display after some levels changed."""
        if self.consumed:
            self.consumed.observe_changes(book_of, changes)
        return self._follow_queues(book_of, now) if self.orders else []

    def _follow_queues(self, book_of: BookOf, now: int) -> list[OrderReport]:
        reports: list[OrderReport] = []
        for resting in self.orders.values():
            book = book_of(resting.token_id)
            if book is not None and not book.stale:
                before = resting.queue.ahead
                levels = book.bids if resting.is_bid else book.asks
                resting.queue.on_total(levels.get(resting.price, 0), now)
                if resting.queue.ahead != before:
                    reports.append(_queue_moved(resting, now))
        return reports

    def on_trade(self, trade: TradePrinted, now: int) -> list[OrderReport]:
        """Fill resting orders by one print: together never more than its size."""
        if not self.orders or self._is_repeat(trade):
            return []
        reports: list[OrderReport] = []
        left: int = trade.size
        for resting in self._reached_by(trade):
            before = resting.queue.ahead
            through = resting.levels[trade.token_id][1] != trade.price
            size = resting.queue.on_trade(trade.size, left, now, through=through)
            if size:
                left -= size
                reports.append(resting.order.execute(resting.price, size, Liquidity.MAKER, now))
            if not resting.queue.remaining:
                del self.orders[resting.intent.client_order_id]
            elif resting.queue.ahead != before:
                reports.append(_queue_moved(resting, now))
        return reports

    def _reached_by(self, trade: TradePrinted) -> list[RestingOrder]:
        """Return orders on the side the taker hit, at the print's price or better for him.

        A print on the complementary token is the same match seen from the other side.
        """
        hits_bids = trade.side is Side.SELL
        found: list[tuple[int, int, RestingOrder]] = []
        for resting in self.orders.values():
            level = resting.levels.get(trade.token_id)
            if level is None or level[0] is not hits_bids or trade.ts_event <= resting.seen_ts:
                continue
            distance = level[1] - trade.price if hits_bids else trade.price - level[1]
            if distance >= 0:
                found.append((-distance, resting.order.sequence, resting))
        return [resting for _, _, resting in sorted(found, key=lambda item: item[:2])]

    def _is_repeat(self, trade: TradePrinted) -> bool:
        """Recognise a print delivered twice, as two sockets of one shard may do."""
        if not trade.transaction_hash:
            return False
        key = (trade.transaction_hash, trade.token_id, trade.side, trade.price, trade.size)
        if key in self._prints:
            return True
        self._prints[key] = None
        if len(self._prints) > REMEMBERED_PRINTS:
            del self._prints[next(iter(self._prints))]
        return False


def _queue_moved(resting: RestingOrder, now: int) -> QueueMoved:
    return QueueMoved(resting.intent.client_order_id, now, resting.queue.ahead)
