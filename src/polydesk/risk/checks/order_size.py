"""One order must not be too large."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.units import format_micros, notional_ceil
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse an order whose worst-case value passes the limit."""
    value = notional_ceil(intent.price, intent.size)
    if value <= limits.max_order_usd:
        return None
    facts = (("value", format_micros(value)), ("max", format_micros(limits.max_order_usd)))
    return Denial(DenyCode.ORDER_SIZE_ABOVE_MAXIMUM, facts)
