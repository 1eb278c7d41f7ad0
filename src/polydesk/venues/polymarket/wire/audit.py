"""Proof of a recording: every hash, touch and later book against the books rebuilt from it.

The changes of one millisecond carry no order, so a change whose hash is that of the book
after some of them, in any order, counts as matched (``reordered`` says how many).

On the busy recording of 2026-04-21, in event order, 9,880 of 10,368 change hashes match as
received and 410 when a millisecond is reordered. The other 78 sit next to changes whose
times do not follow the order in which the venue applied them: nearly all fit the book with
one or two neighbours, 1 to 25 ms away, taken earlier or later. Mismatches are therefore
counted, never taken as proof of a gap. ``docs/venues/polymarket.md`` has every class.

Source: ``data/README.md``, wire facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final

from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    Event,
    LevelChange,
    TickSizeChanged,
    TouchReported,
    TradePrinted,
)
from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.units import MICROS, format_micros
from polydesk.venues.polymarket.wire.bookhash import book_head, held_levels, trade_text
from polydesk.venues.polymarket.wire.books import search_terms
from polydesk.venues.polymarket.wire.memory import MarketMemory

MAX_GROUP: Final = 5
"""Changes of one token and millisecond whose orders are tried (325 of them)."""
_RANKS: Final[dict[type, int]] = {BookChanged: 0, BookSnapshotReceived: 1}
_NS_PER_MS: Final = 1_000_000


@dataclass(slots=True)
class Tally:
    """Outcomes of one kind of check."""

    match: int = 0
    mismatch: int = 0
    not_applicable: int = 0

    def count(self, ok: bool | None) -> None:
        """Add one check; None means it could not be made."""
        if ok is None:
            self.not_applicable += 1
        elif ok:
            self.match += 1
        else:
            self.mismatch += 1


@dataclass(slots=True)
class _Sides:
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)

    def copy(self) -> _Sides:
        return _Sides(dict(self.bids), dict(self.asks))

    def apply(self, change: LevelChange) -> None:
        levels = self.bids if change[1] else self.asks
        if change[3]:
            levels[change[2]] = change[3]
        else:
            levels.pop(change[2], None)

    def touch(self) -> tuple[int, int]:
        return max(self.bids, default=0), min(self.asks, default=MICROS)


def event_order(events: Iterable[Event]) -> list[Event]:
    """Sort market events by venue time, changes before books before the rest at a tie."""
    timed = [event for event in events if hasattr(event, "ts_event")]
    return sorted(timed, key=lambda event: (event.ts_event, _RANKS.get(type(event), 2)))


class HashAuditor:
    """Rebuilds books from events and counts what agrees.

    Feed it ``event_order(events)`` for hashes and later books, or events as they arrived to
    measure the touch; call ``finish`` at the end.
    """

    def __init__(self) -> None:
        self.books = Tally()
        """Hashes of full books, recomputed from micros."""
        self.later_books = Tally()
        """Full books against the book held, level for level."""
        self.changes = Tally()
        """Hashes of changes."""
        self.reordered = 0
        """Changes that match only when their millisecond is put in another order."""
        self.touches = Tally()
        """``best_bid`` and ``best_ask`` of changes."""
        self.reports = Tally()
        """``best_bid_ask`` events."""
        self._held: dict[TokenId, _Sides] = {}
        self._memory = MarketMemory()
        self._pending: list[BookChanged] = []

    def feed(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, BookChanged):
            if self._pending and self._pending[0].ts_event != event.ts_event:
                self._settle()
            self._pending.append(event)
            return
        if isinstance(event, TradePrinted):
            self._memory.of(event.condition_id).printed = event.price
        elif isinstance(event, BookSnapshotReceived):
            self._settle()
            self._take_book(event)
        elif isinstance(event, TickSizeChanged):
            self._settle()
            self._memory.of(event.condition_id).tick = format_micros(event.tick)
            self._held.pop(event.token_id, None)
        elif isinstance(event, TouchReported):
            self._settle()
            held = self._held.get(event.token_id)
            self.reports.count(_agrees(held, event.best_bid, event.best_ask))

    def finish(self) -> None:
        """Settle the last millisecond."""
        self._settle()

    def _take_book(self, event: BookSnapshotReceived) -> None:
        fresh = _Sides(dict(event.bids), dict(event.asks))
        held = self._held.get(event.token_id)
        if held is not None:
            self.later_books.count(held == fresh)
        self._held[event.token_id] = fresh
        info = self._memory.of(event.condition_id)
        if event.tick is not None:
            info.tick = format_micros(event.tick)
        if event.last_trade is not None:
            info.last_trade = trade_text(event.last_trade)
        named = (event.condition_id, event.token_id, event.ts_event)
        self.books.count(self._proves(named, fresh, event.hash) if event.hash else None)

    def _settle(self) -> None:
        """Apply the waiting changes and check each token's part."""
        groups: dict[tuple[ConditionId, TokenId, int], list[LevelChange]] = {}
        for event in self._pending:
            for change in event.changes:
                name = (event.condition_id, change[0], event.ts_event)
                groups.setdefault(name, []).append(change)
        self._pending = []
        for name, changes in groups.items():
            self._check(name, changes)

    def _check(self, name: tuple[ConditionId, TokenId, int], changes: list[LevelChange]) -> None:
        held = self._held.get(name[1])
        before = held.copy() if held is not None else None
        missed: list[str] = []
        for change in changes:
            if held is not None:
                held.apply(change)
            self.touches.count(_agrees(held, change[4], change[5]))
            if held is None or not change[6]:
                self.changes.count(None)
            elif self._proves(name, held, change[6]):
                self.changes.count(True)
            else:
                missed.append(change[6])
        if before is not None and missed:
            self._retry(name, before, changes, missed)

    def _retry(
        self,
        name: tuple[ConditionId, TokenId, int],
        before: _Sides,
        changes: list[LevelChange],
        missed: list[str],
    ) -> None:
        """Look for the missed hashes among all orders of one millisecond."""
        left = list(missed)
        for sides in _orders(before, changes):
            left = [wanted for wanted in left if not self._proves(name, sides, wanted)]
        self.reordered += len(missed) - len(left)
        self.changes.match += len(missed) - len(left)
        self.changes.mismatch += len(left)

    def _proves(self, name: tuple[ConditionId, TokenId, int], sides: _Sides, wanted: str) -> bool:
        """Return whether ``wanted`` is the hash of these levels; remember the proved terms."""
        condition, token, ts_event = name
        head = book_head(
            condition,
            token,
            ts_event // _NS_PER_MS,
            held_levels(sides.bids, is_bid=True),
            held_levels(sides.asks, is_bid=False),
        )
        info = self._memory.of(condition)
        terms = search_terms(head, wanted, info, sides.touch(), None)
        if terms is not None:
            info.learn(terms)
        return terms is not None


def _orders(before: _Sides, changes: list[LevelChange]) -> Iterator[_Sides]:
    """Yield the book after every ordered choice of the changes."""
    if not 1 < len(changes) <= MAX_GROUP:
        return
    for count in range(1, len(changes) + 1):
        for chosen in permutations(changes, count):
            sides = before.copy()
            for change in chosen:
                sides.apply(change)
            yield sides


def _agrees(held: _Sides | None, best_bid: int | None, best_ask: int | None) -> bool | None:
    if held is None or best_bid is None or best_ask is None:
        return None
    return held.touch() == (best_bid, best_ask)
