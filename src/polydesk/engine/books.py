"""All order books and the checks that prove or break them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from polydesk.domain import events as ev
from polydesk.domain.book import HashState, L2Book, Touch
from polydesk.domain.commands import Command
from polydesk.domain.ids import TokenId
from polydesk.domain.units import PriceMicros

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

NOTHING: Sequence[Command] = ()
UNPROVEN = HashState.UNPROVEN
BROKEN_AFTER = 5
"""Touch disagreements in a row after which a fresh snapshot is asked for. Single ones come
from frames out of event order and heal with the next frame."""
ASK_AGAIN_AFTER = 100
"""Further disagreements after which it is asked for again."""


class Books:
    """Books by token. A book exists from its first snapshot on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.by_token: dict[TokenId, L2Book] = {}
        self.get = self.by_token.get
        self.lost: set[TokenId] = set()
        """Tokens whose stream is down: what comes for them meanwhile opens no book."""
        self.changes = 0
        """Level changes applied."""
        self.ignored_changes = 0
        """Level changes without a book, or older than what the book holds."""
        self.touch_agree = 0
        self.touch_disagree = 0
        self.touch_skipped = 0
        self.hash_match = 0
        self.hash_mismatch = 0
        self.hash_not_applicable = 0
        self.trades = 0

    def __len__(self) -> int:
        return len(self.by_token)

    def __iter__(self) -> Iterator[L2Book]:
        return iter(self.by_token.values())

    def on_changed(self, event: ev.BookChanged) -> Sequence[Command]:
        """Apply new totals of levels and compare the touch.

        The venue states the touch after the whole message, so an entry that disagrees at once
        is judged again when all entries are applied.
        """
        get, ts_event, ts_init = self.get, event.ts_event, event.ts_init
        late: list[tuple[L2Book, int | None, int | None]] | None = None
        applied = agreed = 0
        for token_id, is_bid, price, size, best_bid, best_ask, _ in event.changes:
            book = get(token_id)
            if book is None or not book.apply_change(is_bid, price, size, ts_event, ts_init):
                self.ignored_changes += 1
                continue
            applied += 1
            if best_bid == book.best_bid and best_ask == book.best_ask:
                agreed += 1
                if book.hash_state is UNPROVEN or book.disagreements:
                    _confirm(book)
            elif late is None:
                late = [(book, best_bid, best_ask)]
            else:
                late.append((book, best_bid, best_ask))
        self.changes += applied
        self.touch_agree += agreed
        return NOTHING if late is None else self._judge(late, ts_event)

    def _judge(
        self, late: list[tuple[L2Book, int | None, int | None]], ts_event: int
    ) -> Sequence[Command]:
        """Compare again after a whole message; ask for a snapshot where a book stays wrong.

        A message older than what the book holds states the touch of an older moment.
        """
        commands: list[Command] = []
        for book, best_bid, best_ask in late:
            if ts_event < book.newest_ts:
                self.touch_skipped += 1
            elif self._note_touch(book, best_bid, best_ask):
                commands.extend(self._engine.request_snapshot(book.token_id, "touch disagrees"))
        return commands

    def _note_touch(self, book: L2Book, best_bid: int | None, best_ask: int | None) -> bool:
        """Count a check that did not plainly agree; return whether the book needs a snapshot."""
        touch = book.check_touch(best_bid, best_ask)
        if touch is Touch.AGREE:
            self.touch_agree += 1
            _confirm(book)
        elif touch is Touch.SKIPPED:
            self.touch_skipped += 1
        else:
            self.touch_disagree += 1
            book.disagreements += 1
            book.hash_state = HashState.BROKEN
            return book.disagreements % ASK_AGAIN_AFTER == BROKEN_AFTER
        return False

    def on_snapshot(self, event: ev.BookSnapshotReceived) -> Sequence[Command]:
        """Replace a book (levels changed later stay) and note its hash.

        A snapshot of the old grid, or one that comes while the stream is down, is left out:
        no changes would follow it.
        """
        self._count_hash(event.hash_ok)
        if event.token_id in self.lost:
            return NOTHING
        book = self._opened(event.token_id)
        if book.is_of_old_grid(event.tick, event.ts_event):
            return NOTHING
        if book.apply_snapshot(event.bids, event.asks, event.ts_event, event.ts_init):
            _take_facts(book, event)
        if event.token_id not in self._engine.token_markets:
            return self._engine.request_market(event.token_id)
        return NOTHING

    def _opened(self, token_id: TokenId) -> L2Book:
        book = self.by_token.get(token_id)
        if book is None:
            market = self._engine.token_markets.get(token_id)
            tick = market.tick if market is not None else PriceMicros(10_000)
            book = self.by_token[token_id] = L2Book(token_id, tick)
        return book

    def _count_hash(self, is_ok: bool | None) -> None:
        self.hash_match += is_ok is True
        self.hash_mismatch += is_ok is False
        self.hash_not_applicable += is_ok is None

    def on_trade(self, event: ev.TradePrinted) -> Sequence[Command]:
        """Remember the last price."""
        self.trades += 1
        book = self.by_token.get(event.token_id)
        if book is not None:
            book.last_trade = event.price
            book.version += 1
        return NOTHING

    def on_tick_size(self, event: ev.TickSizeChanged) -> Sequence[Command]:
        """End the book of the old grid and ask for a new one; the market takes the new tick.

        What is told again, or late, changes nothing.
        """
        book = self.by_token.get(event.token_id)
        if book is not None and event.ts_event <= book.tick_ts:
            return NOTHING
        market = self._engine.token_markets.get(event.token_id)
        if market is not None and market.tick != event.tick:
            self._engine.set_market(replace(market, tick=event.tick))
        if book is None:
            return NOTHING
        book.change_tick(event.tick, event.ts_event)
        return self._engine.request_snapshot(event.token_id, "tick size changed")

    def on_touch(self, event: ev.TouchReported) -> Sequence[Command]:
        """Compare the touch the venue reports on its own, unless the book is newer."""
        book = self.by_token.get(event.token_id)
        if book is None or book.stale:
            self.touch_skipped += 1
            return NOTHING
        if event.ts_event < book.newest_ts:
            self.touch_skipped += 1
            return NOTHING
        if self._note_touch(book, event.best_bid, event.best_ask):
            return self._engine.request_snapshot(event.token_id, "touch disagrees")
        return NOTHING

    def on_stream_status(self, event: ev.StreamStatusChanged) -> Sequence[Command]:
        """A market stream that is down leaves its books stale until they are sent again."""
        self._engine.observer.on_audit(
            event.ts_init, "stream", f"{event.stream} {'up' if event.up else 'down'} {event.detail}"
        )
        if event.stream != "market":
            return NOTHING
        token_ids = event.token_ids or tuple(self.by_token)
        if event.up:
            self.lost.difference_update(token_ids)
            return NOTHING
        self.lost.update(token_ids)
        for token_id in token_ids:
            book = self.by_token.get(token_id)
            if book is not None:
                book.mark_stale()
        return NOTHING


def _confirm(book: L2Book) -> None:
    """The venue's touch agrees: heal a broken book, check an unproven one."""
    book.disagreements = 0
    if book.hash_state is not HashState.PROVEN:
        book.hash_state = HashState.CHECKED


def _take_facts(book: L2Book, event: ev.BookSnapshotReceived) -> None:
    """Note what a snapshot that was taken says beside its levels."""
    if event.tick is not None:
        book.note_tick(event.tick, event.ts_event)
    if event.last_trade is not None:
        book.last_trade = event.last_trade
    if event.hash_ok:
        book.hash_state = HashState.PROVEN
        book.disagreements = 0
