"""Nothing new before the desk knows what became of its earlier orders."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse everything while orders and balances are being looked up."""
    return None if context.ready else Denial(DenyCode.NOT_RECONCILED)
