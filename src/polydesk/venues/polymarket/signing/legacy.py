"""The order of before 2026-04-28, to read old data; the venue refuses it.

Source: ``trading.md`` section 3.3, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.instruments import Side
from polydesk.venues.polymarket.signing.eip712 import address_word, text_word, uint_word
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.orders import SIDE_NUMBER, SignatureType

_LEGACY_TYPE = text_word(
    "Order(uint256 salt,address maker,address signer,address taker,uint256 tokenId,"
    "uint256 makerAmount,uint256 takerAmount,uint256 expiration,uint256 nonce,"
    "uint256 feeRateBps,uint8 side,uint8 signatureType)"
)


@dataclass(frozen=True, slots=True)
class LegacyOrder:
    """The twelve signed fields of a version 1 order."""

    salt: int
    maker: str
    signer: str
    taker: str
    token_id: int
    maker_amount: int
    taker_amount: int
    expiration_s: int
    nonce: int
    fee_rate_bps: int
    side: Side
    signature_type: SignatureType


def legacy_hash(order: LegacyOrder) -> bytes:
    """Return the EIP-712 hash of a version 1 order's struct."""
    addresses = (order.maker, order.signer, order.taker)
    numbers = (
        order.token_id,
        order.maker_amount,
        order.taker_amount,
        order.expiration_s,
        order.nonce,
        order.fee_rate_bps,
        SIDE_NUMBER[order.side],
        order.signature_type,
    )
    words = (uint_word(order.salt), *map(address_word, addresses), *map(uint_word, numbers))
    return keccak256(_LEGACY_TYPE + b"".join(words))
