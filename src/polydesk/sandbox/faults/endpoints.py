"""Names for the routes a fault script speaks of.

Source: ``trading.md`` sections 5.1 to 5.9.
"""

from __future__ import annotations

from typing import Final, Literal

Endpoint = Literal[
    "place",
    "order",
    "orders",
    "cancel",
    "cancel-one",
    "cancel-many",
    "cancel-all",
    "cancel-market",
    "order-by-id",
    "open-orders",
    "trades",
    "balance",
    "heartbeat",
    "auth",
    "time",
    "book",
]

_ROUTES: Final[dict[str, Endpoint]] = {
    "POST /clob/order": "order",
    "POST /clob/orders": "orders",
    "DELETE /clob/order": "cancel-one",
    "DELETE /clob/orders": "cancel-many",
    "DELETE /clob/cancel-all": "cancel-all",
    "DELETE /clob/cancel-market-orders": "cancel-market",
    "GET /clob/data/orders": "open-orders",
    "GET /clob/data/trades": "trades",
    "GET /clob/balance-allowance": "balance",
    "GET /clob/balance-allowance/update": "balance",
    "POST /clob/v1/heartbeats": "heartbeat",
    "POST /clob/heartbeats": "heartbeat",
    "GET /clob/time": "time",
    "GET /clob/book": "book",
}
_GROUPS: Final[dict[Endpoint, Endpoint]] = {
    "order": "place",
    "orders": "place",
    "cancel-one": "cancel",
    "cancel-many": "cancel",
    "cancel-all": "cancel",
    "cancel-market": "cancel",
}
ORDER_RELATED: Final = frozenset(_GROUPS)
"""Routes that place or cancel."""


def endpoint_of(method: str, path: str) -> Endpoint | None:
    """Return the name of a route, None when it has none."""
    path = path.rstrip("/")
    if path.startswith("/clob/data/order/"):
        return "order-by-id" if method == "GET" else None
    if path.startswith("/clob/auth/"):
        return "auth"
    return _ROUTES.get(f"{method} {path}")


def is_endpoint(wanted: Endpoint, method: str, path: str) -> bool:
    """Return whether a route is the named one or one of the named group."""
    found = endpoint_of(method, path)
    return found is not None and wanted in {found, _GROUPS.get(found)}
