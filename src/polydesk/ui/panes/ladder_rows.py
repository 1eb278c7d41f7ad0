"""What a ladder shows, without any drawing: price rows that stay where they are.

Rows are a window of grid prices. The window moves only when it must (no data before, another
outcome, touch outside) or when asked, so a row never jumps under the eye or the cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from polydesk.domain.book import HashState, Level
from polydesk.domain.units import MICROS
from polydesk.views.models import BookView

STACKED, PULLED = "+", "-"
"""Marks beside a size that grew or shrank a moment ago."""
MARK_FRAMES = 10
"""Polls for which a mark stays."""
MARK_SHARE = 5
"""A change of at least one part in this many of the larger size is marked."""
IMBALANCE_LEVELS = 5


class LadderRow(NamedTuple):
    """One price of the window; all sizes are micro-shares, zero when none."""

    price: int
    bid: int
    ask: int
    bid_total: int
    """Size from the touch down to this price."""
    ask_total: int
    own_bid: int
    own_ask: int
    bid_queue: int | None
    ask_queue: int | None
    traded: int
    bid_mark: str
    ask_mark: str
    bid_bar: int
    """Length of the depth bar in 64ths of the column."""
    ask_bar: int
    place: str
    """``bid`` or ``ask`` on the touch, ``inside`` between, otherwise empty."""
    last: bool
    """Whether the last trade was here."""
    selected: bool


@dataclass(slots=True)
class Window:
    """Which prices are shown."""

    top: int = 0
    """Price of the first row."""
    tick: int = 10_000
    height: int = 0

    @property
    def bottom(self) -> int:
        """Price of the last row."""
        return self.top - (self.height - 1) * self.tick

    def holds(self, price: int) -> bool:
        """Return whether ``price`` has a row."""
        return self.bottom <= price <= self.top

    def centre(self, price: int) -> None:
        """Put ``price`` in the middle, as far as prices exist."""
        price -= price % self.tick
        highest, lowest = MICROS - self.tick, self.tick
        top = price + (self.height // 2) * self.tick
        top = max(top, lowest + (self.height - 1) * self.tick)
        self.top = min(top, highest) if self._fits(lowest, highest) else top

    def _fits(self, lowest: int, highest: int) -> bool:
        """Return whether the grid has more prices than the window has rows."""
        return (highest - lowest) // self.tick + 1 > self.height

    def show(self, price: int) -> None:
        """Scroll as little as needed to show ``price``."""
        if price > self.top:
            self.top = price
        elif price < self.bottom:
            self.top = price + (self.height - 1) * self.tick

    def prices(self) -> range:
        """Return the prices from the top down."""
        return range(self.top, self.top - self.height * self.tick, -self.tick)


class Marks:
    """Remembers which sizes grew or shrank a moment ago."""

    def __init__(self) -> None:
        self._before: dict[tuple[bool, int], int] = {}
        self._seen: tuple[int, int] | None = None
        self._marks: dict[tuple[bool, int], tuple[str, int]] = {}

    def reset(self) -> None:
        """Forget everything, such as for another outcome."""
        self._before.clear()
        self._marks.clear()
        self._seen = None

    def observe(self, view: BookView, window: Window, frame: int) -> None:
        """Compare with what was seen before, where both windows show the same prices."""
        now = {(True, price): size for price, size in view.bids}
        now.update({(False, price): size for price, size in view.asks})
        seen = (window.bottom, window.top)
        if self._seen is not None:
            lowest, highest = max(seen[0], self._seen[0]), min(seen[1], self._seen[1])
            for key in now.keys() | self._before.keys():
                if lowest <= key[1] <= highest:
                    self._compare(key, self._before.get(key, 0), now.get(key, 0), frame)
        self._before, self._seen = now, seen

    def _compare(self, key: tuple[bool, int], before: int, now: int, frame: int) -> None:
        if abs(now - before) * MARK_SHARE >= max(now, before) and now != before:
            self._marks[key] = (STACKED if now > before else PULLED, frame + MARK_FRAMES)

    def expire(self, frame: int) -> bool:
        """Drop old marks; return whether any was dropped."""
        old = [key for key, (_, until) in self._marks.items() if until <= frame]
        for key in old:
            del self._marks[key]
        return bool(old)

    def at(self, is_bid: bool, price: int) -> str:
        """Return the mark of a level, empty when there is none."""
        return self._marks.get((is_bid, price), ("", 0))[0]


def on_grid(view: BookView) -> BookView:
    """Return the view with every level on its tick: bids down, asks up, sizes added.

    A book between two grids must not hide size from the rows.
    """
    tick = view.tick
    if not any(price % tick for price, _ in (*view.bids, *view.asks)):
        return view
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for price, size in view.bids:
        bids[price - price % tick] = bids.get(price - price % tick, 0) + size
    for price, size in view.asks:
        asks[price + -price % tick] = asks.get(price + -price % tick, 0) + size
    return replace(view, bids=tuple(bids.items()), asks=tuple(asks.items()))


def _running(levels: Sequence[Level], prices: range, step: int) -> dict[int, int]:
    """Return cumulative size by price from the touch to the edge of the window.

    Args:
        levels: Best first, on the grid.
        prices: The window from the top down.
        step: One tick away from the touch, negative for bids.
    """
    if not levels or not prices:
        return {}
    sizes = dict(levels)
    edge = prices[-1] if step < 0 else prices[0]
    out: dict[int, int] = {}
    running = 0
    for price in range(levels[0][0], edge + step, step):
        running += sizes.get(price, 0)
        out[price] = running
    return out


def nice_scale(largest: int) -> int:
    """Return the smallest of 1, 2, 5 times a power of ten shares that covers ``largest``.

    Bars measured against it keep their length while sizes flicker.
    """
    scale = MICROS
    while True:
        for factor in (1, 2, 5):
            if scale * factor >= largest:
                return scale * factor
        scale *= 10


def imbalance(view: BookView) -> tuple[int, int]:
    """Return (bid less ask, bid plus ask) of the best levels."""
    bid = sum(size for _, size in view.bids[:IMBALANCE_LEVELS])
    ask = sum(size for _, size in view.asks[:IMBALANCE_LEVELS])
    return bid - ask, bid + ask


def book_words(view: BookView) -> str:
    """Return what is wrong with a book in words; empty when it is proven or unproven but whole."""
    if not view.epoch:
        return "WAITING FOR A SNAPSHOT"
    if view.stale:
        return "STALE: waiting for a snapshot"
    if view.crossed:
        return "CROSSED: bid meets ask"
    if view.hash_state is HashState.BROKEN:
        return "BROKEN: disagrees with the venue"
    return ""


def doubt_words(view: BookView) -> str:
    """Return why an order on this book must be confirmed; empty when the book is trusted."""
    if view.hash_state is HashState.UNPROVEN:
        return book_words(view) or "UNPROVEN: nothing has confirmed it yet"
    return book_words(view)


def build_rows(
    view: BookView, window: Window, marks: Marks, selected: int | None, *, cumulative: bool
) -> list[LadderRow]:
    """Return one row for each price of the window."""
    bids, asks = dict(view.bids), dict(view.asks)
    prices = window.prices()
    bid_totals = _running(view.bids, prices, -window.tick)
    ask_totals = _running(view.asks, prices, window.tick)
    own = {(level.is_bid, level.price): level for level in view.own}
    traded = dict(view.traded)
    sides = (bid_totals, ask_totals) if cumulative else (bids, asks)
    scale = nice_scale(max((side.get(p, 0) for side in sides for p in prices), default=0))
    rows = []
    for price in prices:
        bid, ask = bids.get(price, 0), asks.get(price, 0)
        bid_total, ask_total = bid_totals.get(price, 0), ask_totals.get(price, 0)
        own_bid, own_ask = own.get((True, price)), own.get((False, price))
        rows.append(
            LadderRow(
                price, bid, ask,
                bid_total if cumulative else 0, ask_total if cumulative else 0,
                own_bid.size if own_bid else 0, own_ask.size if own_ask else 0,
                own_bid.queue_ahead if own_bid else None,
                own_ask.queue_ahead if own_ask else None,
                traded.get(price, 0), marks.at(True, price), marks.at(False, price),
                (bid_total if cumulative else bid) * 64 // scale,
                (ask_total if cumulative else ask) * 64 // scale,
                _place(view, price), price == view.last_trade, price == selected,
            )
        )  # fmt: skip
    return rows


def _place(view: BookView, price: int) -> str:
    bid, ask = view.best_bid, view.best_ask
    if price == bid:
        return "bid"
    if price == ask:
        return "ask"
    return "inside" if bid is not None and ask is not None and bid < price < ask else ""
