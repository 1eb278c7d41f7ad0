"""Order signing of the venue's official Python client, when it is installed.

It uses the same curve library as ours: its key library takes coincurve where it finds it.
"""

from __future__ import annotations

import json
from importlib import import_module
from importlib.metadata import version as package_version
from importlib.util import find_spec
from typing import Any

from polydesk.venues.polymarket.signing.eip712 import Domain
from polydesk.venues.polymarket.signing.orders import OrderFields

_PACKAGE = "polymarket"
_DISTRIBUTION = "polymarket-client"
_ORDERS = "polymarket._internal.actions.orders"


def available() -> bool:
    """Return whether the client is installed."""
    return find_spec(_PACKAGE) is not None


def version() -> str:
    """Return the installed version."""
    return f"{_DISTRIBUTION} {package_version(_DISTRIBUTION)}"


class OfficialSigner:
    """Signs orders the way the client's own ``create_limit_order`` does."""

    def __init__(self, secret: bytes) -> None:
        self.account: Any = import_module("eth_account").Account.from_key(secret)
        self._typed: Any = import_module(f"{_ORDERS}.typed_data")
        self._order: Any = import_module(f"{_ORDERS}.types").UnsignedOrder
        self._finish: Any = import_module(f"{_ORDERS}.orders").create_signed_order
        self._request: Any = import_module(f"{_ORDERS}.post").build_post_order_request

    def typed_data(self, order: OrderFields, domain: Domain) -> tuple[Any, dict[str, Any]]:
        """Return the client's own order and what it would sign."""
        theirs = self._order(
            chain_id=domain.chain_id,
            builder="0x" + order.builder.hex(),
            exchange_address=domain.contract,
            expiration=0,
            maker=order.maker,
            maker_amount=order.maker_amount,
            metadata="0x" + order.metadata.hex(),
            order_type="GTC",
            salt=order.salt,
            side=order.side.value,
            signature_type=int(order.signature_type),
            signer=order.signer,
            taker_amount=order.taker_amount,
            timestamp=order.timestamp_ms,
            token_id=str(order.token_id),
            protocol_version=domain.version,
        )
        return theirs, self._typed.build_order_typed_data(theirs)

    def sign(self, order: OrderFields, domain: Domain) -> str:
        """Return the client's signature as hex."""
        return self._signed(order, domain)[1]

    def body(self, order: OrderFields, domain: Domain, owner: str) -> bytes:
        """Return the request the client would send, signature and all."""
        theirs, signature = self._signed(order, domain)
        _, payload = self._request(self._finish(theirs, signature), owner_api_key=owner)
        return json.dumps(payload, separators=(",", ":")).encode()

    def _signed(self, order: OrderFields, domain: Domain) -> tuple[Any, str]:
        theirs, typed = self.typed_data(order, domain)
        signed = self.account.sign_typed_data(full_message=typed)
        signature: str = self._typed.build_order_signature(theirs, "0x" + signed.signature.hex())
        return theirs, signature
