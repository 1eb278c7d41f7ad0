"""The signed order: eleven integers, the same struct for domain versions 2 and 3.

Source: ``trading.md`` sections 3.2 to 3.6, 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from polydesk.domain.ids import VenueOrderId
from polydesk.domain.instruments import Side
from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.eip712 import (
    UINT256_MAX,
    WORD,
    ZERO_WORD,
    Domain,
    address_word,
    text_word,
    typed_digest,
    uint_word,
)
from polydesk.venues.polymarket.signing.keccak import keccak256

ORDER_TYPE: Final = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    "bytes32 builder)"
)
ORDER_TYPE_HASH: Final = text_word(ORDER_TYPE)
MAX_SALT: Final = 2**53 - 1
"""The venue reads the salt as a double; a larger one is refused or changes the order's id."""

SIDE_NUMBER: Final = {Side.BUY: 0, Side.SELL: 1}


class SignatureType(IntEnum):
    """Who owns the funds and how the signature is checked."""

    EOA = 0
    POLY_PROXY = 1
    POLY_GNOSIS_SAFE = 2
    POLY_1271 = 3
    """Deposit wallet: maker and signer are the wallet, its owner signs."""


_SIDE_WORDS = {side: uint_word(number) for side, number in SIDE_NUMBER.items()}
_TYPE_WORDS = {kind: uint_word(kind) for kind in SignatureType}
_OWN_WALLET = frozenset({SignatureType.EOA, SignatureType.POLY_1271})
"""Types whose maker and signer are one address."""


@dataclass(frozen=True, slots=True)
class OrderFields:
    """Everything of an order that is signed; checked when it is made.

    Raises:
        NotSignable: A value is out of range, or maker and signer do not suit the type.
    """

    salt: int
    """1 to 2**53 - 1, unique for each order."""
    maker: str
    """Address of the wallet whose funds are used."""
    signer: str
    """Address that must have signed."""
    token_id: int
    """CTF token id, or position id of Protocol V2."""
    maker_amount: int
    """What the maker gives: micro-pUSD of a buy, micro-shares of a sale."""
    taker_amount: int
    """What the maker wants: micro-shares of a buy, micro-pUSD of a sale."""
    side: Side
    signature_type: SignatureType
    timestamp_ms: int
    """When the order was made, milliseconds UTC."""
    metadata: bytes = ZERO_WORD
    builder: bytes = ZERO_WORD

    def __post_init__(self) -> None:
        _check("salt", self.salt, MAX_SALT)
        _check("token id", self.token_id, UINT256_MAX)
        _check("maker amount", self.maker_amount, UINT256_MAX)
        _check("taker amount", self.taker_amount, UINT256_MAX)
        _check("timestamp", self.timestamp_ms, UINT256_MAX)
        if len(self.metadata) != WORD or len(self.builder) != WORD:
            raise NotSignable("metadata and builder have 32 bytes each")
        same = address_word(self.maker) == address_word(self.signer)
        if self.signature_type in _OWN_WALLET and not same:
            kind = self.signature_type.name
            raise NotSignable(f"maker and signer of a {kind} order must be the same address")


def _check(name: str, value: int, largest: int) -> None:
    if type(value) is not int:
        raise NotSignable(f"the {name} must be a whole number")
    if not 0 < value <= largest:
        raise NotSignable(f"the {name} must lie between 1 and {largest}, not {value}")


def struct_hash(order: OrderFields) -> bytes:
    """Return the EIP-712 hash of the order's struct, words laid out one after the other."""
    return keccak256(
        b"".join(
            (
                ORDER_TYPE_HASH,
                uint_word(order.salt),
                address_word(order.maker),
                address_word(order.signer),
                uint_word(order.token_id),
                uint_word(order.maker_amount),
                uint_word(order.taker_amount),
                _SIDE_WORDS[order.side],
                _TYPE_WORDS[order.signature_type],
                uint_word(order.timestamp_ms),
                order.metadata,
                order.builder,
            )
        )
    )


def order_digest(order: OrderFields, domain: Domain) -> bytes:
    """Return the order's EIP-712 digest: its identity at the venue, known before sending.

    The same for every signature type; a deposit wallet signs another digest.
    """
    return typed_digest(domain, struct_hash(order))


def order_id(order: OrderFields, domain: Domain) -> VenueOrderId:
    """Return the id under which the venue will know the order."""
    return VenueOrderId("0x" + order_digest(order, domain).hex())
