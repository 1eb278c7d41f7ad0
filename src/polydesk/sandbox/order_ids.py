"""Which orders a request is about, read from its bytes alone, whatever becomes of it."""

from __future__ import annotations

from typing import Any

from polydesk.errors import NotSignable
from polydesk.sandbox.answers import Refusal, read_json
from polydesk.sandbox.faults.endpoints import endpoint_of
from polydesk.sandbox.trading.denials import Denied
from polydesk.sandbox.trading.desk import TradingDesk
from polydesk.sandbox.trading.payload import read_order
from polydesk.venues.polymarket.signing.contracts import market_domain
from polydesk.venues.polymarket.signing.orders import order_id


def order_ids(desk: TradingDesk, method: str, path: str, body: bytes) -> list[str]:
    """Return the digests of the orders a request places, or the ids it cancels by name."""
    try:
        told = read_json(body) if body else None
    except Refusal:
        return []
    match endpoint_of(method, path):
        case "order":
            return _digests(desk, [told])
        case "orders":
            return _digests(desk, told if isinstance(told, list) else [])
        case "cancel-one":
            return _texts([told.get("orderID")] if isinstance(told, dict) else [])
        case "cancel-many":
            return _texts(told if isinstance(told, list) else [])
    return []


def _digests(desk: TradingDesk, entries: list[Any]) -> list[str]:
    found = (_digest(desk, entry) for entry in entries)
    return [digest for digest in found if digest]


def _digest(desk: TradingDesk, entry: Any) -> str:
    """Return an order's digest for the contract its market trades on, empty when it has none."""
    try:
        fields = read_order(entry).fields
        market = desk.feed.peek(str(fields.token_id))
        if market is None:
            return ""
        return order_id(fields, market_domain(market.version, market.neg_risk))
    except (Denied, NotSignable):
        return ""


def _texts(values: list[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]
