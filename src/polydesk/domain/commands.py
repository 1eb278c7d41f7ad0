"""What to do: user commands go in, engine commands come out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydesk.domain.approval import Approved
from polydesk.domain.ids import ClientOrderId, TokenId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros


class CopyMode(StrEnum):
    """What happens with a leader's trades."""

    WATCH = "watch"
    AUTO = "auto"


class Sizing(StrEnum):
    """How a copy is sized."""

    FIXED_CASH = "fixed_cash"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class CopyRule:
    """How one leader is copied. Money in micros."""

    mode: CopyMode = CopyMode.AUTO
    sizing: Sizing = Sizing.FIXED_CASH
    cash: UsdMicros = UsdMicros(25_000_000)
    """Per copy, for fixed cash."""
    percent: int = 10_000_000
    """Micros of a percent of the leader's size: 10 % is 10,000,000."""
    max_age_ms: int = 10_000
    max_slippage: PriceMicros = PriceMicros(20_000)
    """Worst acceptable difference from the leader's price, micros."""
    min_price: PriceMicros = PriceMicros(20_000)
    max_price: PriceMicros = PriceMicros(980_000)
    max_leader_usd: UsdMicros = UsdMicros(500_000_000)
    """Cost of what is held for this leader."""
    max_day_usd: UsdMicros = UsdMicros(1_000_000_000)
    """Bought for this leader in one UTC day."""
    aggregate_window_ms: int = 60_000
    """Copies below the market's minimum are collected this long; 0 turns it off."""


@dataclass(frozen=True, slots=True)
class FollowLeader:
    """Begin to follow a wallet, or change its rule."""

    wallet: Wallet
    name: str
    rule: CopyRule


@dataclass(frozen=True, slots=True)
class UnfollowLeader:
    """Stop following a wallet; what is held stays."""

    wallet: Wallet


@dataclass(frozen=True, slots=True)
class PauseLeader:
    """Pause or resume copying of one leader."""

    wallet: Wallet
    paused: bool


class TradingState(StrEnum):
    """What the risk gate lets through. Cancels pass in every state."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


@dataclass(frozen=True, slots=True)
class SetTradingState:
    """Change the trading state by hand."""

    state: TradingState


@dataclass(frozen=True, slots=True)
class Kill:
    """Latch the kill switch: no new orders, cancel all."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseKill:
    """Release the kill switch; ``word`` must be RELEASE."""

    word: str


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """A manual order."""

    token_id: TokenId
    side: Side
    price: PriceMicros
    size: ShareMicros
    time_in_force: str = "GTC"
    post_only: bool = False
    confirmed: bool = False
    """The person accepted an unproven book."""
    ref: str = ""
    """Identity given by the screen, so one key press is one order."""
    lasts_s: int = 0
    """With GTD, how long it may rest, seconds."""


@dataclass(frozen=True, slots=True)
class CancelByUser:
    """Cancel one order."""

    client_order_id: ClientOrderId


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Cancel every open order."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Add tokens to, or remove them from, what the desk subscribes to."""

    token_ids: tuple[TokenId, ...]
    on: bool


@dataclass(frozen=True, slots=True)
class ThawMarket:
    """Let the market of a token trade again that was frozen: a person has looked."""

    token_id: TokenId


UserCommand = (
    FollowLeader
    | UnfollowLeader
    | PauseLeader
    | SetTradingState
    | Kill
    | ReleaseKill
    | PlaceOrder
    | CancelByUser
    | CancelAll
    | Watch
    | ThawMarket
)


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """Send an approved order to the venue."""

    approved: Approved


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask the venue to cancel."""

    client_order_id: ClientOrderId


@dataclass(frozen=True, slots=True)
class RequestSnapshot:
    """Fetch a fresh book: the held one is not usable."""

    token_id: TokenId
    reason: str


@dataclass(frozen=True, slots=True)
class RequestMarkets:
    """Fetch catalogue rows of tokens seen but unknown."""

    token_ids: tuple[TokenId, ...]


Command = SubmitOrder | CancelOrder | RequestSnapshot | RequestMarkets
