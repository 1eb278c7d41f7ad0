"""Walk a displayed book as a taker, without eating the same displayed size twice.

Our simulated executions leave no mark on the real book, so ``ConsumedDepth`` remembers what we
took from each level. As long as a level does not fall below what we took, only the difference
is there for us; every fall caps the memory, because at most that much of the old size can still
be displayed. Size that is added later is new and can be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from polydesk.domain.book import L2Book
from polydesk.domain.events import LevelChange
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros


@dataclass(frozen=True, slots=True)
class Execution:
    """A part of a taker's order matched at one level."""

    price: PriceMicros
    size: ShareMicros


LevelKey = tuple[TokenId, bool, int]
"""(token, is bid, price in micros)."""
BookOf = Callable[[TokenId], L2Book | None]
"""Returns the current book of a token."""


class ConsumedDepth:
    """What we took from displayed levels that may still be displayed."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken: dict[LevelKey, int] = {}

    def __bool__(self) -> bool:
        return bool(self._taken)

    def available(self, key: LevelKey, displayed: int) -> ShareMicros:
        """Return what of a level's displayed total we have not taken yet."""
        return ShareMicros(max(0, displayed - self._taken.get(key, 0)))

    def take(self, key: LevelKey, size: int) -> None:
        """Remember ``size`` as taken from a level."""
        self._taken[key] = self._taken.get(key, 0) + size

    def observe(self, book_of: BookOf) -> None:
        """Cap the memory by what the books display now; stale books say nothing."""
        for key in list(self._taken):
            self._cap(key, book_of)

    def observe_changes(self, book_of: BookOf, changes: Iterable[LevelChange]) -> None:
        """Do the same for the levels that a message names: the others are as they were."""
        taken = self._taken
        for token, is_bid, price, *_ in changes:
            key = (token, is_bid, price)
            if key in taken:
                self._cap(key, book_of)

    def _cap(self, key: LevelKey, book_of: BookOf) -> None:
        book = book_of(key[0])
        if book is None or book.stale:
            return
        displayed = displayed_size(book, key[1], key[2])
        if displayed == 0:
            del self._taken[key]
        elif displayed < self._taken[key]:
            self._taken[key] = displayed

    def digest(self) -> tuple[tuple[str, int, int, int], ...]:
        """Return the memory as ordered plain tuples."""
        return tuple(
            sorted(
                (token, int(bid), price, size) for (token, bid, price), size in self._taken.items()
            )
        )


def displayed_size(book: L2Book, is_bid: bool, price: int) -> ShareMicros:
    """Return the displayed total of one level, zero when it is absent."""
    levels = book.bids if is_bid else book.asks
    return ShareMicros(levels.get(price, 0))


def is_marketable(book: L2Book, side: Side, limit: int) -> bool:
    """Return whether an order at ``limit`` would meet a displayed level."""
    if side is Side.BUY:
        return bool(book.asks) and book.best_ask <= limit
    return bool(book.bids) and book.best_bid >= limit


def walk(
    book: L2Book, side: Side, limit: int, size: int, consumed: ConsumedDepth
) -> list[Execution]:
    """Match a taker against the displayed levels, best price first.

    Args:
        book: The book as it is when the order arrives.
        side: Our side; a buyer walks the asks.
        limit: Worst acceptable price in micros.
        size: Wanted micro-shares.
        consumed: What we took before; it is read here and not changed.

    Returns:
        One execution per level at the level's price; together at most ``size``.
    """
    is_bid = side is Side.SELL
    executions: list[Execution] = []
    for price in _reachable(book, side, limit):
        if size == 0:
            break
        key = (book.token_id, is_bid, price)
        taken = min(size, consumed.available(key, displayed_size(book, is_bid, price)))
        if taken:
            executions.append(Execution(PriceMicros(price), ShareMicros(taken)))
            size -= taken
    return executions


def _reachable(book: L2Book, side: Side, limit: int) -> list[int]:
    if side is Side.BUY:
        return sorted(price for price in book.asks if price <= limit)
    return sorted((price for price in book.bids if price >= limit), reverse=True)
