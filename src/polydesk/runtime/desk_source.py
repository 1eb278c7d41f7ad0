"""The screens' door to a running desk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from polydesk.analytics.candles import CandleBook, ClosedBar
from polydesk.domain import events as ev
from polydesk.domain.book import HashState
from polydesk.domain.commands import PlaceOrder, UserCommand
from polydesk.domain.fills import Settlement
from polydesk.domain.frames import Frame
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import Origin
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.reasons import explain
from polydesk.domain.text import clean
from polydesk.domain.units import MICROS, decimal_from_micros, floor_to_lot, format_micros, share_of
from polydesk.engine.readmodel.books import BookViews
from polydesk.engine.readmodel.feed import FeedViews
from polydesk.engine.readmodel.markets import MarketViews
from polydesk.engine.readmodel.orders import OrderViews
from polydesk.engine.readmodel.portfolio import PortfolioViews
from polydesk.engine.readmodel.tape import Tape
from polydesk.ports import Clock
from polydesk.runtime.latency import Latency
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.runner import Runner
from polydesk.views.models import (
    BookView,
    ChartView,
    FeedView,
    FillMark,
    HealthView,
    LeaderRow,
    MarketsView,
    Mode,
    OrderDetail,
    PortfolioView,
    RecoveryView,
    StreamRow,
    TapeView,
    VenueView,
    WatchView,
)
from polydesk.views.source import Notice

NOTICES_KEPT = 200
NOTICE_LENGTH = 400


@dataclass(slots=True)
class StreamState:
    """What is known about one connection."""

    name: str
    up: bool = False
    detail: str = "connecting"
    frames: int = 0
    reconnects: int = 0
    last_frame_at: int | None = None

    def row(self) -> StreamRow:
        """Return the stream as a view."""
        return StreamRow(
            self.name, self.up, self.detail, self.frames, self.reconnects, self.last_frame_at
        )


@dataclass(slots=True)
class Session:
    """What kind of session this is and how far it has come."""

    mode: Mode
    notice: str = ""
    speed: str = "live"
    progress: Callable[[], float | None] = field(default=lambda: None)
    finished: bool = False


class LiveDeskSource:
    """Implements ``views.source.DeskSource`` over a pipeline and its runner."""

    def __init__(
        self,
        pipeline: Pipeline,
        runner: Runner,
        clock: Clock,
        session: Session,
        candles: CandleBook,
    ) -> None:
        self.session = session
        self.streams = {name: StreamState(name) for name in ("market", "rtds")}
        self.candles = candles
        self.ask_search: Callable[[str], None] | None = None
        """Asks the venue for markets by words, where there is a venue."""
        self.ask_history: Callable[[TokenId], None] | None = None
        """Asks the venue for a token's past prices."""
        self.on_bars: Callable[[Sequence[ClosedBar]], None] | None = None
        """Told the bars that closed."""
        self.recovered: Callable[[], RecoveryView | None] = lambda: None
        """Tells what the start found, where orders of an earlier session can be at the venue."""
        self.venue: Callable[[], VenueView | None] = lambda: None
        """Tells how the venue stands to this account, where there is one."""
        self._pipeline = pipeline
        self._engine = pipeline.engine
        self._runner = runner
        self._clock = clock
        self._tape = Tape(self._engine)
        self._books = BookViews(self._engine, self._tape)
        self._feed = FeedViews(self._engine)
        self._portfolio = PortfolioViews(self._engine, self._books)
        self._orders = OrderViews(self._engine, self._books)
        self._markets = MarketViews(self._engine)
        self._notices: deque[Notice] = deque(maxlen=NOTICES_KEPT)
        self._notice_seq = 0
        self._denied: Order | None = None
        """The newest denied order the person was told of."""
        self._frozen: set[TokenId] = set()
        """Tokens whose market the person was told is frozen."""
        self._rate = _Rate()
        self._last_problem = ""
        pipeline.on_event = self._on_event

    # What the engine did

    def _on_event(self, event: ev.Event) -> None:
        match event:
            case ev.TradePrinted():
                self._tape.note(event)
                self._on_price(event.token_id, event.ts_event, event.price, event.size)
            case ev.StreamStatusChanged():
                self._note_stream(event)
            case ev.OrderRejected():
                self.notify("warning", f"Order rejected: {event.reason}")
            case ev.OrderAbandoned():
                self._note_abandoned(event)
            case ev.OrderUnknown():
                self._note_unknown(event)
            case ev.FillSettled(settlement=Settlement.VOID):
                self._note_void(event)
            case ev.OrderFilled():
                self._note_fill(event)
            case ev.UserCommandGiven(command=PlaceOrder()):
                self._note_denied()
            case _:
                pass
        if self._engine.venue.frozen.keys() != self._frozen:
            self._note_frozen()

    def _note_frozen(self) -> None:
        """Tell of each market that takes no orders any more, once it has a name."""
        engine, frozen = self._engine, self._engine.venue.frozen
        self._frozen &= frozen.keys()
        for token_id, reason in frozen.items():
            if token_id not in self._frozen and token_id in engine.token_markets:
                self._frozen.add(token_id)
                title = self._books.names(token_id)[0]
                words = f"{title} is frozen: {reason}. Look at it, then unfreeze it on Markets."
                self.notify("error", words)

    def _note_stream(self, event: ev.StreamStatusChanged) -> None:
        stream = self.streams.setdefault(event.stream, StreamState(event.stream))
        if stream.up and not event.up and not self.session.finished:
            stream.reconnects += 1
            self.notify("warning", f"Stream {event.stream} is down: {event.detail or 'lost'}")
        stream.up, stream.detail = event.up, event.detail

    def _note_fill(self, event: ev.OrderFilled) -> None:
        """Tell the first and the last fill of a person's order; panes show the others.

        Copies show in the feed.
        """
        fill = event.fill
        order = self._engine.account.orders.get(fill.client_order_id)
        if order is None or order.intent.origin is not Origin.MANUAL:
            return
        if order.remaining and order.filled > fill.size:
            return
        verb = "Bought" if fill.side is Side.BUY else "Sold"
        outcome = self._books.names(fill.token_id)[1]
        filled = format_micros(floor_to_lot(order.filled))
        size = filled if not order.remaining else f"{filled} of {format_micros(order.intent.size)}"
        average = decimal_from_micros(share_of(order.filled_value, MICROS, order.filled))
        price = f"{average:.4f}".rstrip("0").rstrip(".")
        self.notify("information", f"{verb} {size} {outcome} at {price}")

    def _note_abandoned(self, event: ev.OrderAbandoned) -> None:
        """Tell of an order that came to nothing although nobody wanted it gone."""
        order = self._engine.account.orders.get(event.client_order_id)
        if order is not None and not order.cancel_asked_at and self._engine.ready:
            self.notify("warning", f"Came to nothing: {self._named(order)}: {event.reason}")

    def _note_unknown(self, event: ev.OrderUnknown) -> None:
        """Tell of an order without an answer; those of an earlier session the report tells."""
        order = self._engine.account.orders.get(event.client_order_id)
        if order is not None and self._engine.ready:
            words = f"No answer about {self._named(order)}: {event.reason}"
            self.notify("warning", f"{words}. It may be at the venue, and is being looked for.")

    def _note_void(self, event: ev.FillSettled) -> None:
        """Tell of a fill that is none any more: money and shares are as they were before it."""
        identity = (event.trade_id, event.client_order_id)
        fills = reversed(self._engine.account.fills)
        fill = next((fill for fill in fills if fill.identity == identity), None)
        if fill is None:
            return
        size, price = format_micros(floor_to_lot(fill.size)), format_micros(fill.price)
        outcome = self._books.names(fill.token_id)[1]
        money = format_micros(fill.value)
        if fill.side is Side.BUY:
            verb, after = "bought", f"the shares are gone, {money} USD are back"
        else:
            verb, after = "sold", f"the shares are back, {money} USD are gone"
        self.notify("error", f"{size} {outcome} {verb} at {price} failed to settle: {after}.")

    def _named(self, order: Order) -> str:
        """Return an order in words."""
        intent = order.intent
        outcome = self._books.names(intent.token_id)[1]
        size, price = format_micros(intent.size), format_micros(intent.price)
        return f"{intent.side.value} {size} {outcome} at {price}"

    def _note_denied(self) -> None:
        """Tell the person at once when their own order was denied."""
        newest = next(reversed(self._engine.account.orders.values()), None)
        if newest is None or newest is self._denied or newest.state is not OrderState.DENIED:
            return
        self._denied = newest
        if newest.intent.origin is Origin.MANUAL:
            self.notify("error", f"Order denied: {explain(newest.reason)}")

    def notify(self, severity: str, text: str) -> None:
        """Add a message for the person at the desk; errors may quote what came over the wire."""
        text = clean(text, NOTICE_LENGTH)
        self._notice_seq = max(self._notice_seq + 1, self._clock.now_ns())
        self._notices.append(Notice(self._notice_seq, severity, text))
        if severity != "information":
            self._last_problem = text

    def note_frame(self, frame: Frame) -> None:
        """Count a frame of a stream."""
        self.note_traffic(frame.channel, frame.ts_init)

    def note_traffic(self, name: str, at: int) -> None:
        """Count a text of a stream, at a time in nanoseconds UTC."""
        stream = self.streams.get(name)
        if stream is not None:
            stream.frames += 1
            stream.last_frame_at = at

    def finish(self) -> None:
        """Tell that the recording is over: what goes down from now on is no fault."""
        self.session.finished = True
        self.notify("information", "The recording has ended; books and trades stand still.")

    def sample(self) -> None:
        """Take the once-a-second samples: equity, midpoints for charts, event rate."""
        self._portfolio.sample()
        now = self._clock.now_ns()
        for token_id in self._engine.watch:
            book = self._engine.books.get(token_id)
            if book is not None and not book.stale and book.mid is not None:
                self._on_price(token_id, now, book.mid, 0)
        self._pass_on(self.candles.close_due(now))
        self._rate.note(self._pipeline.frames, self._clock.monotonic_ns())

    def _on_price(self, token_id: TokenId, ts: int, price: int, size: int) -> None:
        self._pass_on(self.candles.on_price(token_id, ts, price, size))

    def _pass_on(self, closed: Sequence[ClosedBar]) -> None:
        if closed and self.on_bars is not None:
            self.on_bars(closed)

    # DeskSource

    def now_ns(self) -> int:
        """Return the desk's time."""
        return self._clock.now_ns()

    def book_version(self, token_id: TokenId) -> int:
        """Return the version of a book, -1 when there is none."""
        return self._books.version(token_id)

    def book(self, token_id: TokenId, depth: int) -> BookView | None:
        """Return up to ``depth`` levels a side."""
        return self._books.book(token_id, depth)

    def tape_version(self) -> int:
        """Return the version of the tape."""
        return self._tape.version

    def tape(self, token_id: TokenId | None, limit: int, min_size: int = 0) -> TapeView:
        """Return the newest trades of a token's market, or of all."""
        return self._tape.view(token_id, limit, min_size)

    def feed_version(self) -> int:
        """Return the version of the followed feed."""
        return self._feed.version()

    def feed(self, limit: int) -> FeedView:
        """Return the newest followed trades."""
        return self._feed.feed(limit)

    def leaders(self) -> tuple[LeaderRow, ...]:
        """Return the followed wallets."""
        return self._feed.leaders()

    def watch_version(self) -> int:
        """Return the version of the watchlist."""
        return self._books.watch_version()

    def watchlist(self) -> WatchView:
        """Return the watchlist."""
        return self._books.watchlist()

    def portfolio_version(self) -> int:
        """Return the version of account, positions and orders."""
        return self._portfolio.version()

    def portfolio(self) -> PortfolioView:
        """Return account, positions and orders."""
        return self._portfolio.portfolio()

    def order(self, client_order_id: ClientOrderId) -> OrderDetail | None:
        """Return one order with its trace and fills."""
        return self._orders.detail(client_order_id)

    def recovery(self) -> RecoveryView | None:
        """Return what the start of the session found."""
        return self.recovered()

    def markets(self, query: str, status: str, limit: int) -> MarketsView:
        """Search the catalogue."""
        return self._markets.markets(query, status, limit)

    def chart(self, token_id: TokenId, interval_s: int, limit: int) -> ChartView | None:
        """Return candles with our fills; the first look asks the venue for the past."""
        if self.ask_history is not None:
            self.ask_history(token_id)
        candles = self.candles.recent(token_id, interval_s, limit)
        if not candles:
            return None
        title, outcome = self._books.names(token_id)
        marks = self._fill_marks(token_id, candles[0].ts)
        last = candles[-1]
        version = hash((last.ts, last.close, last.volume, len(marks), interval_s)) & 0x7FFFFFFF
        return ChartView(version, token_id, title, outcome, interval_s, tuple(candles), marks)

    def _fill_marks(self, token_id: TokenId, since: int) -> tuple[FillMark, ...]:
        """Return our fills of a token from a time on; fills are kept in the order of their time."""
        newest = takewhile(
            lambda fill: fill.ts_event >= since, reversed(self._engine.account.fills)
        )
        marks = [
            FillMark(fill.ts_event, fill.price, fill.side, fill.size)
            for fill in newest
            if fill.token_id == token_id
        ]
        return tuple(reversed(marks))

    def look_up(self, query: str) -> None:
        """Ask the venue for markets with these words."""
        if self.ask_search is not None:
            self.ask_search(query)

    def notices(self, after_ts: int) -> tuple[Notice, ...]:
        """Return messages newer than ``after_ts``, oldest first."""
        return tuple(notice for notice in self._notices if notice.ts > after_ts)

    def submit(self, command: UserCommand) -> None:
        """Hand a command to the engine."""
        self._runner.submit(command)

    def health(self) -> HealthView:
        """Return the state of the desk."""
        engine, decoder, books = self._engine, self._pipeline.decoder, self._engine.books
        lag = self._runner.lag.summary()
        decided = Latency.summary(self._pipeline.latency.decided_us)
        return HealthView(
            version=self._pipeline.frames,
            mode=self.session.mode,
            notice=self.session.notice,
            now=self._clock.now_ns(),
            speed=self.session.speed,
            streams=tuple(stream.row() for stream in self.streams.values()),
            frames=self._pipeline.frames,
            decode_errors=decoder.decode_errors + self._pipeline.control_errors,
            unknown_kinds=sum(decoder.unknown_kinds.values()),
            books=len(books),
            stale_books=sum(book.stale for book in books),
            broken_books=sum(book.hash_state is HashState.BROKEN for book in books),
            touch_agree=books.touch_agree,
            touch_disagree=books.touch_disagree,
            hash_match=books.hash_match,
            hash_mismatch=books.hash_mismatch,
            events_per_second=self._rate.per_second,
            inbox_depth=self._runner.depth,
            loop_lag_p50_ms=lag["p50"],
            loop_lag_p99_ms=lag["p99"],
            loop_lag_max_ms=lag["max"],
            decided_p50_us=_whole(decided["p50"]),
            decided_p99_us=_whole(decided["p99"]),
            trading_state=engine.trading_state,
            killed=engine.killed,
            kill_reason=engine.kill_reason,
            progress=self.session.progress(),
            finished=self.session.finished,
            last_problem=self._last_problem,
            rss_mb=resident_megabytes(),
            venue=self.venue(),
        )


class _Rate:
    """Frames per second between samples."""

    def __init__(self) -> None:
        self.per_second = 0
        self._last: tuple[int, int] | None = None

    def note(self, frames: int, monotonic_ns: int) -> None:
        if self._last is not None:
            elapsed = monotonic_ns - self._last[1]
            if elapsed > 0:
                self.per_second = (frames - self._last[0]) * 1_000_000_000 // elapsed
        self._last = (frames, monotonic_ns)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def resident_megabytes() -> int | None:
    """Return the memory the process holds, where the system tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    import resource

    return pages * resource.getpagesize() // 1_048_576
