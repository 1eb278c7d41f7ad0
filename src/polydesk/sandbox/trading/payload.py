"""Reading the body of an order request.

Source: ``trading.md`` section 5.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.errors import NotSignable
from polydesk.sandbox.books import Json
from polydesk.sandbox.trading.denials import BAD_MAKER, BAD_PAYLOAD, BAD_VERSION, denied
from polydesk.venues.polymarket.signing.addresses import parse_address, write_address
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType
from polydesk.venues.polymarket.signing.positions import asset_number

_DIGITS: Final = re.compile(r"[0-9]{1,78}")
_WORD: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2}){1,4096}")
_OLD_FIELDS: Final = frozenset({"nonce", "feeRateBps"})
"""Members of an order of the first version, which production refuses."""
_OWN_WALLET: Final = frozenset({SignatureType.EOA, SignatureType.POLY_1271})


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order as it was sent."""

    fields: OrderFields
    signature: bytes
    owner: str
    order_type: TimeInForce
    post_only: bool
    expiration_s: int
    """Unix seconds by the client's clock; 0 for none."""


def read_order(body: Any) -> OrderRequest:
    """Read one order request.

    Raises:
        Denied: It has another form.
    """
    try:
        order = body["order"]
        if _OLD_FIELDS & order.keys() and "timestamp" not in order:
            raise denied(BAD_VERSION)
        return OrderRequest(
            fields=_fields(order),
            signature=bytes.fromhex(_matching(_HEX, order["signature"])[2:]),
            owner=_text(body["owner"]),
            order_type=TimeInForce(body["orderType"]),
            post_only=_flag(body, "postOnly"),
            expiration_s=int(_matching(_DIGITS, order.get("expiration", "0"))),
        )
    except (KeyError, TypeError, ValueError, AttributeError, NotSignable) as error:
        raise denied(BAD_PAYLOAD) from error


def _fields(order: Json) -> OrderFields:
    kind = SignatureType(_integer(order["signatureType"]))
    maker, signer = _address(order["maker"]), _address(order["signer"])
    if kind in _OWN_WALLET and maker != signer:
        raise denied(BAD_MAKER)
    return OrderFields(
        salt=_integer(order["salt"]),
        maker=maker,
        signer=signer,
        token_id=asset_number(_text(order["tokenId"])),
        maker_amount=int(_matching(_DIGITS, order["makerAmount"])),
        taker_amount=int(_matching(_DIGITS, order["takerAmount"])),
        side=Side(order["side"]),
        signature_type=kind,
        timestamp_ms=int(_matching(_DIGITS, order["timestamp"])),
        metadata=bytes.fromhex(_matching(_WORD, order["metadata"])[2:]),
        builder=bytes.fromhex(_matching(_WORD, order["builder"])[2:]),
    )


def _address(value: Any) -> str:
    return write_address(parse_address(_text(value)))


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("not a JSON integer")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a JSON text")
    return value


def _flag(body: Json, name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise TypeError("not a JSON boolean")
    return value


def _matching(form: re.Pattern[str], value: Any) -> str:
    text = _text(value)
    if form.fullmatch(text) is None:
        raise ValueError("not of the documented form")
    return text
