"""Our own orders never trade with each other."""

from __future__ import annotations

from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.units import format_micros
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse a price at which an own order on the other side would be met, across outcomes too.

    Source: ``trading.md`` section 12 (self-trading forfeits rebates and rewards), 2026-11.
    """
    is_buy = intent.side is Side.BUY
    own = context.own_ask if is_buy else context.own_bid
    if own is None or (intent.price < own if is_buy else intent.price > own):
        return None
    facts = (("price", format_micros(intent.price)), ("own", format_micros(own)))
    return Denial(DenyCode.SELF_TRADE, facts)
