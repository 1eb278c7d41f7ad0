"""What a key may ask about itself.

Source: ``trading.md`` sections 2.2 and 5.6 to 5.10.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request

from polydesk.domain.ids import TokenId
from polydesk.sandbox.books import Json
from polydesk.sandbox.trading.auth import Caller
from polydesk.sandbox.trading.denials import BAD_ORDER_ID, BAD_PAYLOAD, denied
from polydesk.sandbox.trading.desk import TradingDesk
from polydesk.sandbox.trading.listings import END, PAGE
from polydesk.venues.polymarket.signing.contracts import (
    CTF_ADAPTER,
    EXCHANGE,
    EXCHANGE_V3,
    NEG_RISK_ADAPTER,
    NEG_RISK_EXCHANGE,
    ROUTER,
)
from polydesk.venues.polymarket.signing.eip712 import UINT256_MAX
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.simulation.exchange.accounts import CASH

COLLATERAL: Final = "COLLATERAL"
SPENDERS: Final = {
    COLLATERAL: (
        EXCHANGE, NEG_RISK_EXCHANGE, EXCHANGE_V3, CTF_ADAPTER, NEG_RISK_ADAPTER, ROUTER,
    ),
    "CONDITIONAL": (EXCHANGE, NEG_RISK_EXCHANGE, CTF_ADAPTER, NEG_RISK_ADAPTER),
    "CONDITIONAL-V2": (EXCHANGE_V3, ROUTER),
}  # fmt: skip
"""Who may move what, by asset type."""


def list_keys(desk: TradingDesk, caller: Caller, _: Request) -> Json:
    """Answer ``GET /auth/api-keys``."""
    return {"apiKeys": [key.key for key in desk.keys.of_address(caller.key.address)]}


def delete_key(desk: TradingDesk, caller: Caller, _: Any) -> str:
    """Answer ``DELETE /auth/api-key``."""
    desk.keys.revoke(caller.key)
    return "OK"


def closed_only(desk: TradingDesk, caller: Caller, _: Request) -> Json:
    """Answer ``GET /auth/ban-status/closed-only``."""
    restricted = desk.core.state.accounts.closed_only
    return {"closed_only": any(w in restricted for w in desk.purses.of_key(caller.key.address))}


def order(desk: TradingDesk, caller: Caller, request: Request) -> Json:
    """Answer ``GET /data/order/{id}``."""
    desk.settle()
    return desk.listings.order(caller.key.key, request.path_params["order_id"])


def open_orders(desk: TradingDesk, caller: Caller, request: Request) -> Json:
    """Answer ``GET /data/orders``."""
    desk.settle()
    return desk.listings.open_orders(caller.key.key, request.query_params)


def trades(desk: TradingDesk, caller: Caller, request: Request) -> Json:
    """Answer ``GET /data/trades``."""
    desk.settle()
    return desk.listings.trades(caller.key.key, request.query_params)


def no_rows(_: TradingDesk, __: Caller, ___: Request) -> Json:
    """Answer a listing that is always empty here."""
    return {"limit": PAGE, "count": 0, "next_cursor": END, "data": []}


def no_notifications(_: TradingDesk, __: Caller, ___: Request) -> list[Json]:
    """Answer ``GET /notifications``: there are none."""
    return []


def balance(desk: TradingDesk, caller: Caller, request: Request) -> Json:
    """Answer ``GET /balance-allowance`` for the wallet that credentials and type point to."""
    query = request.query_params
    kind = query.get("asset_type", "")
    if kind not in SPENDERS:
        raise denied("Invalid asset type")
    wallet = desk.purses.wallet_for(
        caller.key.address, _signature_type(query.get("signature_type"))
    )
    desk.settle()
    accounts = desk.core.state.accounts
    asset = CASH if kind == COLLATERAL else _token(query.get("token_id", ""))
    allowance = "0" if wallet in accounts.not_allowed else str(UINT256_MAX)
    return {
        "balance": str(accounts.balance(wallet, asset)),
        "allowances": dict.fromkeys(SPENDERS[kind], allowance),
    }


def update_balance(desk: TradingDesk, caller: Caller, request: Request) -> str:
    """Answer ``GET /balance-allowance/update``; nothing is cached here."""
    balance(desk, caller, request)
    return ""


def _signature_type(text: str | None) -> SignatureType:
    kinds = {str(kind.value): kind for kind in SignatureType}
    if text not in kinds:
        raise denied("Invalid signature_type")
    return kinds[text]


def _token(text: str) -> TokenId:
    if not text.isascii() or not text.isdecimal():
        raise denied("Invalid asset type")
    return TokenId(text)


def heartbeat(desk: TradingDesk, caller: Caller, body: Any) -> Json:
    """Answer ``POST /v1/heartbeats``."""
    desk.settle()
    return _armed(desk, desk.heartbeats.beat(caller.key.key, body, desk.now_ns))


def legacy_heartbeat(desk: TradingDesk, caller: Caller, _: Any) -> Json:
    """Answer ``POST /heartbeats``."""
    desk.settle()
    return _armed(desk, desk.heartbeats.legacy_beat(caller.key.key, desk.now_ns))


def _armed(desk: TradingDesk, body: Json) -> Json:
    """Let the desk look when the new deadline is over."""
    desk.settle()
    return body


def order_scoring(_: TradingDesk, __: Caller, request: Request) -> Json:
    """Answer ``GET /order-scoring``: no order earns rewards here."""
    if not request.query_params.get("order_id"):
        raise denied(BAD_ORDER_ID)
    return {"scoring": False}


def orders_scoring(_: TradingDesk, __: Caller, body: Any) -> dict[str, bool]:
    """Answer ``POST /orders-scoring``."""
    names = body.get("orderIds") if isinstance(body, dict) else body
    if not isinstance(names, list):
        raise denied(BAD_PAYLOAD)
    return {name: False for name in names if isinstance(name, str)}
