"""The text of an order request: written once, signed by the HMAC and sent as it is.

Source: ``trading.md`` section 5.1, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from polydesk.domain.intents import RESTING, TimeInForce
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.orders import OrderFields

ORDER_PATH = "/order"
_encode = msgspec.json.Encoder().encode


def order_request(
    order: OrderFields,
    signature: bytes,
    owner: str,
    time_in_force: TimeInForce,
    *,
    expiration_s: int = 0,
    post_only: bool = False,
    defer_exec: bool = False,
) -> dict[str, Any]:
    """Return the request for one order as plain values in their written order.

    Args:
        order: The signed fields.
        signature: As ``sign_order`` made it.
        owner: Id of the API key.
        time_in_force: How long the order lives.
        expiration_s: Unix seconds, with GTD only; the book drops the order a minute earlier.
        post_only: Refuse rather than take; with GTC and GTD only.
        defer_exec: False; the venue documents nothing else.

    Raises:
        NotSignable: The options contradict each other.
    """
    if (time_in_force is TimeInForce.GTD) != (expiration_s > 0):
        raise NotSignable("an expiration belongs to GTD orders, and to them only")
    if post_only and time_in_force not in RESTING:
        raise NotSignable("only GTC and GTD orders can be post-only")
    return {
        "order": signed_order(order, signature, expiration_s),
        "owner": owner,
        "orderType": time_in_force.value,
        "deferExec": defer_exec,
        "postOnly": post_only,
    }


def signed_order(order: OrderFields, signature: bytes, expiration_s: int) -> dict[str, Any]:
    """Return the inner object; salt and signature type are numbers, the rest is text."""
    return {
        "salt": order.salt,
        "maker": order.maker,
        "signer": order.signer,
        "tokenId": str(order.token_id),
        "makerAmount": str(order.maker_amount),
        "takerAmount": str(order.taker_amount),
        "side": order.side.value,
        "expiration": str(expiration_s),
        "signatureType": order.signature_type.value,
        "timestamp": str(order.timestamp_ms),
        "metadata": "0x" + order.metadata.hex(),
        "builder": "0x" + order.builder.hex(),
        "signature": "0x" + signature.hex(),
    }


def compact(request: Mapping[str, Any]) -> bytes:
    """Return the bytes to sign and send."""
    return _encode(request)
