"""Everything the paper venue keeps about one market: resting orders and eaten depth."""

from __future__ import annotations

from polydesk.domain.book import L2Book
from polydesk.domain.events import OrderReport, QueueMoved, TradePrinted
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.instruments import Side
from polydesk.venues.paper.orders import RestingOrder
from polydesk.venues.simulation.matching import ConsumedDepth, displayed_size

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

    def on_book(self, book: L2Book, now: int) -> list[OrderReport]:
        """Take the totals of a token's book after it changed."""
        if book.stale:
            return []
        if self.consumed:
            self.consumed.observe(book)
        reports: list[OrderReport] = []
        for resting in self.orders.values():
            intent = resting.intent
            if intent.token_id == book.token_id:
                before = resting.queue.ahead
                total = displayed_size(book, intent.side is Side.BUY, intent.price)
                resting.queue.on_total(total, now)
                reports += _queue_reports(resting, before, now)
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
                price = resting.intent.price
                reports.append(resting.order.execute(price, size, Liquidity.MAKER, now))
            if resting.queue.remaining:
                reports += _queue_reports(resting, before, now)
            else:
                del self.orders[resting.intent.client_order_id]
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


def _queue_reports(resting: RestingOrder, before: int, now: int) -> list[QueueMoved]:
    ahead = resting.queue.ahead
    if ahead == before:
        return []
    return [QueueMoved(resting.intent.client_order_id, now, ahead)]
