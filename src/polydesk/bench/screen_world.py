"""A desk in memory for the screen benchmarks: the recording's engine, fed at any rate."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from polydesk.analytics.candles import CandleBook
from polydesk.bench.copying import desk_following, followed_trade
from polydesk.bench.recorded import busiest_token, recording
from polydesk.domain.commands import Watch
from polydesk.domain.events import TimePassed, TradePrinted, UserCommandGiven
from polydesk.domain.frames import MARKET, Frame
from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.desk_source import LiveDeskSource, Session
from polydesk.runtime.runner import Runner
from polydesk.views.models import Mode

_STAMP = re.compile(rb'"timestamp":"([0-9]{13})"')
_NS_PER_MS = 1_000_000
_ROUND_MS = 200_000
"""How much later each repetition of the recording is."""


class World:
    """A warm desk with a source for screens, and endless market data for it."""

    def __init__(self) -> None:
        self.pipeline, self.wallet = desk_following()
        self.clock = LiveClock()
        self.runner = Runner(self.pipeline, self.clock)
        session = Session(Mode.DEMO, "benchmark")
        self.source = LiveDeskSource(self.pipeline, self.runner, self.clock, session, CandleBook())
        self.token = busiest_token()
        self._frames = endless_market()
        self._trades = 0
        tokens = tuple(book.token_id for book in self.pipeline.engine.books)
        ordered = (self.token, *(token for token in tokens if token != self.token))
        engine = self.pipeline.engine
        self.pipeline.apply(UserCommandGiven(engine.now, Watch(ordered, on=True)))

    def next_frames(self, count: int) -> list[Frame]:
        """Return the next market frames."""
        return [next(self._frames) for _ in range(count)]

    def feed(self, count: int) -> None:
        """Apply the next market frames at once."""
        for frame in self.next_frames(count):
            self.pipeline.feed(frame)

    def print_trade(self) -> None:
        """Let one trade happen in the shown market."""
        engine = self.pipeline.engine
        book, market = engine.books.by_token[self.token], engine.token_markets[self.token]
        self._trades += 1
        side = Side.BUY if self._trades % 2 else Side.SELL
        price = book.best_ask if side is Side.BUY else book.best_bid
        size = ShareMicros((self._trades % 97 + 1) * MICROS)
        self.pipeline.apply(
            TradePrinted(
                self.token, market.condition_id, engine.now, engine.now,
                PriceMicros(price), size, side,
            )
        )  # fmt: skip

    def follow_trade(self) -> None:
        """Let a followed wallet trade, and its copy arrive."""
        self._trades += 1
        engine = self.pipeline.engine
        self.pipeline.feed(followed_trade(engine, self.wallet, self._trades))
        self.pipeline.apply(TimePassed(engine.now + 500 * _NS_PER_MS))


def endless_market() -> Iterator[Frame]:
    """Yield the recording's market frames again and again, each round later than the last."""
    shift = _ROUND_MS
    while True:
        for frame in recording().market:
            yield _later(frame, shift)
        shift += _ROUND_MS


def _later(frame: Frame, shift_ms: int) -> Frame:
    text = _STAMP.sub(lambda found: b'"timestamp":"%d"' % (int(found[1]) + shift_ms), frame.text)
    return Frame(MARKET, frame.ts_init + shift_ms * _NS_PER_MS, text)


def now_ns() -> int:
    """Return the steady time that all processes share."""
    return time.monotonic_ns()
