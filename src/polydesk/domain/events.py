"""What happened: the engine's only input.

Plain slotted classes (not frozen) where they are created thousands of times a second; treat
every event as a value. ``ts_event`` is the venue's time, ``ts_init`` ours, both nanoseconds
UTC. Prices and sizes are micros.
"""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.commands import UserCommand
from polydesk.domain.fills import Fill, Settlement
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId, TradeId, VenueOrderId, Wallet
from polydesk.domain.instruments import Market, Side
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.domain.venue import VenueMode, VenueOrder

LevelChange = tuple[TokenId, bool, int, int, "int | None", "int | None", str]
"""(token, is bid, price, new total size, stated best bid, stated best ask, book hash)."""


@dataclass(slots=True)
class BookSnapshotReceived:
    """A full book of one token."""

    token_id: TokenId
    condition_id: ConditionId
    ts_event: int
    ts_init: int
    bids: list[tuple[int, int]]
    """(price, size) in any order; no zero sizes."""
    asks: list[tuple[int, int]]
    hash: str = ""
    """The venue's hash of the book, empty when absent."""
    hash_ok: bool | None = None
    """Whether the hash was reproduced; None when it cannot be computed from this text."""
    tick: PriceMicros | None = None
    last_trade: PriceMicros | None = None


@dataclass(slots=True)
class BookChanged:
    """New totals of some levels; one message may carry both outcomes."""

    condition_id: ConditionId
    ts_event: int
    ts_init: int
    changes: list[LevelChange]


@dataclass(slots=True)
class TradePrinted:
    """An anonymous trade of the market channel, from the taker's side."""

    token_id: TokenId
    condition_id: ConditionId
    ts_event: int
    ts_init: int
    price: PriceMicros
    size: ShareMicros
    side: Side
    transaction_hash: str = ""


@dataclass(slots=True)
class TickSizeChanged:
    """A market's grid changed: the book of the old grid is over."""

    token_id: TokenId
    condition_id: ConditionId
    ts_event: int
    ts_init: int
    tick: PriceMicros


@dataclass(slots=True)
class TouchReported:
    """The venue's own best bid and ask (``best_bid_ask``)."""

    token_id: TokenId
    condition_id: ConditionId
    ts_event: int
    ts_init: int
    best_bid: PriceMicros | None
    best_ask: PriceMicros | None


@dataclass(slots=True)
class MarketsListed:
    """Catalogue rows, new or refreshed."""

    ts_init: int
    markets: list[Market]
    is_announcement: bool = False
    """True for a broadcast of a new market or a search hit, which state less than a full row."""


@dataclass(slots=True)
class MarketResolved:
    """The final pay-out of a market."""

    condition_id: ConditionId
    ts_event: int
    ts_init: int
    payouts: tuple[tuple[TokenId, PriceMicros], ...]
    """Pay-out per share and token; sums to one."""


@dataclass(slots=True)
class WalletTraded:
    """A trade with its wallet (RTDS activity or Data API)."""

    trade_id: TradeId
    """Identity over (transaction, wallet, token, side, size, price); never the hash alone."""
    wallet: Wallet
    name: str
    """Cleaned display name, may be empty."""
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    price: PriceMicros
    size: ShareMicros
    ts_event: int
    ts_init: int
    transaction_hash: str
    title: str = ""
    outcome: str = ""
    slug: str = ""
    is_repair: bool = False
    """True when found by REST after the fact."""
    source: str = "rtds"


@dataclass(slots=True)
class OtherTradesSeen:
    """A count of platform trades whose wallets nobody follows."""

    ts_init: int
    count: int


@dataclass(slots=True)
class StreamStatusChanged:
    """A stream went up or down."""

    ts_init: int
    stream: str
    """``market`` or ``rtds``."""
    up: bool
    detail: str = ""
    token_ids: tuple[TokenId, ...] = ()
    """Tokens concerned; empty means all of that stream."""


@dataclass(slots=True)
class UserCommandGiven:
    """A person (or the command line) asked for something."""

    ts_init: int
    command: UserCommand


@dataclass(slots=True)
class TimePassed:
    """Nothing but time; lets due timers run."""

    ts_init: int


@dataclass(slots=True)
class OrderAccepted:
    """The venue took the order."""

    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId
    ts_event: int
    ts_init: int
    resting: bool
    queue_ahead: ShareMicros | None = None


@dataclass(slots=True)
class OrderRejected:
    """The venue refused the order."""

    client_order_id: ClientOrderId
    ts_event: int
    ts_init: int
    reason: str


@dataclass(slots=True)
class OrderFilled:
    """Part or all of the order was executed."""

    fill: Fill
    ts_event: int
    ts_init: int


@dataclass(slots=True)
class OrderClosed:
    """The rest of the order is gone."""

    client_order_id: ClientOrderId
    ts_event: int
    ts_init: int
    expired: bool
    reason: str = ""


@dataclass(slots=True)
class OrderSigned:
    """The order has a signature and with it its identity; nothing was sent."""

    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId
    ts_event: int
    ts_init: int


@dataclass(slots=True)
class OrderSent:
    """The order is on its way; from here on only evidence tells what became of it."""

    client_order_id: ClientOrderId
    ts_event: int
    ts_init: int


@dataclass(slots=True)
class OrderUnknown:
    """The answer was lost: the order may be at the venue or not."""

    client_order_id: ClientOrderId
    ts_event: int
    ts_init: int
    reason: str


@dataclass(slots=True)
class OrderAbandoned:
    """The order never reached the venue, proven."""

    client_order_id: ClientOrderId
    ts_event: int
    ts_init: int
    reason: str


@dataclass(slots=True)
class CancelAsked:
    """A cancel is on its way; fills may still come."""

    client_order_id: ClientOrderId
    ts_event: int
    ts_init: int


@dataclass(slots=True)
class OrderNoted:
    """Something was learned about an order that does not move it: a line of its trace."""

    client_order_id: ClientOrderId
    ts_event: int
    ts_init: int
    words: str


@dataclass(slots=True)
class FillSettled:
    """A provisional fill became money, or never happened."""

    trade_id: TradeId
    client_order_id: ClientOrderId
    settlement: Settlement
    """CONFIRMED or VOID."""
    ts_event: int
    ts_init: int
    reason: str = ""


@dataclass(slots=True)
class ExternalOrderSeen:
    """The account has an order that this desk never made."""

    client_order_id: ClientOrderId
    """``ext-`` and the venue's id."""
    order: VenueOrder
    ts_event: int
    ts_init: int


@dataclass(slots=True)
class MarketFrozen:
    """What the venue says contradicts itself: no orders in this market until a person looks."""

    token_id: TokenId
    ts_event: int
    ts_init: int
    reason: str


@dataclass(slots=True)
class VenueModeChanged:
    """What the venue lets us do changed."""

    mode: VenueMode
    ts_event: int
    ts_init: int
    reason: str = ""
    until_ns: int = 0
    """When it is expected to end, 0 when not stated."""


@dataclass(slots=True)
class ReadinessChanged:
    """Whether the desk knows its own orders well enough to make new ones."""

    ready: bool
    ts_event: int
    ts_init: int
    reason: str = ""


@dataclass(slots=True)
class BalanceReported:
    """The venue's own count of the account."""

    ts_event: int
    ts_init: int
    cash: UsdMicros | None = None
    allowance: UsdMicros | None = None
    shares: tuple[tuple[TokenId, ShareMicros], ...] = ()
    """Tokens asked for, with their settled balances."""


@dataclass(slots=True)
class QueueMoved:
    """The estimate of the size ahead of a resting order changed."""

    client_order_id: ClientOrderId
    ts_init: int
    queue_ahead: ShareMicros


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """The account a session starts with."""

    cash: UsdMicros


MarketDataEvent = (
    BookSnapshotReceived | BookChanged | TradePrinted | TickSizeChanged | TouchReported
)
OrderReport = (
    OrderAccepted
    | OrderRejected
    | OrderFilled
    | OrderClosed
    | QueueMoved
    | OrderSigned
    | OrderSent
    | OrderUnknown
    | OrderAbandoned
    | CancelAsked
    | OrderNoted
    | FillSettled
    | ExternalOrderSeen
    | MarketFrozen
    | VenueModeChanged
    | ReadinessChanged
    | BalanceReported
)
Event = (
    MarketDataEvent
    | MarketsListed
    | MarketResolved
    | WalletTraded
    | OtherTradesSeen
    | StreamStatusChanged
    | UserCommandGiven
    | TimePassed
    | OrderReport
)
