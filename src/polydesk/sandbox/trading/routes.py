"""The private routes of the CLOB host, and the few public ones of other hosts.

Source: ``trading.md`` sections 2.2, 5 and 12.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from polydesk.sandbox.answers import Refusal, answer, read_json
from polydesk.sandbox.trading import account_routes, placing
from polydesk.sandbox.trading.auth import Caller, SignedRequest, check_l1, check_l2
from polydesk.sandbox.trading.denials import BAD_PAYLOAD, Denied, denied
from polydesk.sandbox.trading.desk import TradingDesk

if TYPE_CHECKING:
    from polydesk.sandbox.exchange import Exchange

BodyAction = Callable[[TradingDesk, Caller, Any], Any]
QueryAction = Callable[[TradingDesk, Caller, Request], Any]
Handler = Callable[[Request], Awaitable[Response]]

BODIES: dict[tuple[str, str], BodyAction] = {
    ("POST", "/order"): placing.place_one,
    ("POST", "/orders"): placing.place_many,
    ("DELETE", "/order"): placing.cancel_one,
    ("DELETE", "/orders"): placing.cancel_many,
    ("DELETE", "/cancel-all"): placing.cancel_all,
    ("DELETE", "/cancel-market-orders"): placing.cancel_market,
    ("POST", "/v1/heartbeats"): account_routes.heartbeat,
    ("POST", "/heartbeats"): account_routes.legacy_heartbeat,
    ("POST", "/orders-scoring"): account_routes.orders_scoring,
    ("DELETE", "/auth/api-key"): account_routes.delete_key,
}
QUERIES: dict[str, QueryAction] = {
    "/auth/api-keys": account_routes.list_keys,
    "/auth/ban-status/closed-only": account_routes.closed_only,
    "/data/order/{order_id}": account_routes.order,
    "/data/orders": account_routes.open_orders,
    "/data/trades": account_routes.trades,
    "/data/pre-migration-orders": account_routes.no_rows,
    "/balance-allowance": account_routes.balance,
    "/balance-allowance/update": account_routes.update_balance,
    "/notifications": account_routes.no_notifications,
    "/order-scoring": account_routes.order_scoring,
}


def trading_routes(exchange: Exchange) -> list[Route]:
    """Return the private routes of the CLOB host."""
    desk = exchange.trading
    return [
        Route("/auth/api-key", _by_key(desk, create=True), methods=["POST"]),
        Route("/auth/derive-api-key", _by_key(desk, create=False), methods=["GET"]),
        *(
            Route(path, _with_body(desk, action), methods=[method])
            for (method, path), action in BODIES.items()
        ),
        *(Route(path, _with_query(desk, action)) for path, action in QUERIES.items()),
    ]


def site_routes(exchange: Exchange) -> list[Route]:
    """Return the routes of the venue's web site."""

    async def geoblock(request: Request) -> Response:
        host = request.client.host if request.client is not None else ""
        blocked = exchange.trading.blocked
        return answer({"blocked": blocked, "ip": host, "country": "", "region": ""})

    return [Route("/api/geoblock", geoblock)]


def relayer_routes(_: Exchange) -> list[Route]:
    """Return the routes of the relayer: every wallet is there as soon as it is used."""

    async def deployed(request: Request) -> Response:
        return answer({"deployed": True, "address": request.query_params.get("address", "")})

    return [Route("/deployed", deployed)]


def _answering(act: Callable[[Request, bytes], Any]) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return answer(act(request, await request.body()))
        except Denied as no:
            return answer(no.body, no.status, no.headers)

    return handle


def _by_key(desk: TradingDesk, *, create: bool) -> Handler:
    def act(request: Request, _: bytes) -> Any:
        address, nonce = check_l1(_named(request), desk.clocks)
        made = desk.keys.create(address, nonce) if create else desk.keys.derive(address, nonce)
        return made.as_json()

    return _answering(act)


def _with_body(desk: TradingDesk, action: BodyAction) -> Handler:
    def act(request: Request, text: bytes) -> Any:
        caller = _caller(desk, request, text)
        try:
            body = read_json(text) if text else None
        except Refusal as error:
            raise denied(BAD_PAYLOAD) from error
        return action(desk, caller, body)

    return _answering(act)


def _with_query(desk: TradingDesk, action: QueryAction) -> Handler:
    def act(request: Request, text: bytes) -> Any:
        return action(desk, _caller(desk, request, text), request)

    return _answering(act)


def _caller(desk: TradingDesk, request: Request, text: bytes) -> Caller:
    whole = request.url.path
    inner = whole.removeprefix(request.scope.get("root_path", ""))
    signed = SignedRequest(request.method, tuple({inner: None, whole: None}), text)
    return check_l2(_named(request), signed, desk.keys, desk.clocks)


def _named(request: Request) -> dict[str, str]:
    """Return the venue's headers by name in lower case."""
    return {name: value for name, value in request.headers.items() if name.startswith("poly_")}
