"""A small desk in memory: deterministic, moving when told, answering commands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from polydesk.domain.book import HashState
from polydesk.domain.commands import (
    CancelAll,
    CancelByUser,
    CopyMode,
    FollowLeader,
    Kill,
    PauseLeader,
    PlaceOrder,
    ReleaseKill,
    SetTradingState,
    TradingState,
    UnfollowLeader,
    UserCommand,
    Watch,
)
from polydesk.domain.decisions import Verdict
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.intents import Origin
from polydesk.domain.orders import OrderState
from polydesk.views.models import (
    BookView,
    Candle,
    ChartView,
    FeedRow,
    FeedView,
    FillMark,
    HealthView,
    LeaderRow,
    MarketRow,
    MarketsView,
    Mode,
    OrderDetail,
    OrderRow,
    OwnLevel,
    PortfolioView,
    PositionRow,
    RecoveryView,
    StreamRow,
    TapeRow,
    TapeView,
    TraceLine,
    WatchRow,
    WatchView,
)
from polydesk.views.source import Notice

MICROS = 1_000_000
SECOND = 1_000_000_000
START = 1_780_796_579 * SECOND
"""2026-06-07 01:42:59 UTC."""

TITLES = (
    ("Golden Knights v Hurricanes", "Hurricanes", "Golden Knights", 613_000, 1_000),
    ("Total goals over 6.5", "Over", "Under", 443_000, 1_000),
    ("Will the Fed cut rates in July?", "Yes", "No", 287_000, 1_000),
    ("Bitcoin above 150,000 on 30 June", "Yes", "No", 92_000, 1_000),
    ("Best picture goes to a debut film", "Yes", "No", 55_000, 10_000),
    ("東京の明日の最高気温は三十度を超えるか", "はい", "いいえ", 710_000, 10_000),
)
LEADERS = ("kestrel", "moth", "northwind", "orca", "quiet-tide")


@dataclass(slots=True)
class FakeBook:
    """One outcome's levels."""

    token: TokenId
    title: str
    outcome: str
    tick: int
    mid: int
    start_mid: int
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    traded: dict[int, int] = field(default_factory=dict)
    last: int | None = None
    version: int = 1
    changed_at: int = START
    stale: bool = False
    hash_state: HashState = HashState.PROVEN
    epoch: int = 1


class FakeSource:
    """Implements ``DeskSource``; ``step`` moves the world, ``submitted`` keeps commands."""

    def __init__(
        self,
        seed: int = 7,
        relabel: Callable[[str], str] = lambda text: text,
        mode: Mode = Mode.DEMO,
    ) -> None:
        self.random = Random(seed)
        self.relabel = relabel
        self.mode = mode
        self.now = START
        self.submitted: list[UserCommand] = []
        self.looked_up: list[str] = []
        self.watched: list[TokenId] = []
        self.books: dict[TokenId, FakeBook] = {}
        self.pairs: dict[TokenId, TokenId] = {}
        self.trades: deque[TapeRow] = deque(maxlen=500)
        self.decisions: deque[FeedRow] = deque(maxlen=200)
        self.orders: dict[ClientOrderId, OrderRow] = {}
        self.details: dict[ClientOrderId, OrderDetail] = {}
        self.recovered: RecoveryView | None = None
        self.frozen: dict[TokenId, str] = {}
        self.fills: list[FillMark] = []
        self.notice_rows: list[Notice] = []
        self.state = TradingState.ACTIVE
        self.killed = False
        self.kill_reason = ""
        self.versions = {"tape": 1, "feed": 1, "watch": 1, "portfolio": 1, "health": 1}
        self.leader_rows = [self._leader(index, name) for index, name in enumerate(LEADERS)]
        self.positions = self._start_positions
        self._build_books()
        self._build_history()

    # building

    def _leader(self, index: int, name: str) -> LeaderRow:
        return LeaderRow(
            Wallet(f"0x{index + 1:040x}"), self.relabel(name), CopyMode.AUTO, False, 40 + index,
            12, 28, 210 * MICROS, 95 * MICROS, "25.00 a trade, slippage to .020",
        )  # fmt: skip

    def _build_books(self) -> None:
        for index, (title, first, second, mid, tick) in enumerate(TITLES):
            tokens = (TokenId(f"{index + 1}001"), TokenId(f"{index + 1}002"))
            for token, outcome, centre in zip(tokens, (first, second), (mid, MICROS - mid)):
                self.books[token] = self._book(token, title, outcome, centre, tick)
            self.pairs[tokens[0]], self.pairs[tokens[1]] = tokens[1], tokens[0]
            self.watched.append(tokens[0])
        self.watched.insert(1, TokenId("1002"))

    def _book(self, token: TokenId, title: str, outcome: str, mid: int, tick: int) -> FakeBook:
        mid -= mid % tick
        book = FakeBook(token, self.relabel(title), self.relabel(outcome), tick, mid, mid)
        for level in range(1, 41):
            for side, price in ((book.bids, mid - level * tick), (book.asks, mid + level * tick)):
                if tick <= price <= MICROS - tick and (level < 3 or self.random.random() < 0.9):
                    side[price] = self.random.randint(40, 6_000) * MICROS
        book.last = mid + tick
        return book

    def _build_history(self) -> None:
        for count in range(60):
            self.now = START - (60 - count) * 700_000_000
            self._trade()
            if count % 6 == 0:
                self._followed()
        self.now = START
        self.fills = [
            FillMark(START - 1_500 * SECOND, 606_000, Side.BUY, 80 * MICROS),
            FillMark(START - 600 * SECOND, 612_000, Side.BUY, 40 * MICROS),
        ]
        self.add_order("1001", Side.BUY, 612_000, 50 * MICROS, queue=1_200 * MICROS)
        self.add_order("2001", Side.BUY, 438_000, 50 * MICROS, queue=800 * MICROS)

    def add_order(
        self, token: str, side: Side, price: int, size: int, queue: int | None = None
    ) -> OrderRow:
        """Put one resting order of ours into the desk."""
        book = self.books[TokenId(token)]
        identity = ClientOrderId(f"order-{len(self.orders) + 1}")
        row = OrderRow(
            identity, book.token, book.title, book.outcome, side, price, size, 0, None,
            OrderState.LIVE, Origin.MANUAL, self.now, queue, "", "", f"0x{identity}", self.now,
            evidence="accepted: resting",
        )  # fmt: skip
        self.orders[identity] = row
        trace = TraceLine(self.now, "intent", "manual"), TraceLine(self.now, "accepted", "resting")
        self.details[identity] = OrderDetail(row, "GTC", post_only=False, trace=trace, fills=())
        self._bump("portfolio")
        book.version += 1
        return row

    # moving

    def step(self, events: int = 1, ns: int = 100_000) -> None:
        """Apply ``events`` random events, ``ns`` nanoseconds apart."""
        for _ in range(events):
            self.now += ns
            roll = self.random.random()
            if roll < 0.97:
                self._change()
            elif roll < 0.998:
                self._trade()
            else:
                self._followed()

    def _change(self) -> None:
        book = self.books[self.random.choice(self.watched)]
        levels, side = (book.bids, -1) if self.random.random() < 0.5 else (book.asks, 1)
        price = book.mid + side * self.random.randint(1, 12) * book.tick
        if book.tick <= price <= MICROS - book.tick:
            size = self.random.choice((0, 1, 1, 1)) * self.random.randint(20, 6_000) * MICROS
            self._set(book, levels, price, size)

    def _set(self, book: FakeBook, levels: dict[int, int], price: int, size: int) -> None:
        if size:
            levels[price] = size
        elif len(levels) > 4:
            levels.pop(price, None)
        book.version += 1
        book.changed_at = self.now
        self._bump("watch")

    def set_level(self, token: str, price: int, size: int) -> None:
        """Set one level; the side follows from the mid."""
        book = self.books[TokenId(token)]
        self._set(book, book.bids if price < book.mid else book.asks, price, size)

    def move_mid(self, token: str, ticks: int) -> None:
        """Shift a whole book by ``ticks``."""
        book = self.books[TokenId(token)]
        shift = ticks * book.tick
        book.mid += shift
        book.bids = {price + shift: size for price, size in book.bids.items()}
        book.asks = {price + shift: size for price, size in book.asks.items()}
        book.version += 1
        self._bump("watch")

    def _trade(self) -> None:
        book = self.books[self.random.choice(self.watched[:4])]
        side = self.random.choice((Side.BUY, Side.SELL))
        levels = book.asks if side is Side.BUY else book.bids
        price = min(levels) if side is Side.BUY else max(levels)
        size = self.random.choice((5, 25, 85, 100, 250, 400, 1_250, 3_100)) * MICROS
        book.last = price
        book.traded[price] = book.traded.get(price, 0) + size
        book.version += 1
        self.trades.appendleft(TapeRow(self.now, book.token, book.outcome, side, price, size))
        self._bump("tape")
        self._bump("watch")

    def _followed(self) -> None:
        count = len(self.decisions) + 1
        leader = self.leader_rows[count % len(self.leader_rows)]
        book = self.books[self.watched[count % 4]]
        side = Side.BUY if count % 3 else Side.SELL
        copied = count % 2 == 0
        price = min(book.asks) if side is Side.BUY else max(book.bids)
        self.decisions.appendleft(
            FeedRow(
                count, TradeId(f"trade-{count}"), leader.wallet, leader.name, side, book.token,
                book.title, book.outcome, price, (500 + 37 * count) * MICROS,
                self.now - (1_700 + 13 * count) * 1_000_000, 1_700 + 13 * count,
                Verdict.COPIED if copied else Verdict.SKIPPED,
                "" if copied else self.relabel("SLIPPAGE difference 0.012 max 0.010"),
                price + book.tick if copied else None, 40 * MICROS if copied else None,
                ClientOrderId(f"copy-{count}") if copied else None,
                OrderState.MATCHED if copied else None, 40 * MICROS if copied else 0,
                price + book.tick if copied else None,
            )
        )  # fmt: skip
        self._bump("feed")

    def _bump(self, name: str) -> None:
        self.versions[name] += 1

    # the source

    def now_ns(self) -> int:
        return self.now

    def book_version(self, token_id: TokenId) -> int:
        book = self.books.get(token_id)
        return book.version if book else -1

    def book(self, token_id: TokenId, depth: int) -> BookView | None:
        book = self.books.get(token_id)
        if book is None:
            return None
        bids = tuple(sorted(book.bids.items(), reverse=True)[:depth])
        asks = tuple(sorted(book.asks.items())[:depth])
        crossed = bool(bids and asks and bids[0][0] >= asks[0][0])
        return BookView(
            book.version, token_id, book.title, book.outcome, book.tick, bids, asks, book.last,
            book.epoch, book.stale, crossed, book.hash_state, book.changed_at,
            self._own(token_id), tuple(book.traded.items()),
        )  # fmt: skip

    def _own(self, token_id: TokenId) -> tuple[OwnLevel, ...]:
        return tuple(
            OwnLevel(row.price, row.side is Side.BUY, row.size - row.filled, row.queue_ahead)
            for row in self.orders.values()
            if row.token_id == token_id and row.state in {OrderState.LIVE, OrderState.PARTIAL}
        )

    def tape_version(self) -> int:
        return self.versions["tape"]

    def tape(self, token_id: TokenId | None, limit: int, min_size: int = 0) -> TapeView:
        rows = [
            row
            for row in self.trades
            if row.size >= min_size
            and (token_id is None or row.token_id in (token_id, self.pairs.get(token_id)))
        ]
        return TapeView(self.versions["tape"], tuple(rows[:limit]))

    def feed_version(self) -> int:
        return self.versions["feed"]

    def feed(self, limit: int) -> FeedView:
        rows = tuple(self.decisions)[:limit]
        return FeedView(self.versions["feed"], rows, len(self.leader_rows), 1_900)

    def leaders(self) -> tuple[LeaderRow, ...]:
        return tuple(self.leader_rows)

    def watch_version(self) -> int:
        return self.versions["watch"]

    def watchlist(self) -> WatchView:
        rows = tuple(self._watch_row(self.books[token]) for token in self.watched)
        return WatchView(self.versions["watch"], rows)

    def _watch_row(self, book: FakeBook) -> WatchRow:
        bid, ask = max(book.bids, default=None), min(book.asks, default=None)
        mid = None if bid is None or ask is None else (bid + ask) // 2
        held = next((p.size for p in self.positions() if p.token_id == book.token), 0)
        return WatchRow(
            book.token, book.title, book.outcome, bid, ask, book.last,
            None if mid is None else mid - book.start_mid, held, book.stale, True,
        )  # fmt: skip

    def portfolio_version(self) -> int:
        return self.versions["portfolio"]

    def _start_positions(self) -> tuple[PositionRow, ...]:
        held = (("1001", 120, 571_000, ("kestrel",)), ("3001", 300, 301_500, ("moth", "orca")))
        return tuple(self._position(*row) for row in held)

    def _position(
        self, token: str, shares: int, average: int, leaders: tuple[str, ...]
    ) -> PositionRow:
        book = self.books[TokenId(token)]
        mark = max(book.bids)
        names = tuple(self.relabel(name) for name in leaders)
        return PositionRow(
            book.token, book.title, book.outcome, shares * MICROS, shares * average, average, mark,
            shares * mark, shares * (mark - average), 3_210_000, names,
        )  # fmt: skip

    def order(self, client_order_id: ClientOrderId) -> OrderDetail | None:
        detail, row = self.details.get(client_order_id), self.orders.get(client_order_id)
        return None if detail is None or row is None else replace(detail, row=row)

    def recovery(self) -> RecoveryView | None:
        return self.recovered

    def portfolio(self) -> PortfolioView:
        positions = self.positions()
        value = sum(row.value for row in positions)
        unrealised = sum(row.unrealised for row in positions)
        cash = 9_412_600_000
        return PortfolioView(
            self.versions["portfolio"], cash, value, cash + value, 82_270_000, unrealised,
            1_240_000, 9_500_000_000, 87_310_000, 76_000_000, 9_650_000_000, positions,
            tuple(self.orders.values()),
            tuple((START - k * 60 * SECOND, 9_500_000_000 + k * k * 9_000) for k in range(60, 0, -1)),
        )  # fmt: skip

    def markets(self, query: str, status: str, limit: int) -> MarketsView:
        words = query.lower().split()
        rows = [
            row for row in self._market_rows() if all(word in row.title.lower() for word in words)
        ]
        if status == "watched":
            rows = [row for row in rows if row.watched]
        return MarketsView(1 + len(self.frozen), tuple(rows[:limit]), len(rows))

    def _market_rows(self) -> list[MarketRow]:
        rows = []
        for index, (title, first, second, _, tick) in enumerate(TITLES):
            tokens = (TokenId(f"{index + 1}001"), TokenId(f"{index + 1}002"))
            book = self.books[tokens[0]]
            rows.append(
                MarketRow(
                    ConditionId(f"0xc{index}"), self.relabel(title), self.relabel(title), "Sports",
                    tuple(zip(tokens, (self.relabel(first), self.relabel(second)))),
                    max(book.bids), min(book.asks), 1_234_567 * MICROS, 45_600 * MICROS, None,
                    tick, 5 * MICROS, "open", tokens[0] in self.watched,
                    self.relabel(self.frozen.get(tokens[0], "")),
                )
            )  # fmt: skip
        return rows

    def look_up(self, query: str) -> None:
        self.looked_up.append(query)

    def chart(self, token_id: TokenId, interval_s: int, limit: int) -> ChartView | None:
        book = self.books.get(token_id)
        if book is None:
            return None
        walk = Random(int(token_id))
        step = interval_s * SECOND
        first = self.now - self.now % step - (limit - 1) * step
        close, candles = book.start_mid - 20 * book.tick, []
        for count in range(limit):
            opened = close
            close = max(book.tick, close + walk.randint(-3, 4) * book.tick)
            high, low = max(opened, close) + book.tick, min(opened, close) - book.tick
            volume = walk.randint(0, 900) * MICROS
            candles.append(Candle(first + count * step, opened, high, low, close, volume))
        return ChartView(
            1, token_id, book.title, book.outcome, interval_s, tuple(candles), tuple(self.fills)
        )

    def health(self) -> HealthView:
        stale = sum(book.stale for book in self.books.values())
        return HealthView(
            version=self.versions["health"], mode=self.mode,
            notice=self.relabel("Recording of 2026-06-07; its largest wallets play the leaders."),
            now=self.now, speed="x1",
            streams=(StreamRow("market", True, "7 assets", 52_000, 0, self.now - 12_000_000),),
            frames=52_000, decode_errors=0, unknown_kinds=0, books=len(self.books),
            stale_books=stale, broken_books=0, touch_agree=41_000, touch_disagree=0,
            hash_match=120, hash_mismatch=0, events_per_second=850, inbox_depth=3,
            loop_lag_p50_ms=0.2, loop_lag_p99_ms=0.4, loop_lag_max_ms=3.1, decided_p50_us=80,
            decided_p99_us=240, trading_state=self.state, killed=self.killed,
            kill_reason=self.kill_reason, progress=0.25, finished=False, last_problem="",
        )  # fmt: skip

    def notices(self, after_ts: int) -> tuple[Notice, ...]:
        return tuple(notice for notice in self.notice_rows if notice.ts > after_ts)

    # commands

    def submit(self, command: UserCommand) -> None:
        self.submitted.append(command)
        self._bump("health")
        match command:
            case SetTradingState(state=state):
                self.state = state
            case Kill(reason=reason):
                self.killed, self.kill_reason = True, reason
                self.state = TradingState.HALTED
                self._cancel(tuple(self.orders))
            case ReleaseKill(word="RELEASE"):
                self.killed, self.kill_reason = False, ""
            case CancelByUser(client_order_id=identity):
                self._cancel((identity,))
            case CancelAll():
                self._cancel(tuple(self.orders))
            case PlaceOrder(token_id=token, side=side, price=price, size=size):
                self.add_order(token, side, price, size, queue=0)
            case Watch(token_ids=tokens, on=on):
                self._watch(tokens, on)
            case PauseLeader(wallet=wallet, paused=paused):
                self.leader_rows = [
                    replace(row, paused=paused) if row.wallet == wallet else row
                    for row in self.leader_rows
                ]
            case UnfollowLeader(wallet=wallet):
                self.leader_rows = [row for row in self.leader_rows if row.wallet != wallet]
            case FollowLeader(wallet=wallet, name=name):
                self.leader_rows.append(replace(self._leader(99, name), wallet=wallet))

    def _cancel(self, identities: tuple[ClientOrderId, ...]) -> None:
        for identity in identities:
            row = self.orders[identity]
            self.orders[identity] = replace(row, state=OrderState.CANCELED)
            self.books[row.token_id].version += 1
        self._bump("portfolio")

    def _watch(self, tokens: tuple[TokenId, ...], on: bool) -> None:
        for token in tokens:
            if on and token not in self.watched:
                self.watched.append(token)
            elif not on and token in self.watched:
                self.watched.remove(token)
        self._bump("watch")
