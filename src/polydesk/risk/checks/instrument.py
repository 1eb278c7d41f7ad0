"""The market is known and trading, the price on its grid, the size at least its minimum."""

from __future__ import annotations

from polydesk.domain.instruments import Market
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.domain.units import PriceMicros, format_micros, on_tick
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse what the venue would refuse for its form."""
    market = context.market
    if market is None:
        return Denial(DenyCode.UNKNOWN_INSTRUMENT, (("token", intent.token_id),))
    if market.closed or not market.accepting_orders or market.payouts is not None:
        return Denial(DenyCode.MARKET_NOT_TRADING)
    return _check_price(intent, context, market) or _check_size(intent, market)


def _check_price(intent: OrderIntent, context: RiskContext, market: Market) -> Denial | None:
    tick = PriceMicros(context.book.tick) if context.book is not None else market.tick
    if on_tick(intent.price, tick):
        return None
    facts = (("price", format_micros(intent.price)), ("tick", format_micros(tick)))
    return Denial(DenyCode.PRICE_OFF_TICK, facts)


def _check_size(intent: OrderIntent, market: Market) -> Denial | None:
    if intent.size > 0 and intent.size >= market.min_size:
        return None
    facts = (("size", format_micros(intent.size)), ("min", format_micros(market.min_size)))
    return Denial(DenyCode.ORDER_SIZE_BELOW_MINIMUM, facts)
