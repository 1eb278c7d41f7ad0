"""Nothing new while the kill switch is latched."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse everything while killed."""
    return Denial(DenyCode.KILL_LATCHED) if context.killed else None
