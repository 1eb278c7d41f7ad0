"""What the rim tells: answers to actions, the user stream, and what a person's venue says.

Plain values, so that a session's inputs can be recorded and played again. Times are
nanoseconds UTC by the desk's clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.ids import ClientOrderId, TokenId, VenueOrderId
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.domain.venue import CancelOutcome, PlaceOutcome, VenueFill, VenueMode, VenueOrder


@dataclass(frozen=True, slots=True)
class Signed:
    """The signer signed; from now on the order has its identity."""

    client_order_id: ClientOrderId
    venue_order_id: VenueOrderId


@dataclass(frozen=True, slots=True)
class NotSigned:
    """The signer refused or is gone; there is no signature."""

    client_order_id: ClientOrderId
    reason: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """The signed order is on disk."""

    client_order_id: ClientOrderId


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """The journal could not take the order; it must not be sent."""

    client_order_id: ClientOrderId
    reason: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """The rim did not send: not one byte left."""

    client_order_id: ClientOrderId
    reason: str


@dataclass(frozen=True, slots=True)
class Placed:
    """The sending ended, one way or the other."""

    client_order_id: ClientOrderId
    outcome: PlaceOutcome


@dataclass(frozen=True, slots=True)
class CancelsAnswered:
    """A request to cancel ended."""

    venue_order_ids: tuple[VenueOrderId, ...]
    outcome: CancelOutcome


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """The venue was asked about one order."""

    venue_order_id: VenueOrderId
    order: VenueOrder | None
    """None: not found, which is a question and no answer."""
    started_at: int
    is_read: bool = True
    """False: the venue could not be read at all."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenOrdersListed:
    """All open orders of the account."""

    orders: tuple[VenueOrder, ...]
    started_at: int
    """When the listing was begun: it proves nothing about later orders."""


@dataclass(frozen=True, slots=True)
class TradesListed:
    """All legs of ours since a time."""

    fills: tuple[VenueFill, ...]
    after_ns: int
    started_at: int


@dataclass(frozen=True, slots=True)
class BalanceRead:
    """The venue's count of the account."""

    cash: UsdMicros
    allowance: UsdMicros
    shares: tuple[tuple[TokenId, ShareMicros], ...]
    started_at: int


@dataclass(frozen=True, slots=True)
class ReadFailed:
    """A listing could not be read; it is asked for again."""

    what: str
    """``orders``, ``trades`` or ``balance``."""
    reason: str


@dataclass(frozen=True, slots=True)
class UserOrderSeen:
    """The user stream told an order. It may repeat and come out of order."""

    order: VenueOrder


@dataclass(frozen=True, slots=True)
class UserFillSeen:
    """The user stream told a leg of ours. It may repeat and come out of order."""

    fill: VenueFill


@dataclass(frozen=True, slots=True)
class UserLineChanged:
    """The user stream went up or down; nothing it missed comes again."""

    up: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ModeTold:
    """Something told what the venue lets the account do."""

    mode: VenueMode
    reason: str = ""
    for_s: float = 0.0


Input = (
    Signed
    | NotSigned
    | Recorded
    | NotRecorded
    | Withheld
    | Placed
    | CancelsAnswered
    | OrderAnswered
    | OpenOrdersListed
    | TradesListed
    | BalanceRead
    | ReadFailed
    | UserOrderSeen
    | UserFillSeen
    | UserLineChanged
    | ModeTold
)
