"""What the venue says about orders of ours: its words as values, before they mean anything.

An outcome of a request is one of four kinds. Only the first two are answers; ``UNKNOWN`` is a
question that evidence must settle, never a retry.

Source: ``trading.md`` sections 5.3 to 5.6 and 11, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ConditionId, TokenId, TradeId, VenueOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.refusals import RefusalCode
from polydesk.domain.units import PriceMicros, ShareMicros


class OutcomeKind(StrEnum):
    """What a request to place or cancel came to."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """The venue said no; final."""
    UNAVAILABLE = "unavailable"
    """Provably not taken: nothing was sent, or the venue refuses everything now."""
    UNKNOWN = "unknown"
    """It may have been taken."""


class VenueMode(StrEnum):
    """What the venue lets this account do now."""

    NORMAL = "normal"
    RESTARTING = "restarting"
    """The matching engine restarts: nothing passes (425)."""
    POST_ONLY = "post-only"
    """Only post-only orders and cancels (503 with a code)."""
    CANCEL_ONLY = "cancel-only"
    DISABLED = "disabled"
    CLOSED_ONLY = "closed-only"
    """The account may only reduce positions."""
    GEOBLOCKED = "geoblocked"


class VenueOrderStatus(StrEnum):
    """Where an order is by the venue's word. ``CANCELED`` covers every reason but expiry."""

    LIVE = "LIVE"
    MATCHED = "MATCHED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    DELAYED = "DELAYED"
    UNMATCHED = "UNMATCHED"
    INVALID = "INVALID"
    OTHER = "OTHER"
    """A word we do not know; its text is kept."""


class TradeStatus(StrEnum):
    """Where a trade's settlement is. ``MATCHED_NOT_BROADCASTED`` reads as MATCHED."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    RETRYING = "RETRYING"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"


FINAL_TRADES = frozenset({TradeStatus.CONFIRMED, TradeStatus.FAILED})


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """One order as the venue describes it."""

    venue_order_id: VenueOrderId
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    price: PriceMicros
    size: ShareMicros
    matched: ShareMicros
    status: VenueOrderStatus
    status_text: str = ""
    """The venue's own word, cleaned."""
    time_in_force: str = "GTC"
    created_ns: int = 0
    expires_ns: int | None = None
    trade_ids: tuple[TradeId, ...] = ()
    """Trades the venue associates with it."""


@dataclass(frozen=True, slots=True)
class VenueFill:
    """Our leg of a trade: side, token, price and size are those of our own order."""

    trade_id: TradeId
    venue_order_id: VenueOrderId
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    price: PriceMicros
    size: ShareMicros
    liquidity: Liquidity
    status: TradeStatus
    ts_event: int
    """When it was matched, nanoseconds UTC."""
    transaction_hash: str = ""
    parts: tuple[tuple[PriceMicros, ShareMicros], ...] = ()
    """(price in our token, size) of every maker a taker met, when known: a trade states one
    price, which cannot give the sum of several to the micro-dollar."""


@dataclass(frozen=True, slots=True)
class PlaceOutcome:
    """What placing one order came to."""

    kind: OutcomeKind
    venue_order_id: VenueOrderId | None = None
    status: str = ""
    """``live``, ``matched``, ``delayed`` or ``unmatched`` when accepted."""
    text: str = ""
    """The venue's words or ours, cleaned."""
    is_duplicate: bool = False
    """The venue had this very order already: proof that an earlier copy arrived."""
    mode: VenueMode | None = None
    """The mode the answer tells, when it tells one."""
    retry_after_s: float | None = None
    refusal: RefusalCode | None = None
    """What kind of no it was, when the venue said no."""


@dataclass(frozen=True, slots=True)
class CancelOutcome:
    """What a request to cancel came to."""

    kind: OutcomeKind
    canceled: tuple[VenueOrderId, ...] = ()
    not_canceled: tuple[tuple[VenueOrderId, str], ...] = ()
    """(order, the venue's reason)."""
    text: str = ""
    mode: VenueMode | None = None
    retry_after_s: float | None = None
