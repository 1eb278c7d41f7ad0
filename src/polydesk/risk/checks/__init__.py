"""All checks in the order they are asked; the first denial wins."""

from __future__ import annotations

from collections.abc import Callable

from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial
from polydesk.risk.checks import (
    allowance,
    balance,
    book_proof,
    daily_loss,
    duplicate,
    expiry,
    exposure,
    frozen_market,
    instrument,
    kill_switch,
    open_orders,
    order_rate,
    order_size,
    reconciled,
    self_trade,
    trading_state,
    venue_mode,
)
from polydesk.risk.context import RiskContext

Check = Callable[[OrderIntent, RiskContext, RiskLimits], Denial | None]

CHECKS: tuple[Check, ...] = (
    kill_switch.check,
    trading_state.check,
    venue_mode.check,
    reconciled.check,
    frozen_market.check,
    duplicate.check,
    instrument.check,
    expiry.check,
    book_proof.check,
    self_trade.check,
    order_size.check,
    exposure.check,
    open_orders.check,
    order_rate.check,
    daily_loss.check,
    balance.check,
    allowance.check,
)
