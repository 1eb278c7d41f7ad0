"""Not too many orders at once."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse when the limit of open orders is reached."""
    if context.open_orders < limits.max_open_orders:
        return None
    facts = (("open", str(context.open_orders)), ("max", str(limits.max_open_orders)))
    return Denial(DenyCode.TOO_MANY_OPEN_ORDERS, facts)
