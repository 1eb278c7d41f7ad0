"""An order that ends by itself lives long enough for the venue to take it."""

from __future__ import annotations

from polydesk.domain.intents import GTD_SHORTEST_S, OrderIntent, TimeInForce
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext

_NS = 1_000_000_000


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse a GTD order without an end, or with one too near; a wrong clock must not send it."""
    if intent.time_in_force is not TimeInForce.GTD:
        return None
    left_ns = 0 if intent.expires_at is None else intent.expires_at - context.now
    if left_ns >= GTD_SHORTEST_S * _NS:
        return None
    facts = (("seconds", str(left_ns // _NS)), ("min", str(GTD_SHORTEST_S)))
    return Denial(DenyCode.EXPIRY_TOO_NEAR, facts)
