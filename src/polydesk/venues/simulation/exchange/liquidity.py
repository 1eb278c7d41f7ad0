"""What the recording displays in one market, as an anonymous other side.

Both outcomes show one pool of orders, mirrored, so the displayed book is kept once, in the
first outcome's terms. What our accounts took from a level is not there a second time; prints
of the recording are anonymous takers that reach our resting orders by their place in the queue.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Final

from polydesk.domain.book import L2Book
from polydesk.domain.events import BookChanged, BookSnapshotReceived, TradePrinted
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS, ShareMicros
from polydesk.venues.simulation.matching import ConsumedDepth, displayed_size

REMEMBERED_PRINTS: Final = 256
"""Prints kept to recognise a repeated delivery; more than a burst of one market."""

Place = tuple[bool, int]
"""(is bid, price in micros) in the first outcome's terms."""


@dataclass(slots=True)
class Displayed:
    """The recorded book of a market and what was taken from it."""

    primary: TokenId
    """The first outcome."""
    tick: InitVar[int]
    book: L2Book = field(init=False)
    consumed: ConsumedDepth = field(default_factory=ConsumedDepth)
    _prints: dict[tuple[str, str, str, int, int], None] = field(default_factory=dict)

    def __post_init__(self, tick: int) -> None:
        self.book = L2Book(self.primary, tick)

    def place_of(self, token_id: TokenId, is_bid: bool, price: int) -> Place:
        """Translate a level of either outcome."""
        return (is_bid, price) if token_id == self.primary else (not is_bid, MICROS - price)

    def on_snapshot(self, event: BookSnapshotReceived) -> None:
        """Take a full book of either outcome."""
        sides: dict[bool, dict[int, int]] = {True: {}, False: {}}
        for is_bid, rows in ((True, event.bids), (False, event.asks)):
            for price, size in rows:
                side, level = self.place_of(event.token_id, is_bid, price)
                sides[side][level] = size
        bids, asks = sides[True].items(), sides[False].items()
        self.book.apply_snapshot(bids, asks, event.ts_event, event.ts_init)
        self._observe()

    def on_changes(self, event: BookChanged) -> None:
        """Take new totals of some levels."""
        for token_id, is_bid, price, size, *_ in event.changes:
            side, level = self.place_of(token_id, is_bid, price)
            self.book.apply_change(side, level, size, event.ts_event, event.ts_init)
        self._observe()

    def _observe(self) -> None:
        if self.consumed:
            self.consumed.observe(lambda _: self.book)

    def prices(self, is_bid: bool) -> list[int]:
        """Return the prices displayed on one side; a stale book displays nothing."""
        if self.book.stale:
            return []
        return list(self.book.bids if is_bid else self.book.asks)

    def available(self, is_bid: bool, price: int) -> ShareMicros:
        """Return what of a level is still there for our accounts."""
        if self.book.stale:
            return ShareMicros(0)
        shown = displayed_size(self.book, is_bid, price)
        return self.consumed.available((self.primary, is_bid, price), shown)

    def take(self, is_bid: bool, price: int, size: int) -> None:
        """Remember what was taken from a level."""
        self.consumed.take((self.primary, is_bid, price), size)

    def hit_by(self, event: TradePrinted) -> Place:
        """Return the level a print executed at, on the side that was resting."""
        return self.place_of(event.token_id, event.side is Side.SELL, event.price)

    def is_repeat(self, event: TradePrinted) -> bool:
        """Recognise a print delivered twice, as two sockets of one shard may do."""
        if not event.transaction_hash:
            return False
        key = (event.transaction_hash, event.token_id, event.side, event.price, event.size)
        if key in self._prints:
            return True
        self._prints[key] = None
        if len(self._prints) > REMEMBERED_PRINTS:
            del self._prints[next(iter(self._prints))]
        return False

    def plain(self) -> list[list[str | int]]:
        """Return what was taken as plain values."""
        return [list(row) for row in self.consumed.digest()]
