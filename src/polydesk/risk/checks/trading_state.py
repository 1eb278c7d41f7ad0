"""The trading state set by hand: ACTIVE, REDUCING, HALTED."""

from __future__ import annotations

from polydesk.domain.commands import TradingState
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial, DenyCode
from polydesk.risk.context import RiskContext


def check(intent: OrderIntent, context: RiskContext, limits: RiskLimits) -> Denial | None:
    """Refuse all orders when halted and buys when reducing (a sale always reduces)."""
    if context.trading_state is TradingState.HALTED:
        return Denial(DenyCode.TRADING_HALTED)
    if context.trading_state is TradingState.REDUCING and intent.side is Side.BUY:
        return Denial(DenyCode.TRADING_REDUCING)
    return None
