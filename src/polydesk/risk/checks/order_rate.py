"""Not too many orders in a minute: whatever decides may have gone wild."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse when as many orders as allowed were approved in the last minute."""
    if context.approved_lately < limits.max_orders_per_minute:
        return None
    facts = (
        ("minute", str(context.approved_lately)),
        ("max", str(limits.max_orders_per_minute)),
    )
    return Denial(DenyCode.ORDER_RATE, facts)
