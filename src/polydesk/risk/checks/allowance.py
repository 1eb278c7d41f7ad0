"""The exchange may take the cash that a buy costs."""

from __future__ import annotations

from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.units import format_micros
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse a buy that, with the open ones, passes the allowance last told; untold passes."""
    if intent.side is not Side.BUY or context.allowance is None or context.market is None:
        return None
    cost = context.worst_cost + context.reserved
    if cost <= context.allowance:
        return None
    facts = (("needed", format_micros(cost)), ("allowed", format_micros(context.allowance)))
    return Denial(DenyCode.ALLOWANCE_TOO_LOW, facts)
