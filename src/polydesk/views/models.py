"""Frozen read models: the only thing screens see.

Every view has a ``version`` that rises when its content changed, so a pane compares versions
and formats only what is new. Prices, sizes and dollars are integer micros; times are
nanoseconds UTC. All texts are cleaned already (``domain.text.clean``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydesk.domain.book import HashState, Level
from polydesk.domain.candles import Candle as Candle  # noqa: PLC0414 - screens import it from here
from polydesk.domain.commands import CopyMode, TradingState
from polydesk.domain.decisions import Verdict
from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.intents import Origin
from polydesk.domain.orders import OrderState
from polydesk.domain.venue import VenueMode


class Mode(StrEnum):
    """What the desk is connected to."""

    DEMO = "demo"
    REPLAY = "replay"
    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """Our open size at one price, of all orders together."""

    price: int
    is_bid: bool
    size: int
    queue_ahead: int | None


@dataclass(frozen=True, slots=True)
class BookView:
    """One outcome's book. Levels are best first."""

    version: int
    token_id: TokenId
    title: str
    outcome: str
    tick: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    last_trade: int | None
    epoch: int
    stale: bool
    crossed: bool
    hash_state: HashState
    changed_at: int
    own: tuple[OwnLevel, ...] = ()
    traded: tuple[Level, ...] = ()
    """(price, size traded there since the desk started), any order."""

    @property
    def best_bid(self) -> int | None:
        """Best bid in micros."""
        return self.bids[0][0] if self.bids else None

    @property
    def best_ask(self) -> int | None:
        """Best ask in micros."""
        return self.asks[0][0] if self.asks else None


@dataclass(frozen=True, slots=True)
class TapeRow:
    """One anonymous trade."""

    ts: int
    token_id: TokenId
    outcome: str
    side: Side
    price: int
    size: int


@dataclass(frozen=True, slots=True)
class TapeView:
    """Trades, newest first."""

    version: int
    rows: tuple[TapeRow, ...]


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One followed trade with what the desk made of it."""

    seq: int
    trade_id: TradeId
    leader: Wallet
    leader_name: str
    side: Side
    token_id: TokenId
    title: str
    outcome: str
    leader_price: int
    leader_size: int
    traded_at: int
    seen_delay_ms: int
    """Leader traded to seen."""
    verdict: Verdict
    reason: str
    """Reason code and facts in words; empty when copied."""
    copy_price: int | None
    copy_size: int | None
    client_order_id: ClientOrderId | None
    order_state: OrderState | None
    filled: int
    average_price: int | None
    """Average price of the copy's fills."""


@dataclass(frozen=True, slots=True)
class FeedView:
    """Followed trades, newest first."""

    version: int
    rows: tuple[FeedRow, ...]
    leaders: int
    """How many wallets are followed."""
    delay_p50_ms: int | None
    """Median of leader traded to seen."""


@dataclass(frozen=True, slots=True)
class LeaderRow:
    """One followed wallet."""

    wallet: Wallet
    name: str
    mode: CopyMode
    paused: bool
    trades: int
    copied: int
    skipped: int
    held_cost: int
    bought_today: int
    rule: str
    """The rule in words."""


@dataclass(frozen=True, slots=True)
class WatchRow:
    """One line of the watchlist."""

    token_id: TokenId
    title: str
    outcome: str
    bid: int | None
    ask: int | None
    last: int | None
    change: int | None
    """Mid now less mid when the desk started, micros."""
    position: int
    """Shares held, micros."""
    stale: bool
    has_book: bool


@dataclass(frozen=True, slots=True)
class WatchView:
    """The watchlist in its order."""

    version: int
    rows: tuple[WatchRow, ...]


@dataclass(frozen=True, slots=True)
class PositionRow:
    """One position."""

    token_id: TokenId
    title: str
    outcome: str
    size: int
    cost: int
    average: int | None
    mark: int | None
    value: int
    unrealised: int
    realised: int
    leaders: tuple[str, ...]
    """Names of the leaders whose trades created it."""
    resolved: bool = False
    settled_size: int | None = None
    """Micro-shares held without the fills that may still fail; None where nothing can fail."""
    at_risk: int = 0
    """Part of its result that hangs on fills which may still fail, micro-dollars."""
    counted: int | None = None
    """Micro-shares by the venue's count, where that is less than what is settled here."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One of our orders."""

    client_order_id: ClientOrderId
    token_id: TokenId
    title: str
    outcome: str
    side: Side
    price: int
    size: int
    filled: int
    average_price: int | None
    state: OrderState
    origin: Origin
    created_at: int
    queue_ahead: int | None
    leader_name: str
    reason: str
    venue_order_id: str = ""
    updated_at: int = 0
    """When it last changed, nanoseconds UTC."""
    cancel_asked_at: int = 0
    """When its cancel was asked for; 0 when it was not."""
    evidence: str = ""
    """The newest thing known about it, in words."""
    at_risk: int = 0
    """Micro-shares filled and not settled yet."""
    voided: int = 0
    """Micro-shares that were matched and failed to settle."""


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One step of an order's life."""

    ts: int
    step: str
    words: str


@dataclass(frozen=True, slots=True)
class FillRow:
    """One fill of an order."""

    ts: int
    trade_id: TradeId
    price: int
    size: int
    fee: int
    is_maker: bool
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """Everything known about one order: intent, verdict, signed, sent, reports, fills."""

    row: OrderRow
    time_in_force: str
    post_only: bool
    trace: tuple[TraceLine, ...]
    fills: tuple[FillRow, ...]
    off_book_at: int | None = None
    """When the venue drops a GTD order from the book, nanoseconds UTC."""


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """What the start found out about one order of an earlier session."""

    client_order_id: ClientOrderId
    title: str
    outcome: str
    side: Side
    price: int
    size: int
    before: OrderState
    """As the journal had it."""
    now: OrderState
    filled: int
    words: str
    """What is known, and when it is not: what happens next."""


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """What the start of the session found: shown before anything is traded."""

    version: int
    started_at: int
    ready_at: int
    """When every question was answered; 0 while the desk is still looking."""
    words: str
    rows: tuple[RecoveryRow, ...]
    external: int
    """Open orders that were made outside this desk."""
    new_fills: int
    """Fills that happened while the desk was away."""
    drift: int
    """The venue's cash less the ledger's, micro-dollars."""


class SignerState(StrEnum):
    """Whether orders can be signed. What is not signing stays so until the desk is restarted."""

    SIGNING = "signing"
    SHUT = "shut"
    """By the kill switch, whose release does not open it again."""
    LOST = "lost"
    """Its process has ended."""


@dataclass(frozen=True, slots=True)
class VenueView:
    """The venue as this account sees it. Only a live desk has one."""

    mode: VenueMode
    reason: str
    until: int
    """When the mode is expected to end; 0 when that is not stated."""
    is_ready: bool
    """Whether the desk knows where its orders are."""
    line_up: bool
    """Whether the user stream is up."""
    wallet: str
    order_budget: tuple[int, int]
    """(requests that may go out now, most), as of the next."""
    cancel_budget: tuple[int, int]
    unknown_orders: int
    provisional_fills: int
    clock_offset_ms: int
    drift: int
    """The venue's cash less the ledger's settled cash, micro-dollars."""
    heartbeat: str
    """``off``, ``on`` or what is wrong with it."""
    signer: SignerState = SignerState.SIGNING
    looked_at: int = 0
    """Start of the last look at the account that was answered, nanoseconds UTC; 0 for none yet."""


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """Account, positions and orders from one moment; headers equal the sums of the rows."""

    version: int
    cash: int
    positions_value: int
    equity: int
    realised: int
    unrealised: int
    fees: int
    net_deposits: int
    day_pnl: int
    drawdown: int
    """Peak equity less equity, micro-dollars."""
    peak: int
    positions: tuple[PositionRow, ...]
    orders: tuple[OrderRow, ...]
    """Open first, then newest first."""
    equity_curve: tuple[tuple[int, int], ...] = ()
    """(time, equity), oldest first."""
    settled: int = 0
    """Result (realised and unrealised) without what is not settled yet, micro-dollars."""
    at_risk: int = 0
    """Result that hangs on unsettled fills; ``settled + at_risk`` is the total result."""
    at_risk_value: int = 0
    """Money moved by unsettled fills, both ways."""


@dataclass(frozen=True, slots=True)
class FillMark:
    """One of our fills, for charts."""

    ts: int
    price: int
    side: Side
    size: int


@dataclass(frozen=True, slots=True)
class ChartView:
    """A token's price with our fills, oldest first."""

    version: int
    token_id: TokenId
    title: str
    outcome: str
    interval_s: int
    candles: tuple[Candle, ...]
    fills: tuple[FillMark, ...]


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One market of the catalogue."""

    condition_id: ConditionId
    title: str
    event_title: str
    category: str
    outcomes: tuple[tuple[TokenId, str], ...]
    """(token, label)."""
    bid: int | None
    ask: int | None
    """Touch of the first outcome when its book is held."""
    volume_24h: int
    liquidity: int
    end_ns: int | None
    tick: int
    min_size: int
    status: str
    """``open``, ``closed`` or ``resolved``."""
    watched: bool
    frozen: str = ""
    """Why no order is taken here until a person has looked; empty when orders are."""


@dataclass(frozen=True, slots=True)
class MarketsView:
    """Search result over the catalogue."""

    version: int
    rows: tuple[MarketRow, ...]
    total: int
    """Matches before the limit."""


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One connection."""

    name: str
    up: bool
    detail: str
    frames: int
    reconnects: int
    last_frame_at: int | None


@dataclass(frozen=True, slots=True)
class HealthView:
    """How the desk itself is doing."""

    version: int
    mode: Mode
    notice: str
    """One sentence about the source of the data, such as what the demo's leaders are."""
    now: int
    speed: str
    """``live``, ``x1`` … or ``max``."""
    streams: tuple[StreamRow, ...]
    frames: int
    decode_errors: int
    unknown_kinds: int
    books: int
    stale_books: int
    broken_books: int
    touch_agree: int
    touch_disagree: int
    hash_match: int
    hash_mismatch: int
    events_per_second: int
    inbox_depth: int
    loop_lag_p50_ms: float
    loop_lag_p99_ms: float
    loop_lag_max_ms: float
    decided_p50_us: int | None
    decided_p99_us: int | None
    trading_state: TradingState
    killed: bool
    kill_reason: str
    progress: float | None
    """Share of the recording played, 0 to 1; None when live."""
    finished: bool
    """The recording has ended."""
    last_problem: str
    """Newest notable problem in one sentence, empty when none."""
    rss_mb: int | None = None
    venue: VenueView | None = None
