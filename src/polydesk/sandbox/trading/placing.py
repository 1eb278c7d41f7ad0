"""Placing and cancelling, from the request's body to the answer.

Source: ``trading.md`` sections 5.1 to 5.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import RESTING
from polydesk.domain.units import UsdMicros, format_micros, on_tick
from polydesk.sandbox.books import Json
from polydesk.sandbox.trading.auth import Caller
from polydesk.sandbox.trading.denials import (
    BAD_MAKER,
    BAD_ORDER_ID,
    BAD_OWNER,
    BAD_PAYLOAD,
    BAD_SIGNER,
    Denied,
    denied,
    denied_by_core,
)
from polydesk.sandbox.trading.desk import TradingDesk
from polydesk.sandbox.trading.payload import OrderRequest, read_order
from polydesk.sandbox.trading.pricing import bought_for, limit_of
from polydesk.sandbox.trading.tickets import Ticket
from polydesk.sandbox.trading.verification import check_signature, is_session
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType, order_id
from polydesk.venues.simulation.exchange.cancels import Cancels
from polydesk.venues.simulation.exchange.matcher import Placement
from polydesk.venues.simulation.exchange.orders import NewOrder

MOST_ORDERS: Final = 15
MOST_CANCELS: Final = 1_000


def place_one(desk: TradingDesk, caller: Caller, body: Any) -> Json:
    """Answer ``POST /order``; raise Denied when the order is refused."""
    placement = _judged(desk, caller, body)
    desk.settle()
    if placement.refusal is not None:
        raise denied_by_core(placement.refusal)
    return _accepted(placement)


def place_many(desk: TradingDesk, caller: Caller, body: Any) -> list[Json]:
    """Answer ``POST /orders``: each entry is judged alone.

    Raises:
        Denied: The batch has a wrong size, or the exchange takes no orders now.
    """
    if not isinstance(body, list) or not body:
        raise denied(BAD_PAYLOAD)
    if len(body) > MOST_ORDERS:
        text = f"Too many orders in payload: {len(body)}, max allowed: {MOST_ORDERS}"
        raise denied(text)
    answers = [_entry(desk, caller, entry) for entry in body]
    desk.settle()
    closed = [found for found in answers if isinstance(found, Denied)]
    if len(closed) == len(answers):
        raise closed[0]
    return [_refused(str(a.body["error"])) if isinstance(a, Denied) else a for a in answers]


def _entry(desk: TradingDesk, caller: Caller, body: Any) -> Json | Denied:
    """Return an entry's answer; Denied when the exchange as a whole takes no such order now."""
    try:
        placement = _judged(desk, caller, body)
    except Denied as no:
        return _refused(str(no.body["error"]))
    if placement.refusal is None:
        return _accepted(placement)
    if placement.refusal.http_status != 400:
        return denied_by_core(placement.refusal)
    return _refused(placement.refusal.text)


def _judged(desk: TradingDesk, caller: Caller, body: Any) -> Placement:
    request = read_order(body)
    if request.owner != caller.key.key:
        raise denied(BAD_OWNER)
    _check_wallet(desk, caller, request)
    market = desk.feed.find(str(request.fields.token_id))
    if market is None:
        raise denied(BAD_PAYLOAD)
    session = is_session(request.signature)
    domain = check_signature(
        request.fields, request.signature, market, caller.key.address, session=session
    )
    return _place(desk, caller, request, market, order_id(request.fields, domain))


def _check_wallet(desk: TradingDesk, caller: Caller, request: OrderRequest) -> None:
    """Check that signer and maker belong to the key.

    Raises:
        Denied: One of them does not.
    """
    order, mine = request.fields, caller.key.address
    if order.signature_type is SignatureType.POLY_1271:
        owned = desk.purses.owns(mine, order.signature_type, order.maker)
        authorised = desk.purses.is_session_of(mine, order.maker)
        if not (authorised if is_session(request.signature) else owned):
            raise denied(BAD_SIGNER)
    elif order.signer != mine:
        raise denied(BAD_SIGNER)
    elif not desk.purses.owns(mine, order.signature_type, order.maker):
        raise denied(BAD_MAKER)


def _place(
    desk: TradingDesk, caller: Caller, request: OrderRequest, market: Market, name: str
) -> Placement:
    order = request.fields
    desk.purses.use(caller.key.address, order.signature_type, order.maker)
    desk.tickets.add(name, Ticket(caller.key.key, order.maker, request.expiration_s))
    new = _new_order(desk, request, market, name, caller.ahead_s)
    placement = desk.core.place(order.maker, new, desk.now_ns)
    if name not in desk.core.state.orders:
        desk.tickets.forget(name)
    return placement


def _new_order(
    desk: TradingDesk, request: OrderRequest, market: Market, name: str, ahead_s: int
) -> NewOrder:
    """Return the order in the core's terms; its expiration by the exchange's clock."""
    order: OrderFields = request.fields
    price, size = limit_of(order, market.tick)
    if _spends(request) and on_tick(price, market.tick) and not desk.feed.taker_delay(market):
        book = desk.core.state.markets[market.condition_id]
        cash, token = UsdMicros(order.maker_amount), TokenId(str(order.token_id))
        size = bought_for(cash, book, token, price)
    expiration = request.expiration_s
    return NewOrder(
        order_id=name,
        token_id=TokenId(str(order.token_id)),
        side=order.side,
        price=price,
        size=size,
        order_type=request.order_type,
        post_only=request.post_only,
        expiration=expiration + ahead_s if expiration else 0,
    )


def _spends(request: OrderRequest) -> bool:
    """Return whether an order is a market buy, which states an amount of money."""
    return request.fields.side is Side.BUY and request.order_type not in RESTING


def _accepted(placement: Placement) -> Json:
    matched = bool(placement.trade_ids)
    return {
        "success": True,
        "errorMsg": "",
        "orderID": placement.order_id,
        "status": placement.status,
        "makingAmount": format_micros(placement.making_amount) if matched else "",
        "takingAmount": format_micros(placement.taking_amount) if matched else "",
        "transactionsHashes": [],
        "tradeIDs": list(placement.trade_ids),
    }


def _refused(text: str) -> Json:
    return {
        "success": False,
        "errorMsg": text,
        "orderID": "",
        "status": "",
        "makingAmount": "",
        "takingAmount": "",
        "transactionsHashes": [],
        "tradeIDs": [],
    }


def cancel_one(desk: TradingDesk, caller: Caller, body: Any) -> Json:
    """Answer ``DELETE /order``."""
    name = body.get("orderID") if isinstance(body, dict) else None
    if not isinstance(name, str) or not name:
        raise denied(BAD_ORDER_ID)
    return cancel_ids(desk, caller, [name])


def cancel_many(desk: TradingDesk, caller: Caller, body: Any) -> Json:
    """Answer ``DELETE /orders``."""
    if not isinstance(body, list) or not all(isinstance(name, str) for name in body):
        raise denied(BAD_PAYLOAD)
    if len(body) > MOST_CANCELS:
        raise denied(f"Too many orders in payload, max allowed: {MOST_CANCELS}")
    return cancel_ids(desk, caller, body)


def cancel_all(desk: TradingDesk, caller: Caller, _: Any) -> Json:
    """Answer ``DELETE /cancel-all``: the open orders of this API key."""
    return cancel_ids(desk, caller, _open(desk, caller))


def cancel_market(desk: TradingDesk, caller: Caller, body: Any) -> Json:
    """Answer ``DELETE /cancel-market-orders``: by condition, by outcome, or both."""
    fields = body if isinstance(body, dict) else {}
    market, asset = fields.get("market") or "", fields.get("asset_id") or ""
    if not isinstance(market, str) or not isinstance(asset, str) or not (market or asset):
        raise denied(BAD_PAYLOAD)
    orders = desk.core.state.orders
    chosen = [
        name
        for name in _open(desk, caller)
        if ConditionId(market) in {orders[name].condition_id, ""}
        and TokenId(asset) in {orders[name].request.token_id, ""}
    ]
    return cancel_ids(desk, caller, chosen)


def _open(desk: TradingDesk, caller: Caller) -> list[str]:
    return desk.tickets.of_owner(caller.key.key, desk.core.state)


def cancel_ids(desk: TradingDesk, caller: Caller, names: Sequence[str]) -> Json:
    """Cancel a key's orders by id; an order of another key is not found.

    Raises:
        Denied: The exchange takes no cancels now.
    """
    parts = [_cancel(desk, caller, name) for name in dict.fromkeys(names)]
    parts = parts or [desk.core.cancel("", [], desk.now_ns)]
    desk.settle()
    refusal = parts[0].refusal
    if refusal is not None:
        raise denied_by_core(refusal)
    return {"canceled": _all(parts), "not_canceled": _reasons(parts)}


def _cancel(desk: TradingDesk, caller: Caller, name: str) -> Cancels:
    order = desk.core.state.orders.get(name)
    mine = order is not None and desk.tickets.owner(name) == caller.key.key
    account = order.account if order is not None and mine else ""
    return desk.core.cancel(account, [name], desk.now_ns)


def _all(parts: Iterable[Cancels]) -> list[str]:
    return [name for part in parts for name in part.canceled]


def _reasons(parts: Iterable[Cancels]) -> dict[str, str]:
    return {name: why for part in parts for name, why in part.not_canceled.items()}
