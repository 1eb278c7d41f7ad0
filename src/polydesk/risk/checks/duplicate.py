"""One identity, one order."""

from __future__ import annotations

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse an identity that was used before."""
    if not context.duplicate:
        return None
    return Denial(DenyCode.DUPLICATE_ORDER, (("order", intent.client_order_id),))
