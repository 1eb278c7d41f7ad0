"""Free cash covers a buy with its fee; free shares cover a sale."""

from __future__ import annotations

from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.units import format_micros
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse what the account cannot pay for or does not hold."""
    if intent.side is Side.SELL:
        if intent.size <= context.free_shares:
            return None
        facts = (("size", format_micros(intent.size)), ("free", format_micros(context.free_shares)))
        return Denial(DenyCode.INSUFFICIENT_SHARES, facts)
    if context.market is None or context.worst_cost <= context.free_cash:
        return None
    cost = format_micros(context.worst_cost)
    facts = (("cost", cost), ("free", format_micros(context.free_cash)))
    return Denial(DenyCode.INSUFFICIENT_CASH, facts)
