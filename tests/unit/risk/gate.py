"""An intent that passes every check, and the moment in which it does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.builders import MS, T0, YES, levels, market, micros

from polydesk.domain.approval import Approved
from polydesk.domain.book import HashState, L2Book
from polydesk.domain.commands import TradingState
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.limits import RiskLimits
from polydesk.domain.reasons import Denial
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.risk.context import RiskContext
from polydesk.risk.engine import judge

LIMITS = RiskLimits()


def proven_book() -> L2Book:
    book = L2Book(YES, 10_000)
    book.apply_snapshot(levels(("0.49", "300")), levels(("0.50", "200")), T0, T0)
    book.hash_state = HashState.PROVEN
    return book


def intent(
    side: Side = Side.BUY, price: str = "0.50", size: str = "10", **more: Any
) -> OrderIntent:
    plain = OrderIntent(
        client_order_id=ClientOrderId("o1"),
        token_id=YES,
        side=side,
        price=PriceMicros(micros(price)),
        size=ShareMicros(micros(size)),
        time_in_force=TimeInForce.GTC,
        origin=Origin.COPY,
        created_at=T0,
    )
    return replace(plain, **more)


def context(fees: FeeSchedule | None = None, **changes: Any) -> RiskContext:
    easy = RiskContext(
        now=T0 + MS,
        trading_state=TradingState.ACTIVE,
        killed=False,
        market=market(fees=fees),
        book=proven_book(),
        free_cash=UsdMicros(micros("1000")),
        free_shares=ShareMicros(micros("1000")),
        market_exposure=UsdMicros(0),
        total_exposure=UsdMicros(0),
        open_orders=0,
        day_loss=UsdMicros(0),
        duplicate=False,
    )
    return replace(easy, **changes)


def code(order: OrderIntent, moment: RiskContext, limits: RiskLimits = LIMITS) -> str:
    """Return the denial's code, empty when approved."""
    verdict = judge(order, moment, limits)
    assert isinstance(verdict, Approved | Denial)
    return str(verdict.code) if isinstance(verdict, Denial) else ""
