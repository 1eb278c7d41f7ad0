"""What our open orders hold and what touch they make, seen from one token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import RESTING, OrderIntent
from polydesk.domain.orders import Order
from polydesk.domain.units import ONE_PRICE, PriceMicros, ShareMicros, UsdMicros


@dataclass(slots=True)
class Bound:
    """Sums over all open orders; one pass, since every followed trade asks."""

    tokens: frozenset[TokenId]
    """The token and the others of its market."""
    cash: UsdMicros
    """Reservations of all open buys."""
    cash_in_market: UsdMicros = UsdMicros(0)
    """Reservations of open buys in the token's market."""
    shares: ShareMicros = ShareMicros(0)
    """Shares of the token that open sales hold."""
    bid: PriceMicros | None = None
    """Highest price at which an own resting order takes the token; also one that gives the other
    outcome for the rest of a dollar, which is matched by merging."""
    ask: PriceMicros | None = None
    """Lowest price at which an own resting order gives the token."""


def bound_by(
    orders: Iterable[Order],
    reserved: Mapping[ClientOrderId, UsdMicros],
    token_id: TokenId,
    market: Market | None,
) -> Bound:
    """Return what open orders bind.

    Args:
        orders: All open orders.
        reserved: Cash kept aside for each open buy.
        token_id: From where it is looked at.
        market: Of that token; None when it is not known.
    """
    tokens = frozenset([token_id] if market is None else [o.token_id for o in market.outcomes])
    found = Bound(tokens, UsdMicros(sum(reserved.values())))
    for order in orders:
        intent = order.intent
        if intent.token_id not in tokens:
            continue
        kept = reserved.get(intent.client_order_id, 0)
        found.cash_in_market = UsdMicros(found.cash_in_market + kept)
        is_same = intent.token_id == token_id
        if is_same and intent.side is Side.SELL:
            found.shares = ShareMicros(found.shares + order.remaining)
        if intent.time_in_force in RESTING:
            _note_touch(found, intent, is_same=is_same)
    return found


def _note_touch(found: Bound, intent: OrderIntent, *, is_same: bool) -> None:
    price = intent.price if is_same else PriceMicros(ONE_PRICE - intent.price)
    if (intent.side is Side.BUY) is is_same:
        found.bid = price if found.bid is None else max(found.bid, price)
    else:
        found.ask = price if found.ask is None else min(found.ask, price)
