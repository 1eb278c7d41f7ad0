"""Why the exchange says no, in the venue's words.

Checks run in the order in which the venue lists its texts; the order inside the venue is not
published.

Source: ``trading.md`` sections 4.2 (grid), 4.4 (minimums), 5.1 (order types), 5.4 (texts).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import MICROS, format_micros, notional_ceil, on_tick
from polydesk.venues.simulation.exchange.accounts import Accounts
from polydesk.venues.simulation.exchange.orders import RESTING, SECOND, NewOrder

GTD_SHORTEST_NS: Final = 180 * SECOND
"""An expiration must be at least this far ahead."""
LOT: Final = 10_000
"""Sizes have two decimals."""
SMALLEST_MARKETABLE_BUY: Final = MICROS
"""A buy that matches at once must be worth one dollar."""

BAD_PAYLOAD: Final = "Invalid order payload"
NOT_READY: Final = "the market is not yet ready to process new orders"
CROSSES: Final = "invalid post-only order: order crosses book"
POST_ONLY_TYPE: Final = "invalid post-only order: only GTC and GTD orders can be post-only"
NO_FUNDS: Final = "not enough balance / allowance"
BAD_EXPIRATION: Final = "invalid expiration"
FOK_KILLED: Final = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED: Final = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)


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
    name = f"order {order.order_id} is invalid."
    if order.size <= 0:
        return BAD_PAYLOAD
    if not on_tick(order.price, market.tick):
        price, tick = format_micros(order.price), format_micros(market.tick)
        return f"{name} Price ({price}) breaks minimum tick size rule: {tick}"
    if order.size < market.min_size:
        size, least = format_micros(order.size), format_micros(market.min_size)
        return f"{name} Size ({size}) lower than the minimum: {least}"
    if order.size % LOT and _size_is_stated_in_shares(order):
        return f"{name} Maximum lot size is 2"
    if known:
        return f"{name} Duplicated."
    if order.post_only and order.order_type not in RESTING:
        return POST_ONLY_TYPE
    return ""


def _size_is_stated_in_shares(order: NewOrder) -> bool:
    """A market buy states dollars; its shares may have more decimals."""
    return order.side is Side.SELL or order.order_type in RESTING


def expiration_refusal(order: NewOrder, now: int) -> str:
    """Return what is wrong with the expiration, empty when nothing is."""
    if order.order_type is not TimeInForce.GTD:
        return BAD_EXPIRATION if order.expiration else ""
    too_soon = order.expiration * SECOND < now + GTD_SHORTEST_NS
    return BAD_EXPIRATION if too_soon else ""


def marketable_refusal(order: NewOrder) -> str:
    """Return what is wrong with an order that would match at once, empty when nothing is."""
    if order.post_only:
        return CROSSES
    worth = notional_ceil(order.price, order.size)
    if order.side is Side.BUY and worth < SMALLEST_MARKETABLE_BUY:
        return f"invalid amount for a marketable BUY order (${format_micros(worth)}), min size: $1"
    return ""


def kill_reason(order: NewOrder, matched: int) -> str:
    """Return why an order that may not rest dies without any fill, empty when it does not."""
    if order.order_type is TimeInForce.FOK and matched < order.size:
        return FOK_KILLED
    if order.order_type is TimeInForce.FAK and not matched:
        return FAK_KILLED
    return ""
