"""Why the exchange says no, in the venue's words.

Checks run in the order in which the venue lists its texts; the order inside the venue is not
published.

Source: ``trading.md`` sections 4.2 (grid), 4.4 (minimums), 5.1 (order types), 5.4 (texts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import RESTING, TimeInForce
from polydesk.venues.simulation.exchange.accounts import Accounts
from polydesk.venues.simulation.exchange.orders import NewOrder
from polydesk.venues.simulation.order_rules import (
    BAD_EXPIRATION,
    FAK_KILLED,
    FOK_KILLED,
    GTD_SHORTEST_NS,
    NOT_READY,
    POST_ONLY_TYPE,
    SECOND,
    grid_refusal,
)

BAD_PAYLOAD: Final = "Invalid order payload"
NO_FUNDS: Final = "not enough balance / allowance"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no, as it will be answered."""

    text: str
    http_status: int = 400
    code: str = ""
    retry_after_s: int | None = None


def account_refusal(order: NewOrder, account: str, accounts: Accounts) -> str:
    """Return why the account may not place the order, empty when it may."""
    if account not in accounts.names:
        return BAD_PAYLOAD
    if account in accounts.banned:
        return f"'{account}' address banned"
    if account in accounts.closed_only and order.side is Side.BUY:
        return f"'{account}' address in closed only mode"
    return ""


def market_refusal(market: Market | None) -> str:
    """Return why the market takes no orders, empty when it does."""
    if market is None:
        return BAD_PAYLOAD
    if market.payouts is not None or market.closed or not market.accepting_orders:
        return NOT_READY
    return ""


def form_refusal(order: NewOrder, market: Market, *, known: bool) -> str:
    """Return what is wrong with the order by itself, empty when nothing is.

    Args:
        order: The order.
        market: Its market with the present grid.
        known: Whether an order with this digest was taken before.
    """
    if order.size <= 0:
        return BAD_PAYLOAD
    off_grid = grid_refusal(
        order.order_id,
        order.side,
        order.order_type,
        price=order.price,
        size=order.size,
        tick=market.tick,
        minimum=market.min_size,
    )
    if off_grid:
        return off_grid
    if known:
        return f"order {order.order_id} is invalid. Duplicated."
    if order.post_only and order.order_type not in RESTING:
        return POST_ONLY_TYPE
    return ""


def expiration_refusal(order: NewOrder, now: int) -> str:
    """Return what is wrong with the expiration, empty when nothing is."""
    if order.order_type is not TimeInForce.GTD:
        return BAD_EXPIRATION if order.expiration else ""
    too_soon = order.expiration * SECOND < now + GTD_SHORTEST_NS
    return BAD_EXPIRATION if too_soon else ""


def kill_reason(order: NewOrder, matched: int) -> str:
    """Return why an order that may not rest dies without any fill, empty when it does not."""
    if order.order_type is TimeInForce.FOK and matched < order.size:
        return FOK_KILLED
    if order.order_type is TimeInForce.FAK and not matched:
        return FAK_KILLED
    return ""
