"""Bars of every interval from a stream of prices, built together.

Only the finest bar is touched by a price; when it closes it is merged into the next coarser
one, and so on. Every interval must therefore be a multiple of the one before it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from polydesk.domain.candles import Candle
from polydesk.domain.ids import TokenId

SECOND_NS: Final = 1_000_000_000
DESK_INTERVALS: Final = (1, 5, 10, 60, 300, 3_600, 86_400)
"""Seconds: what the desk chart offers, the stored intervals included."""
STORED_INTERVALS: Final = (60, 300, 3_600, 86_400)
"""Seconds: 1 m, 5 m, 1 h and 1 d are kept for ever."""
_FIELDS = 6


class ClosedBar(NamedTuple):
    """A bar that will not change any more."""

    token_id: TokenId
    interval_s: int
    candle: Candle


class _Bar:
    """A bar being built."""

    __slots__ = ("close", "high", "low", "open", "start", "volume")

    def __init__(self, start: int, candle: Candle) -> None:
        self.start = start
        self.open = candle.open
        self.high = candle.high
        self.low = candle.low
        self.close = candle.close
        self.volume = candle.volume

    def extend(self, later: Candle) -> None:
        """Merge what came after."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume

    def candle(self) -> Candle:
        """Return the bar as it is now."""
        return Candle(self.start, self.open, self.high, self.low, self.close, self.volume)


class _Series:
    """One token: the finest open bar in fields, coarser ones merged from closed finer ones."""

    __slots__ = ("close", "closed", "end", "high", "last_ts", "low", "merged", "open", "start", "volume")  # fmt: skip

    def __init__(self, levels: int) -> None:
        self.start = 0
        self.end = 0
        """Zero when there is no open finest bar."""
        self.last_ts = 0
        self.open = self.high = self.low = self.close = self.volume = 0
        self.merged: list[_Bar | None] = [None] * levels
        """Per level what finer levels have handed up; level 0 is never used."""
        self.closed: list[array[int]] = [array("q") for _ in range(levels)]

    def begin(self, ts: int, width: int, price: int, size: int) -> None:
        """Open the finest bar."""
        self.start = ts - ts % width
        self.end = self.start + width
        self.last_ts = ts
        self.open = self.high = self.low = self.close = price
        self.volume = size

    def finest(self) -> Candle:
        """Return the finest open bar."""
        return Candle(self.start, self.open, self.high, self.low, self.close, self.volume)


class CandleBook:
    """Bars of many tokens. Memory is bounded: ``keep`` closed bars per token and interval, and
    ``max_tokens`` tokens, of which the one quiet for longest goes first."""

    def __init__(
        self,
        intervals: Sequence[int] = DESK_INTERVALS,
        *,
        keep: int = 240,
        max_tokens: int = 2_000,
    ) -> None:
        """Prepare empty bars.

        Args:
            intervals: Seconds, rising, each a multiple of the one before.
            keep: Closed bars held per token and interval.
            max_tokens: Tokens held.

        Raises:
            ValueError: The intervals do not nest or a bound is not positive.
        """
        pairs = pairwise(intervals)
        if not intervals or intervals[0] <= 0 or any(b <= a or b % a for a, b in pairs):
            raise ValueError(f"intervals must rise, each a multiple of the one before: {intervals}")
        if keep <= 0 or max_tokens <= 0:
            raise ValueError("keep and max_tokens must be positive")
        self.intervals = tuple(intervals)
        self.late = 0
        """Prices older than the open bar of at least the finest interval, which ignored them."""
        self._widths = [seconds * SECOND_NS for seconds in intervals]
        self._level = {seconds: level for level, seconds in enumerate(intervals)}
        self._keep = keep
        self._max_tokens = max_tokens
        self._series: dict[TokenId, _Series] = {}

    def on_price(self, token_id: TokenId, ts_ns: int, price: int, size: int) -> Sequence[ClosedBar]:
        """Take one price; size zero for a midpoint.

        Args:
            token_id: The outcome.
            ts_ns: Event time, nanoseconds UTC.
            price: Micros.
            size: Micro-shares traded.

        Returns:
            The bars this price closed, finest first; mostly none.
        """
        series = self._series.get(token_id)
        if series is not None and series.start <= ts_ns < series.end:
            if price > series.high:
                series.high = price
            elif price < series.low:
                series.low = price
            if ts_ns >= series.last_ts:
                series.last_ts = ts_ns
                series.close = price
            if size:
                series.volume += size
            return ()
        if series is None:
            return self._begin_token(token_id, ts_ns, price, size)
        return self._leave_bar(token_id, series, ts_ns, price, size)

    def _begin_token(
        self, token_id: TokenId, ts: int, price: int, size: int
    ) -> Sequence[ClosedBar]:
        evicted: list[ClosedBar] = []
        if len(self._series) >= self._max_tokens:
            quiet = min(self._series, key=lambda token: self._series[token].last_ts)
            evicted = self._close(quiet, self._series[quiet], None)
            del self._series[quiet]
        self._series[token_id] = series = _Series(len(self.intervals))
        series.begin(ts, self._widths[0], price, size)
        return evicted

    def _leave_bar(
        self, token_id: TokenId, series: _Series, ts: int, price: int, size: int
    ) -> Sequence[ClosedBar]:
        if ts < (series.start or series.last_ts):
            self._take_late(series, ts, price, size)
            return ()
        closed = self._close(token_id, series, ts)
        series.begin(ts, self._widths[0], price, size)
        return closed

    def _take_late(self, series: _Series, ts: int, price: int, size: int) -> None:
        """Put a late price into the finest coarser bar that is still open for it."""
        self.late += 1
        newest = series.last_ts
        for level in range(1, len(self._widths)):
            width = self._widths[level]
            start = newest - newest % width
            handed_up = series.merged[level] is not None
            if start <= ts and (handed_up or series.end):
                self._merge_late(series, level, start, Candle(ts, price, price, price, price, size))
                return

    @staticmethod
    def _merge_late(series: _Series, level: int, start: int, late: Candle) -> None:
        bar = series.merged[level]
        if bar is None:
            series.merged[level] = _Bar(start, late)
            return
        close = bar.close
        bar.extend(late)
        bar.close = close

    def _close(self, token_id: TokenId, series: _Series, ts: int | None) -> list[ClosedBar]:
        """Close every bar that ends at or before ``ts`` (None: all) and hand it up."""
        out: list[ClosedBar] = []
        if series.end and (ts is None or series.end <= ts):
            self._finish(out, token_id, series, 0, series.finest())
            series.start = series.end = 0
        for level in range(1, len(self._widths)):
            bar = series.merged[level]
            if bar is not None and (ts is None or bar.start + self._widths[level] <= ts):
                series.merged[level] = None
                self._finish(out, token_id, series, level, bar.candle())
        return out

    def _finish(
        self, out: list[ClosedBar], token_id: TokenId, series: _Series, level: int, candle: Candle
    ) -> None:
        above = level + 1
        if above < len(self._widths):
            bar = series.merged[above]
            if bar is None:
                start = candle.ts - candle.ts % self._widths[above]
                series.merged[above] = _Bar(start, candle)
            else:
                bar.extend(candle)
        whole = self._keep_closed(series.closed[level], candle)
        out.append(ClosedBar(token_id, self.intervals[level], whole))

    def _keep_closed(self, kept: array[int], candle: Candle) -> Candle:
        """Store a closed bar; one that began before a restart is completed, not repeated."""
        if kept and kept[-_FIELDS] == candle.ts:
            bar = _Bar(candle.ts, Candle(*kept[-_FIELDS:]))
            bar.extend(candle)
            candle = bar.candle()
            del kept[-_FIELDS:]
        kept.extend((candle.ts, candle.open, candle.high, candle.low, candle.close, candle.volume))
        if len(kept) > (self._keep + self._keep // 4 + 1) * _FIELDS:
            del kept[: -self._keep * _FIELDS]
        return candle

    def seed(self, token_id: TokenId, interval_s: int, candles: Iterable[Candle]) -> None:
        """Show stored bars, oldest first, before the token's own; do this before its first price.

        Raises:
            KeyError: The interval is not built.
        """
        level = self._level[interval_s]
        if token_id not in self._series and len(self._series) >= self._max_tokens:
            return
        series = self._series.setdefault(token_id, _Series(len(self.intervals)))
        for candle in candles:
            self._keep_closed(series.closed[level], candle)
            series.last_ts = max(series.last_ts, candle.ts)

    def backfill(self, token_id: TokenId, interval_s: int, candles: Iterable[Candle]) -> None:
        """Put older bars, oldest first, before those a token has; what it has stays as it is.

        Raises:
            KeyError: The interval is not built.
        """
        level = self._level[interval_s]
        if token_id not in self._series and len(self._series) >= self._max_tokens:
            return
        series = self._series.setdefault(token_id, _Series(len(self.intervals)))
        first = next(iter(self.recent(token_id, interval_s, self._keep * 2)), None)
        older: array[int] = array("q")
        for c in candles:
            if first is None or c.ts < first.ts:
                older.extend((c.ts, c.open, c.high, c.low, c.close, c.volume))
                series.last_ts = max(series.last_ts, c.ts)
        kept = older + series.closed[level]
        series.closed[level] = kept[-self._keep * _FIELDS :]

    def close_due(self, now_ns: int) -> list[ClosedBar]:
        """Close the bars of quiet tokens whose time is over; the cost is one look per token."""
        out: list[ClosedBar] = []
        for token_id, series in self._series.items():
            out += self._close(token_id, series, now_ns)
        return out

    def close_all(self) -> list[ClosedBar]:
        """Close every bar as it stands: the desk is going down."""
        out: list[ClosedBar] = []
        for token_id, series in self._series.items():
            out += self._close(token_id, series, None)
        return out

    def open_bar(self, token_id: TokenId, interval_s: int) -> Candle | None:
        """Return the bar being built, None when there is none; raise KeyError for an interval
        that is not built."""
        level = self._level[interval_s]
        series = self._series.get(token_id)
        if series is None:
            return None
        parts = [bar.candle() for bar in reversed(series.merged[1 : level + 1]) if bar is not None]
        if series.end:
            parts.append(series.finest())
        if not parts:
            return None
        bar = _Bar(parts[0].ts - parts[0].ts % self._widths[level], parts[0])
        for part in parts[1:]:
            bar.extend(part)
        return bar.candle()

    def recent(self, token_id: TokenId, interval_s: int, limit: int) -> tuple[Candle, ...]:
        """Return up to ``limit`` bars, oldest first, the open one last.

        Raises:
            KeyError: The interval is not built.
        """
        level = self._level[interval_s]
        series = self._series.get(token_id)
        if series is None or limit <= 0:
            return ()
        kept = series.closed[level]
        flat = kept[-limit * _FIELDS :].tolist()
        bars = [Candle(*flat[at : at + _FIELDS]) for at in range(0, len(flat), _FIELDS)]
        current = self.open_bar(token_id, interval_s)
        if current is not None and bars and bars[-1].ts == current.ts:
            whole = _Bar(current.ts, bars.pop())
            whole.extend(current)
            current = whole.candle()
        if current is not None:
            bars.append(current)
        return tuple(bars[-limit:])
