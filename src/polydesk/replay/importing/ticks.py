"""Tick tables: one row per price-change entry or trade, without opening books.

A stale level whose removal went unrecorded would sit above the true best price for ever. The
recorded best bid and ask show it, so such a level is removed by an entry of its own.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from polydesk.domain.book import L2Book
from polydesk.domain.frames import Frame
from polydesk.domain.ids import TokenId
from polydesk.domain.units import MICROS, format_micros, parse_micros
from polydesk.errors import RecordingError, WireError
from polydesk.replay.importing.parts import (
    NS_PER_S,
    SYNTHETIC_MARKETS,
    Converted,
    book_frame,
    change_entry,
    change_frame,
    in_order,
    market_row,
    markets_frame,
    trade_frame,
)

COLUMNS: Final = frozenset(
    {"timestamp", "price", "size", "best_bid", "best_ask", "side", "event_type", "asset_id"}
)
NOTES: Final = (
    "Condition ids were not recorded: they are the SHA-256 of the sorted token ids.",
    "No opening books were recorded: a book message is made from the changes seen so far as soon as"
    " they contain the recorded best bid and ask; older resting orders are missing from it.",
    "Where the recorded best bid or ask shows that a held better level is gone, its removal was"
    " not recorded and is inferred: an entry of size 0 is added to the same message.",
    "Only the venue's times were recorded: a message is received at its time, or with the one before"
    " it when its time steps back. No hashes were recorded.",
    SYNTHETIC_MARKETS,
)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_NS_PER_MS: Final = 1_000_000
_MICROSECOND: Final = timedelta(microseconds=1)


class TickRow(NamedTuple):
    """One recorded row; prices and sizes in micros."""

    ts_ns: int
    price: int
    size: int
    best_bid: int
    best_ask: int
    is_bid: bool
    is_trade: bool
    token: TokenId


@dataclass(slots=True)
class TouchChecks:
    """How often the rebuilt best prices equal the recorded ones."""

    agreed: int = 0
    before_opening: int = 0
    """Nothing to compare yet: the recorded touch had not been seen."""
    unknown_level: int = 0
    """The recorded best level was never seen, so its size is not known."""
    other: int = 0
    pruned: int = 0
    """Levels removed because the recorded touch shows they are gone."""

    @property
    def total(self) -> int:
        """Checks made."""
        return self.agreed + self.before_opening + self.unknown_level + self.other


def read_rows(lines: Iterable[str]) -> list[TickRow]:
    """Read a tick table in file order.

    Raises:
        RecordingError: A row does not have the table's form; the message names the line.
    """
    rows: list[TickRow] = []
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            rows.append(_row(row))
        except (ValueError, KeyError, TypeError, WireError) as error:
            raise RecordingError(f"Line {number} of the tick table cannot be read.") from error
    return rows


def _row(row: Mapping[str, str]) -> TickRow:
    return TickRow(
        (datetime.fromisoformat(row["timestamp"]) - _EPOCH) // _MICROSECOND * 1_000,
        parse_micros(row["price"]),
        parse_micros(row["size"]),
        parse_micros(row["best_bid"]),
        parse_micros(row["best_ask"]),
        row["side"] in {"BID", "BUY"},
        row["event_type"] != "PRICE_CHANGE",
        TokenId(row["asset_id"]),
    )


def mirrors(one: TickRow, two: TickRow) -> bool:
    """Return whether two rows are the two halves of one message: p on A is 1 - p on B."""
    return (
        one.ts_ns == two.ts_ns
        and one.token != two.token
        and one.is_bid is not two.is_bid
        and one.size == two.size
        and one.price + two.price == MICROS
        and not (one.is_trade or two.is_trade)
    )


def find_pairs(rows: Sequence[TickRow]) -> list[tuple[TokenId, TokenId]]:
    """Return the mirror pairs of tokens, most active first."""
    seen: Counter[tuple[TokenId, TokenId]] = Counter()
    for one, two in pairwise(rows):
        if mirrors(one, two):
            first, second = sorted((one.token, two.token))
            seen[first, second] += 1
    taken: set[TokenId] = set()
    pairs: list[tuple[TokenId, TokenId]] = []
    for pair, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0])):
        if taken.isdisjoint(pair):
            taken.update(pair)
            pairs.append(pair)
    return pairs


def condition_of(tokens: Iterable[str]) -> str:
    """Return a made-up condition id: a function of the sorted token ids."""
    return "0x" + hashlib.sha256(",".join(sorted(tokens)).encode()).hexdigest()


def tick_of(prices: Iterable[int]) -> int:
    """Return the coarsest usual grid, in micros, that holds all prices."""
    seen = set(prices)
    for tick in (10_000, 1_000):
        if all(price % tick == 0 for price in seen):
            return tick
    return 100


@dataclass(slots=True)
class TickStream:
    """Turns rows into market-channel messages while keeping the books they imply."""

    pairs: Sequence[tuple[TokenId, TokenId]]
    ticks: Mapping[TokenId, int]
    """Price grid per token, micros."""
    books: dict[TokenId, L2Book] = field(default_factory=dict)
    checks: TouchChecks = field(default_factory=TouchChecks)
    conditions: dict[TokenId, str] = field(default_factory=dict)
    opened: set[TokenId] = field(default_factory=set)
    """Tokens whose recorded touch has been seen, so that their book can be stated."""

    @classmethod
    def begin(cls, rows: Sequence[TickRow]) -> TickStream:
        """Return a stream for a table, its books empty and dated before its first row."""
        pairs = find_pairs(rows)
        prices: dict[TokenId, set[int]] = {row.token: set() for row in rows}
        for row in rows:
            prices[row.token].add(row.price)
        for one, two in pairs:
            prices[one] |= {MICROS - price for price in prices[two]}
            prices[two] = prices[one]
        stream = cls(pairs, {token: tick_of(seen) for token, seen in prices.items()})
        stream._open_books(min((row.ts_ns for row in rows), default=0) - NS_PER_S)
        return stream

    def _open_books(self, ts_ns: int) -> None:
        paired = {token for pair in self.pairs for token in pair}
        alone = [(token,) for token in self.ticks if token not in paired]
        for group in (*self.pairs, *alone):
            condition = condition_of(group)
            for token in group:
                self.conditions[token] = condition
                self.books[token] = L2Book(token, self.ticks[token])
                self.books[token].apply_snapshot((), (), ts_ns, ts_ns)

    def book_frames(self, ts_ns: int) -> Iterator[Frame]:
        """Yield a ``book`` message per token with the levels known now, dated ``ts_ns``."""
        for token in self.books:
            self.opened.add(token)
            yield self._book_frame(token, ts_ns)

    def _book_frame(self, token: TokenId, ts_ns: int) -> Frame:
        book = self.books[token]
        condition = self.conditions[token]
        return book_frame(condition, token, ts_ns, book.bids, book.asks, tick=book.tick)

    def feed(self, rows: Sequence[TickRow]) -> Iterator[Frame]:
        """Yield one message for each row or mirror pair of rows, in file order."""
        at = 0
        while at < len(rows):
            row = rows[at]
            pair = rows[at : at + 2]
            if row.is_trade:
                yield self._trade(row)
                at += 1
            elif len(pair) == 2 and mirrors(*pair):
                yield self._change(pair)
                yield from self._opening(pair)
                at += 2
            else:
                yield self._change([row])
                yield from self._opening([row])
                at += 1

    def _opening(self, rows: Sequence[TickRow]) -> Iterator[Frame]:
        """Yield the book of a token the first time its recorded touch is known.

        It is dated a millisecond early: what follows with the same time is not part of it.
        """
        for row in rows:
            book = self.books[row.token]
            known = (book.best_bid, book.best_ask) == (row.best_bid, row.best_ask)
            if known and row.token not in self.opened:
                self.opened.add(row.token)
                yield self._book_frame(row.token, row.ts_ns - _NS_PER_MS)

    def _trade(self, row: TickRow) -> Frame:
        condition = self.conditions[row.token]
        return trade_frame(
            condition, row.token, row.ts_ns, is_buy=row.is_bid, price=row.price, size=row.size
        )

    def _change(self, rows: Sequence[TickRow]) -> Frame:
        entries: list[dict[str, str]] = []
        for row in rows:
            self.books[row.token].apply_change(
                row.is_bid, row.price, row.size, row.ts_ns, row.ts_ns
            )
            entries.append(_entry(row, row.is_bid, row.price, row.size))
        for row in rows:
            entries.extend(self._prune(row))
            self._check(row)
        return change_frame(self.conditions[rows[0].token], rows[0].ts_ns, entries)

    def _prune(self, row: TickRow) -> Iterator[dict[str, str]]:
        """Remove what the recorded touch shows to be gone; yield the entries that say so."""
        book = self.books[row.token]
        gone = [(True, price) for price in book.bids if price > row.best_bid]
        gone += [(False, price) for price in book.asks if price < row.best_ask]
        for is_bid, price in gone:
            if book.apply_change(is_bid, price, 0, row.ts_ns, row.ts_ns):
                self.checks.pruned += 1
                yield _entry(row, is_bid, price, 0)

    def _check(self, row: TickRow) -> None:
        book = self.books[row.token]
        if (book.best_bid, book.best_ask) == (row.best_bid, row.best_ask):
            self.checks.agreed += 1
        elif row.token not in self.opened:
            self.checks.before_opening += 1
        elif book.best_bid <= row.best_bid and book.best_ask >= row.best_ask:
            self.checks.unknown_level += 1
        else:
            self.checks.other += 1


def _entry(row: TickRow, is_bid: bool, price: int, size: int) -> dict[str, str]:
    return change_entry(
        row.token,
        is_bid,
        price,
        size,
        best_bid=format_micros(row.best_bid),
        best_ask=format_micros(row.best_ask),
    )


def catalogue(stream: TickStream, ts_ns: int) -> Frame:
    """Return catalogue rows for the pairs of a stream."""
    rows = [
        market_row(stream.conditions[one], (one, two), ("1", "2"), tick=stream.ticks[one])
        for one, two in stream.pairs
    ]
    return markets_frame(rows, ts_ns)


def convert_ticks(name: str, lines: Iterable[str]) -> Converted:
    """Turn a tick table into frames."""
    rows = read_rows(lines)
    if not rows:
        raise RecordingError("The tick table has no rows.")
    stream = TickStream.begin(rows)
    start = min(row.ts_ns for row in rows) - NS_PER_S
    frames = [catalogue(stream, start), *in_order(stream.feed(rows))]
    checks = stream.checks
    found = (
        f"The rebuilt best prices equal the recorded ones in {checks.agreed} of {checks.total}"
        f" checks; {checks.before_opening} came before the book could be stated, in"
        f" {checks.unknown_level} the best level was never seen, {checks.other} differ otherwise; {checks.pruned} stale levels were removed."
    )
    return Converted("tick table", name, "market channel, tick table", frames, (*NOTES, found))
