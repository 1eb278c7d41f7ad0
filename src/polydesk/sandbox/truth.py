"""The exchange's whole truth as the control port tells it."""

from __future__ import annotations

from typing import Any

from polydesk.sandbox.trading.desk import TradingDesk
from polydesk.venues.simulation.exchange.trades import Leg, Trade

Row = dict[str, Any]


def truth_json(desk: TradingDesk) -> Row:
    """Return everything that counts, money in micros, after doing what is due.

    Orders carry the API key that sent them; each wallet lists its open orders, all its orders
    and its fills, one per trade and order.
    """
    desk.settle()
    core = desk.core
    truth = core.truth()
    for name, row in truth["orders"].items():
        order = core.state.orders[name]
        row |= {"owner": desk.tickets.owner(name), "state": order.state.value, "open": order.open}
    return {"digest": core.digest(), **truth, "accounts": _accounts(desk)}


def _accounts(desk: TradingDesk) -> dict[str, Row]:
    state = desk.core.state
    rows: dict[str, Row] = {
        name: {"open": [], "orders": [], "fills": []} for name in state.accounts.names
    }
    for order in state.orders.values():
        row = rows[order.account]
        row["orders"].append(order.order_id)
        if order.open:
            row["open"].append(order.order_id)
    for trade in state.trades.values():
        for leg in (trade.taker, *trade.makers):
            if leg.account in rows:
                rows[leg.account]["fills"].append(_fill(trade, leg))
    return rows


def _fill(trade: Trade, leg: Leg) -> Row:
    takes = leg is trade.taker
    return {
        "trade_id": trade.trade_id,
        "order_id": leg.order_id,
        "role": "TAKER" if takes else "MAKER",
        "token": leg.token_id,
        "side": leg.side.value,
        "price": leg.price,
        "size": leg.size,
        "fee": trade.fee if takes else 0,
        "status": trade.status.value,
    }
