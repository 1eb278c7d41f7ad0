"""The venue takes what is asked of it: every mode but the normal one shuts some orders out."""

from __future__ import annotations

from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.venue import VenueMode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse what the venue would refuse now; nothing is sent only to be turned away.

    Source: ``trading.md`` sections 5.10 (closed-only) and 11 (restart), 2026-11.
    """
    mode = context.venue_mode
    if mode is VenueMode.NORMAL:
        return None
    if mode is VenueMode.POST_ONLY and intent.post_only:
        return None
    # A position is never short, so a sale always reduces it.
    if mode is VenueMode.CLOSED_ONLY and intent.side is Side.SELL:
        return None
    return Denial(DenyCode.VENUE_NOT_TAKING_ORDERS, (("mode", str(mode)),))
