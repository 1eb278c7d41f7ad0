"""No orders where the venue's words contradict themselves."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse everything in a market that is frozen until a person has looked."""
    if not context.frozen:
        return None
    return Denial(DenyCode.MARKET_FROZEN, (("reason", context.frozen),))
