"""Open orders and trades as the venue lists them.

Source: ``trading.md`` section 5.6.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Final

from polydesk.domain.units import format_micros
from polydesk.sandbox.books import Json
from polydesk.sandbox.trading.denials import denied
from polydesk.sandbox.trading.markets import MarketFeed
from polydesk.sandbox.trading.tickets import Tickets
from polydesk.sandbox.trading.user_frames import SECOND, Reporter
from polydesk.venues.simulation.exchange.closing import RESOLVED
from polydesk.venues.simulation.exchange.orders import Order, OrderState
from polydesk.venues.simulation.exchange.state import State
from polydesk.venues.simulation.exchange.trades import Trade

PAGE: Final = 100
START: Final = "MA=="
END: Final = "LTE="
BAD_ORDER_QUERY: Final = "invalid order params payload"
BAD_TRADE_QUERY: Final = "Invalid trade params payload"
LISTED_STATUSES: Final = frozenset({"LIVE", "MATCHED", "DELAYED", RESOLVED})

Query = Mapping[str, str]


class Listings:
    """What a key may read of its own orders and trades."""

    def __init__(
        self, state: State, tickets: Tickets, feed: MarketFeed, reporter: Reporter
    ) -> None:
        self._state = state
        self._tickets = tickets
        self._feed = feed
        self._reporter = reporter

    def order(self, owner: str, order_id: str) -> Json:
        """Return one order, also one that is over; raise Denied for any other id."""
        order = self._state.orders.get(order_id)
        if order is None or self._tickets.owner(order_id) != owner:
            raise denied("Order not found", 404)
        return self._order_row(order)

    def open_orders(self, owner: str, query: Query) -> Json:
        """Return a page of open orders; asked for by id, one that is over is shown too."""
        wanted = query.get("id", "")
        chosen = [wanted] if wanted else list(self._state.live)
        orders = (self._state.orders[name] for name in chosen if name in self._state.orders)
        rows = [
            self._order_row(order)
            for order in orders
            if self._tickets.owner(order.order_id) == owner and _order_matches(order, query)
        ]
        return page(rows, query, BAD_ORDER_QUERY)

    def trades(self, owner: str, query: Query) -> Json:
        """Return a page of trades, newest first."""
        after, before = _seconds(query, "after"), _seconds(query, "before")
        rows = []
        for trade in reversed(self._state.trades.values()):
            role = self._reporter.parties(trade).get(owner)
            at = trade.matched_at // SECOND
            outside = (after is not None and at < after) or (before is not None and at > before)
            if role is not None and not outside and self._trade_matches(trade, owner, query):
                rows.append(self._trade_row(trade, role))
        return page(rows, query, BAD_TRADE_QUERY)

    def _order_row(self, order: Order) -> Json:
        request = order.request
        ticket = self._tickets.get(order.order_id)
        return {
            "id": order.order_id,
            "status": _listed_status(order),
            "owner": self._tickets.owner(order.order_id),
            "maker_address": self._tickets.address(order.order_id),
            "market": order.condition_id,
            "asset_id": request.token_id,
            "side": request.side.value,
            "original_size": format_micros(request.size),
            "size_matched": format_micros(order.filled),
            "price": format_micros(request.price),
            "outcome": self._feed.outcome(request.token_id)[0],
            "expiration": str(ticket.expiration_s if ticket is not None else 0),
            "order_type": request.order_type.value,
            "associate_trades": list(order.trade_ids),
            "created_at": order.placed_at // SECOND,
        }

    def _trade_row(self, trade: Trade, role: str) -> Json:
        body = self._reporter.trade(trade, role)
        return {**body, "status": f"TRADE_STATUS_{body['status']}", "err_msg": None}

    def _trade_matches(self, trade: Trade, owner: str, query: Query) -> bool:
        """Return whether a trade passes the filters, by its taker's or the key's own entries."""
        legs = [trade.taker, *trade.makers]
        mine = [leg for leg in legs if self._tickets.owner(leg.order_id) == owner]
        tokens = {trade.taker.token_id, *(leg.token_id for leg in mine)}
        wallets = {self._tickets.address(leg.order_id).lower() for leg in mine}
        return (
            query.get("id", trade.trade_id) in {trade.trade_id, ""}
            and query.get("market", "") in {trade.condition_id, ""}
            and query.get("asset_id", "") in {*tokens, ""}
            and query.get("maker_address", "").lower() in {*wallets, ""}
        )


def _order_matches(order: Order, query: Query) -> bool:
    return query.get("market", "") in {order.condition_id, ""} and query.get("asset_id", "") in {
        order.request.token_id,
        "",
    }


def _listed_status(order: Order) -> str:
    """Return the status as listings write it: why an order was canceled is the socket's to say."""
    if order.status in LISTED_STATUSES:
        return order.status
    return OrderState.CANCELED.value


def page(rows: Sequence[Json], query: Query, complaint: str) -> Json:
    """Return a page; its cursor is an offset in base64, as the venue's.

    Raises:
        Denied: The cursor is none.
    """
    start = _offset(query.get("next_cursor") or START, complaint)
    part = rows[start : start + PAGE] if start >= 0 else []
    more = start >= 0 and start + PAGE < len(rows)
    following = base64.b64encode(str(start + PAGE).encode()).decode() if more else END
    return {"limit": PAGE, "count": len(part), "next_cursor": following, "data": list(part)}


def _offset(cursor: str, complaint: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True))
    except ValueError as error:
        raise denied(complaint) from error


def _seconds(query: Query, name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise denied(BAD_TRADE_QUERY)
    return int(text)
