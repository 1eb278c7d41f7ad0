"""Proof that a key signs rightly: orders that are never sent, and whose signature it is.

Source: ``trading.md`` sections 3.1, 3.2 and 3.4, 2026-11.
"""

from __future__ import annotations

from typing import Final

from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.errors import NotSignable
from polydesk.ports import Signer
from polydesk.venues.polymarket.signing.amounts import limit_amounts
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.eip712 import Domain
from polydesk.venues.polymarket.signing.orders import OrderFields, SignatureType
from polydesk.venues.polymarket.signing.recovery import recover
from polydesk.venues.polymarket.signing.signatures import (
    SIGNATURE_BYTES,
    sign_order,
    signed_digest,
)
from polydesk.venues.polymarket.signing.wallets import Funder

EXCHANGES: Final = {
    "standard": exchange_domain(OrderVersion.V2, neg_risk=False),
    "negative risk": exchange_domain(OrderVersion.V2, neg_risk=True),
    "version 3": exchange_domain(OrderVersion.V3, neg_risk=False),
}
"""Every contract that orders are signed for, by the name a person knows."""
_NOTHING: Final = 1
"""Salt and token of an order that no market has."""


def prove_signing(signer: Signer, funder: Funder, timestamp_ms: int) -> tuple[str, ...]:
    """Sign an order for every exchange, sent to none, and recover who signed it.

    Args:
        signer: The key.
        funder: The wallet it trades for.
        timestamp_ms: Milliseconds UTC.

    Returns:
        Names of the exchanges.

    Raises:
        NotSignable: A signature is not the key's.
    """
    order = _order(signer.address, funder, timestamp_ms)
    for name, domain in EXCHANGES.items():
        if _signer_of(order, domain, signer) != signer.address:
            raise NotSignable(f"an order for the {name} exchange was signed by another key")
    return tuple(EXCHANGES)


def _order(owner: str, funder: Funder, timestamp_ms: int) -> OrderFields:
    amounts = limit_amounts(
        Side.BUY, PriceMicros(500_000), ShareMicros(5_000_000), PriceMicros(10_000)
    )
    is_deposit = funder.signature_type is SignatureType.POLY_1271
    return OrderFields(
        salt=_NOTHING,
        maker=funder.address,
        signer=funder.address if is_deposit else owner,
        token_id=_NOTHING,
        maker_amount=amounts.maker,
        taker_amount=amounts.taker,
        side=Side.BUY,
        signature_type=funder.signature_type,
        timestamp_ms=timestamp_ms,
    )


def _signer_of(order: OrderFields, domain: Domain, signer: Signer) -> str | None:
    # A deposit wallet's signature begins with its owner's.
    return recover(
        signed_digest(order, domain), sign_order(order, domain, signer)[:SIGNATURE_BYTES]
    )
