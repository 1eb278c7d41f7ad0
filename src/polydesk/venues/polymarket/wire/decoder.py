"""From a received frame to events: the one entrance of the wire."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Container
from typing import Final, TypeVar

import msgspec

from polydesk.domain.events import Event, MarketsListed
from polydesk.domain.frames import CONTROL, MARKET, OTHER_PREFIX, REST_PREFIX, RTDS, Frame
from polydesk.domain.instruments import Market
from polydesk.domain.text import clean
from polydesk.domain.units import format_micros
from polydesk.venues.polymarket.wire import clob, data_api, gamma, market, rtds
from polydesk.venues.polymarket.wire.market import PRICE_CHANGE_TAIL, read_changes
from polydesk.venues.polymarket.wire.memory import MarketInfo, MarketMemory
from polydesk.venues.polymarket.wire.pages import REFUSALS, Page

T = TypeVar("T")

KEPT_BROKEN: Final = 100
MAX_KINDS: Final = 200
"""Distinct unknown kinds counted by name."""
_SILENT: Final = frozenset({b"", b"PING", b"PONG", b"ping", b"pong"})
_KEPT_ONLY: Final = frozenset(
    {"rest:clob/prices-history", "rest:data/prices-history", "rest:clob/time"}
)
"""Answers that recordings keep and the engine does not need."""
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])


class Decoder:
    """Turns frames into events; counts what it does not know; never raises for bad input.

    Every frame is counted once: as fine, as unknown, or as a decode error. An array counts as
    an error when any element is broken; its good elements still become events.

    Args:
        wallets: Lower-case followed wallets, looked up live (share the set); None takes all.
    """

    def __init__(self, *, wallets: Container[str] | None = None) -> None:
        self.frames = 0
        self.decode_errors = 0
        self.unknown_frames = 0
        """Frames that held a kind we do not know, and nothing broken."""
        self.unknown_kinds: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        """Well-formed rows left out, by reason: not binary, no tokens, combo, not a trade."""
        self.broken: deque[tuple[str, int, bytes]] = deque(maxlen=KEPT_BROKEN)
        """(channel, receive time, text) of the last broken frames."""
        self._wallets = wallets
        self._memory = MarketMemory()
        self.activity = rtds.ActivityReader(wallets)
        self._rest: dict[str, Callable[[Frame], list[Event]]] = {
            "gamma/markets": self._gamma,
            "gamma/events": self._gamma,
            "gamma/search": self._gamma,
            "clob/book": self._books,
            "clob/books": self._books,
            "data/trades": self._trades,
            "data/activity": self._trades,
        }
        self._bad = 0
        self._odd = 0

    @property
    def other_trades(self) -> int:
        """Platform trades whose wallet is not followed."""
        return self.activity.other_trades

    @property
    def trades_seen(self) -> int:
        """All platform trades of RTDS; a taker's second copy is not counted."""
        return self.activity.trades_seen

    def market_info(self, condition_id: str) -> MarketInfo | None:
        """Return what the frames told about a market, as the server writes it; None if nothing."""
        return self._memory.get(condition_id)

    def decode(self, frame: Frame) -> list[Event]:
        """Return the events of a frame, in order; none for heartbeats and control frames."""
        text = frame.text
        if frame.channel == MARKET and text.endswith(PRICE_CHANGE_TAIL):
            self.frames += 1
            try:
                return [read_changes(text, frame.ts_init)]
            except REFUSALS:
                self._count_broken(frame)
                return []
        if frame.channel == RTDS and text.startswith(b"{"):
            try:
                event = self.activity.read(text, frame.ts_init)
            except REFUSALS:
                return self._decode_slowly(frame)
            self.frames += 1
            return [] if event is None else [event]
        return self._decode_slowly(frame)

    def _decode_slowly(self, frame: Frame) -> list[Event]:
        """Read any frame and count it once."""
        self.frames += 1
        self._bad = self._odd = 0
        try:
            events = self._route(frame)
        except REFUSALS:
            self._bad += 1
            events = []
        if self._bad:
            self._count_broken(frame)
        elif self._odd:
            self.unknown_frames += 1
        return events

    def _route(self, frame: Frame) -> list[Event]:
        channel = frame.channel
        if channel == CONTROL or frame.text.strip() in _SILENT:
            return []
        if channel == MARKET:
            return self._each(frame, self._market_object)
        if channel == RTDS:
            return self._each(frame, self._rtds_object)
        if channel.startswith(OTHER_PREFIX) or channel in _KEPT_ONLY:
            return []
        reader = self._rest.get(channel.removeprefix(REST_PREFIX))
        if reader is None:
            self._unknown(f"channel {channel}")
            return []
        if clob.error_text(frame.text) is not None:
            self._unknown(f"error answer {channel}")
            return []
        return reader(frame)

    def _each(self, frame: Frame, read: Callable[[bytes, int], Event | None]) -> list[Event]:
        """Read a frame that is one object or an array of objects."""
        text = frame.text.strip()
        raws = [bytes(raw) for raw in _RAWS.decode(text)] if text[:1] == b"[" else [text]
        events: list[Event] = []
        for raw in raws:
            try:
                event = read(raw, frame.ts_init)
            except REFUSALS:
                self._bad += 1
                continue
            if event is not None:
                events.append(event)
        return events

    def _market_object(self, raw: bytes, ts_init: int) -> Event | None:
        kind = market.kind_of(raw)
        reader = market.READERS.get(kind)
        if reader is None:
            self._unknown(kind)
            return None
        try:
            return reader(raw, ts_init, self._memory)
        except gamma.NotTradable as reason:
            self.skipped[str(reason)] += 1
            return None

    def _rtds_object(self, raw: bytes, ts_init: int) -> Event | None:
        try:
            return self.activity.read(raw, ts_init)
        except REFUSALS:
            kind = rtds.kind_of(raw)
            if kind is None:
                raise
        self._unknown(kind)
        return None

    def _gamma(self, frame: Frame) -> list[Event]:
        if frame.channel.endswith("markets"):
            page = gamma.read_markets(frame.text)
        else:
            page = gamma.read_events(frame.text)
        self._tally(page)
        # A search answers with shortened rows: they make markets known, no more.
        is_search = frame.channel.endswith("search")
        for row in page.rows:
            self._remember(row)
        events: list[Event] = (
            [MarketsListed(frame.ts_init, page.rows, is_search)] if page.rows else []
        )
        for row in page.rows:
            resolved = gamma.resolution(row, frame.ts_init, page.times.get(row.condition_id))
            if resolved is not None:
                events.append(resolved)
        return events

    def _books(self, frame: Frame) -> list[Event]:
        page = clob.read_books(frame.text, frame.ts_init, self._memory)
        self._tally(page)
        return list(page.rows)

    def _trades(self, frame: Frame) -> list[Event]:
        page = data_api.read_trades(frame.text, frame.ts_init, self._wallets)
        self._tally(page)
        return [row for row in page.rows if self.activity.is_new(row)]

    def _tally(self, page: Page[T]) -> None:
        self._bad += page.broken
        self.skipped.update(page.skipped)

    def _remember(self, row: Market) -> None:
        info = self._memory.of(row.condition_id)
        info.min_order_size = format_micros(row.min_size)
        info.tick = format_micros(row.tick)
        info.neg_risk = row.neg_risk

    def _unknown(self, kind: str) -> None:
        name = clean(kind, 60)
        if name not in self.unknown_kinds and len(self.unknown_kinds) >= MAX_KINDS:
            name = "(other)"
        self.unknown_kinds[name] += 1
        self._odd += 1

    def _count_broken(self, frame: Frame) -> None:
        self.decode_errors += 1
        self.broken.append((frame.channel, frame.ts_init, frame.text))
