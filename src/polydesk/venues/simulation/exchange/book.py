"""The one book of a market: resting orders and displayed size by price, then time.

A buy of the second outcome at p is the same offer as a sale of the first at 1 - p, so both
outcomes share one book in the first outcome's terms. A bid that meets an ask from the other
outcome mints or merges; priority does not care. Anonymous size that was displayed before an
order of ours is ahead of it, the rest behind.

Source: ``websockets.md`` section 4 (complement makers), ``trading.md`` section 4.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.venues.simulation.exchange.liquidity import Displayed
from polydesk.venues.simulation.exchange.orders import NewOrder, Order
from polydesk.venues.simulation.queue_position import QueuePosition


@dataclass(frozen=True, slots=True)
class Take:
    """Size a taker can have at one price, of one maker."""

    level: int
    """Price in the first outcome's terms, micros."""
    size: ShareMicros
    maker: Order | None
    """None: the recording's displayed size."""


@dataclass(slots=True)
class MarketBook:
    """A market with everything that rests in it."""

    market: Market
    displayed: Displayed = field(init=False)
    _levels: dict[bool, dict[int, dict[str, Order]]] = field(init=False)

    def __post_init__(self) -> None:
        if len(self.market.outcomes) != 2:
            raise ValueError(f"{self.market.slug}: only markets with two outcomes are traded")
        self.displayed = Displayed(self.primary, self.market.tick)
        self._levels = {True: {}, False: {}}

    @property
    def primary(self) -> TokenId:
        """The first outcome, in whose terms the book is kept."""
        return self.market.outcomes[0].token_id

    def place_of(self, order: NewOrder) -> tuple[bool, int]:
        """Return an order's side and price in the book's terms."""
        return self.displayed.place_of(order.token_id, order.side is Side.BUY, order.price)

    def price_in(self, token_id: TokenId, level: int) -> PriceMicros:
        """Return a level of the book as a price of a token."""
        return PriceMicros(level if token_id == self.primary else MICROS - level)

    def add(self, order: Order) -> None:
        """Let an order rest behind everything at its price."""
        shown = self.displayed.book
        total = 0 if shown.stale else (shown.bids if order.is_bid else shown.asks).get(order.level)
        order.queue = QueuePosition(order.remaining, total or 0)
        gone = (total or 0) - self.displayed.available(order.is_bid, order.level)
        _shorten(order.queue, gone)
        order.seen_ts = shown.newest_ts
        self._levels[order.is_bid].setdefault(order.level, {})[order.order_id] = order

    def remove(self, order: Order) -> None:
        """Take an order out; one that does not rest is no matter."""
        level = self._levels[order.is_bid].get(order.level, {})
        if level.pop(order.order_id, None) is not None and not level:
            del self._levels[order.is_bid][order.level]

    def resting(self, is_bid: bool) -> Iterator[Order]:
        """Yield one side's orders, best price first, then oldest first."""
        side = self._levels[is_bid]
        for level in sorted(side, reverse=is_bid):
            yield from side[level].values()

    def takes(self, is_bid: bool, limit: int, size: int) -> list[Take]:
        """Return what a taker gets, best price first, together at most ``size``.

        Args:
            is_bid: The taker's side in the book's terms.
            limit: The taker's limit in the book's terms.
            size: Wanted micro-shares.
        """
        found: list[Take] = []
        for level in self._reachable(not is_bid, limit):
            for take in self._at(not is_bid, level):
                part = ShareMicros(min(size, take.size))
                if not part:
                    return found
                found.append(Take(level, part, take.maker))
                size -= part
        return found

    def _reachable(self, is_bid: bool, limit: int) -> list[int]:
        levels = {*self._levels[is_bid], *self.displayed.prices(is_bid)}
        if is_bid:
            return sorted((level for level in levels if level >= limit), reverse=True)
        return sorted(level for level in levels if level <= limit)

    def _at(self, is_bid: bool, level: int) -> Iterator[Take]:
        """Yield the makers of one level in time priority."""
        left = self.displayed.available(is_bid, level)
        passed = 0
        for order in self._levels[is_bid].get(level, {}).values():
            ahead = min(left, max(0, _ahead(order) - passed))
            if ahead:
                yield Take(level, ShareMicros(ahead), None)
                left, passed = ShareMicros(left - ahead), passed + ahead
            yield Take(level, order.remaining, order)
        if left:
            yield Take(level, left, None)

    def consume(self, is_bid: bool, level: int, size: int) -> None:
        """Take displayed size away; it is no longer ahead of anybody."""
        self.displayed.take(is_bid, level, size)
        for order in self._levels[is_bid].get(level, {}).values():
            if order.queue is not None:
                _shorten(order.queue, size)

    def follow_queues(self, now: int) -> None:
        """Take the displayed totals as they are now into every resting order's queue."""
        shown = self.displayed.book
        if shown.stale:
            return
        for is_bid, totals in ((True, shown.bids), (False, shown.asks)):
            for level, orders in self._levels[is_bid].items():
                for order in orders.values():
                    if order.queue is not None:
                        order.queue.on_total(totals.get(level, 0), now)


def _ahead(order: Order) -> int:
    return 0 if order.queue is None else order.queue.ahead


def _shorten(queue: QueuePosition, size: int) -> None:
    """Take ``size`` from what is ahead, on all three estimates."""
    for estimate in (queue.pessimistic, queue.expected, queue.optimistic):
        estimate.ahead = max(0, estimate.ahead - size)
