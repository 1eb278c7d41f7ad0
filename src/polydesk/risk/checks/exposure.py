"""Cost at stake in one market and in all of them, open buys included."""

from __future__ import annotations

from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.units import format_micros, notional_ceil
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse a buy that would pass the market's or the account's limit."""
    if intent.side is not Side.BUY:
        return None
    cost = notional_ceil(intent.price, intent.size)
    market = context.market_exposure + cost
    if market > limits.max_market_usd:
        return _denial(DenyCode.MARKET_EXPOSURE_ABOVE_MAXIMUM, market, limits.max_market_usd)
    total = context.total_exposure + cost
    if total > limits.max_total_usd:
        return _denial(DenyCode.TOTAL_EXPOSURE_ABOVE_MAXIMUM, total, limits.max_total_usd)
    return None


def _denial(code: DenyCode, value: int, limit: int) -> Denial:
    return Denial(code, (("exposure", format_micros(value)), ("max", format_micros(limit))))
