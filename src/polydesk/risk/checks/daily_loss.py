"""After the day's loss limit only reducing orders pass until 00:00 UTC."""

from __future__ import annotations

from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.units import format_micros
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse buys once today's loss has reached the limit."""
    if intent.side is not Side.BUY or context.day_loss < limits.max_daily_loss_usd:
        return None
    facts = (
        ("loss", format_micros(context.day_loss)),
        ("max", format_micros(limits.max_daily_loss_usd)),
    )
    return Denial(DenyCode.DAILY_LOSS_REACHED, facts)
