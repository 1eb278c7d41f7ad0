"""One outcome's order book: price levels with epoch, age and proof.

Frames do not arrive in event order, so every level remembers the venue time of its last
change: an older change never overwrites a newer one, and a late snapshot only fills in the
levels that nothing newer has touched. That equals applying everything in event order with
price changes before a snapshot at a tie.

Source: ``data/README.md`` wire facts (140 of 140 later snapshots equal the book in event order).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from polydesk.domain.ids import TokenId
from polydesk.domain.units import MICROS

Level = tuple[int, int]
"""(price in micros, size in micro-shares)."""


class HashState(StrEnum):
    """How far the book's content is proved."""

    UNPROVEN = "unproven"
    """No statement of the venue has confirmed the content yet."""
    CHECKED = "checked"
    """The best bid and ask the venue states agree with ours."""
    PROVEN = "proven"
    """The venue's hash over the whole book was reproduced, and no disagreement since."""
    BROKEN = "broken"
    """The last check failed."""


class Touch(StrEnum):
    """Result of comparing our touch with the venue's."""

    AGREE = "agree"
    DISAGREE = "disagree"
    SKIPPED = "skipped"


class L2Book:
    """Aggregated levels of one token. Prices and sizes are integer micros.

    ``best_bid`` is 0 and ``best_ask`` is 1,000,000 when that side is empty, which is how the
    venue writes an empty side.
    """

    __slots__ = (
        "ask_times",
        "asks",
        "best_ask",
        "best_bid",
        "bid_times",
        "bids",
        "changed_at",
        "disagreements",
        "epoch",
        "hash_state",
        "last_trade",
        "newest_ts",
        "snapshot_ts",
        "stale",
        "tick",
        "tick_ts",
        "token_id",
        "version",
    )

    def __init__(self, token_id: TokenId, tick: int = 10_000) -> None:
        self.token_id = token_id
        self.tick = tick
        self.tick_ts = 0
        """Venue time of the newest statement of the tick by the stream; 0 while it made none."""
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.bid_times: dict[int, int] = {}
        self.ask_times: dict[int, int] = {}
        self.best_bid = 0
        self.best_ask = MICROS
        self.epoch = 0
        """Rises with every snapshot after a gap or tick change; 0 means no snapshot yet."""
        self.snapshot_ts = 0
        """Venue time of the newest snapshot, nanoseconds."""
        self.newest_ts = 0
        """Newest venue time applied in this epoch, nanoseconds."""
        self.changed_at = 0
        """Our time of the last applied event, nanoseconds."""
        self.stale = True
        """True until a snapshot arrives and after every gap."""
        self.hash_state = HashState.UNPROVEN
        self.disagreements = 0
        """Touch checks failed in a row."""
        self.version = 0
        """Rises with every visible change."""
        self.last_trade: int | None = None
        """Price of the last trade in micros."""

    @property
    def empty(self) -> bool:
        """Whether neither side has a level."""
        return not self.bids and not self.asks

    @property
    def crossed(self) -> bool:
        """Whether the best bid meets or passes the best ask."""
        return bool(self.bids) and bool(self.asks) and self.best_bid >= self.best_ask

    @property
    def mid(self) -> int | None:
        """Midpoint in micros, or None unless both sides have a level."""
        if not self.bids or not self.asks:
            return None
        return (self.best_bid + self.best_ask) // 2

    @property
    def spread(self) -> int | None:
        """Best ask less best bid in micros."""
        if not self.bids or not self.asks:
            return None
        return self.best_ask - self.best_bid

    def apply_snapshot(
        self, bids: Iterable[Level], asks: Iterable[Level], ts_event: int, ts_init: int
    ) -> bool:
        """Replace the book, keeping levels that changed after ``ts_event``.

        Returns:
            Whether it was taken; a snapshot older than the one held says nothing new.
        """
        if self.stale:
            self._restart()
        elif ts_event < self.snapshot_ts:
            return False
        self.bids = self._merge(dict(bids), self.bids, self.bid_times, ts_event)
        self.asks = self._merge(dict(asks), self.asks, self.ask_times, ts_event)
        self.snapshot_ts = max(self.snapshot_ts, ts_event)
        self.newest_ts = max(self.newest_ts, ts_event)
        self.best_bid = max(self.bids, default=0)
        self.best_ask = min(self.asks, default=MICROS)
        self.changed_at = ts_init
        self.version += 1
        return True

    def _restart(self) -> None:
        """Begin a new epoch: nothing held before the gap is trusted."""
        self.bids, self.asks = {}, {}
        self.bid_times, self.ask_times = {}, {}
        self.snapshot_ts = self.newest_ts = 0
        self.epoch += 1
        self.stale = False
        self.hash_state = HashState.UNPROVEN

    @staticmethod
    def _merge(
        fresh: dict[int, int], held: dict[int, int], times: dict[int, int], ts_event: int
    ) -> dict[int, int]:
        newer = [price for price, at in times.items() if at > ts_event]
        for price in newer:
            size = held.get(price, 0)
            if size:
                fresh[price] = size
            else:
                fresh.pop(price, None)
        kept = {price: times[price] for price in newer}
        times.clear()
        times.update(kept)
        return fresh

    def apply_change(
        self, is_bid: bool, price: int, size: int, ts_event: int, ts_init: int
    ) -> bool:
        """Set one level to a new total; zero removes it.

        Returns:
            Whether the change was applied; False when a snapshot or a newer change already
            covers it, or when there is no snapshot yet.
        """
        if ts_event <= self.snapshot_ts or self.stale:
            return False
        if ts_event > self.newest_ts:
            self.newest_ts = ts_event
        if is_bid:
            times, levels = self.bid_times, self.bids
        else:
            times, levels = self.ask_times, self.asks
        if price in times and times[price] > ts_event:
            return False
        times[price] = ts_event
        if size:
            levels[price] = size
            if is_bid:
                if price > self.best_bid:
                    self.best_bid = price
            elif price < self.best_ask:
                self.best_ask = price
        elif levels.pop(price, None) is not None:
            self._after_removal(is_bid, price)
        self.changed_at = ts_init
        self.version += 1
        return True

    def _after_removal(self, is_bid: bool, price: int) -> None:
        """Find the new best level when the best one is gone."""
        if is_bid:
            if price == self.best_bid:
                self.best_bid = max(self.bids, default=0)
        elif price == self.best_ask:
            self.best_ask = min(self.asks, default=MICROS)

    def check_touch(self, best_bid: int | None, best_ask: int | None) -> Touch:
        """Compare with the touch the venue states; None means the field was empty."""
        if best_bid is None or best_ask is None or self.stale:
            return Touch.SKIPPED
        if best_bid == self.best_bid and best_ask == self.best_ask:
            return Touch.AGREE
        return Touch.DISAGREE

    def mark_stale(self) -> None:
        """Declare the content unusable until the next snapshot."""
        if not self.stale:
            self.stale = True
            self.hash_state = HashState.UNPROVEN
            self.version += 1

    def change_tick(self, tick: int, ts_event: int) -> None:
        """Take a new tick: it ends the epoch, levels of the old grid are dropped."""
        self.note_tick(tick, ts_event)
        self.mark_stale()

    def note_tick(self, tick: int, ts_event: int) -> None:
        """Take the tick the stream states."""
        self.tick = tick
        self.tick_ts = max(self.tick_ts, ts_event)

    def is_of_old_grid(self, tick: int | None, ts_event: int) -> bool:
        """Return whether a statement of the tick is older than the one held and differs."""
        return tick is not None and tick != self.tick and ts_event < self.tick_ts

    def best_levels(self, is_bid: bool, depth: int) -> list[Level]:
        """Return up to ``depth`` levels, best first."""
        if is_bid:
            return sorted(self.bids.items(), reverse=True)[:depth]
        return sorted(self.asks.items())[:depth]
