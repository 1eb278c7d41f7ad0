"""What somebody wants done, before risk has looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from polydesk.domain.ids import ClientOrderId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros


class TimeInForce(StrEnum):
    """How long an order lives, as the venue writes it. Source: ``trading.md`` order types."""

    GTC = "GTC"
    GTD = "GTD"
    FOK = "FOK"
    FAK = "FAK"


class Origin(StrEnum):
    """Who wants the order."""

    MANUAL = "manual"
    COPY = "copy"
    EXTERNAL = "external"
    """Made outside this desk and adopted: counted, never managed."""


RESTING: Final = frozenset({TimeInForce.GTC, TimeInForce.GTD})
"""What is not matched at once waits in the book; only such orders can be post-only.

Source: ``trading.md`` section 5.1, 2026-11."""
_NS: Final = 1_000_000_000
GTD_SHORTEST_S: Final = 180
"""A GTD order must expire at least this far ahead. Source: the same, since 2026-07-03."""
DROPPED_EARLY_S: Final = 60
"""The venue drops a GTD order this long before it expires.

Source: ``trading.md`` section 5.1, 2026-11."""


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order somebody wants."""

    client_order_id: ClientOrderId
    token_id: TokenId
    side: Side
    price: PriceMicros
    """Limit price."""
    size: ShareMicros
    time_in_force: TimeInForce
    origin: Origin
    created_at: int
    """Engine time, nanoseconds UTC."""
    leader: Wallet | None = None
    """Whose trade is copied."""
    leader_trade: TradeId | None = None
    expires_at: int | None = None
    """For GTD, nanoseconds UTC."""
    post_only: bool = False
    confirmed: bool = False
    """A person has seen and accepted that the book is not proven."""

    @property
    def off_book_at(self) -> int | None:
        """When the book drops a GTD order, nanoseconds UTC; None for one that ends otherwise.

        The venue reads whole seconds and drops the order a minute early.

        Source: ``trading.md`` section 5.1.
        """
        if self.expires_at is None or self.time_in_force is not TimeInForce.GTD:
            return None
        return (self.expires_at // _NS - DROPPED_EARLY_S) * _NS
