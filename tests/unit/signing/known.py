"""What the tests of signing share: the public test key, orders, the vectors' folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polydesk.domain.instruments import Side
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors"
TEST_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The publicly known first key of common development chains."""
TEST_ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
WALLET = "0xBc0fF067b7740Eff76C1ca93c875Ba6B890d6B50"
TOKEN = 71321045679252212594626385532706912750332728571942532289631379312455583992563
DOMAIN = exchange_domain(OrderVersion.V2, neg_risk=False)


def order(**changes: Any) -> OrderFields:
    """Return an order of the test key with some fields changed."""
    fields: dict[str, Any] = {
        "salt": 479_249_096_354,
        "maker": TEST_ADDRESS,
        "signer": TEST_ADDRESS,
        "token_id": TOKEN,
        "maker_amount": 52_000_000,
        "taker_amount": 100_000_000,
        "side": Side.BUY,
        "signature_type": SignatureType.EOA,
        "timestamp_ms": 1_795_000_000_000,
    }
    return OrderFields(**{**fields, **changes})


def wallet_order(**changes: Any) -> OrderFields:
    """Return an order of a deposit wallet."""
    mine = {"maker": WALLET, "signer": WALLET, "signature_type": SignatureType.POLY_1271}
    return order(**{**mine, **changes})
