"""An order that ends by itself lives long enough for the venue to take it."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent, TimeInForce
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext

SHORTEST_NS = 180_000_000_000
"""Source: ``trading.md`` section 5.1 (GTD is at least 3 minutes ahead since 2026-07-03)."""


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse a GTD order without an end, or with one too near; a wrong clock must not send it."""
    if intent.time_in_force is not TimeInForce.GTD:
        return None
    left_ns = 0 if intent.expires_at is None else intent.expires_at - context.now
    if left_ns >= SHORTEST_NS:
        return None
    facts = (("seconds", str(left_ns // 1_000_000_000)), ("min", "180"))
    return Denial(DenyCode.EXPIRY_TOO_NEAR, facts)
