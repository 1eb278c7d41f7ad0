"""Signatures of orders: plain, of a deposit wallet (ERC-7739), and by a session key.

Source: ``trading.md`` section 3.4, 2026-11.
"""

from __future__ import annotations

from typing import Final

from polydesk.errors import NotSignable
from polydesk.ports import Signer
from polydesk.venues.polymarket.signing.addresses import parse_address
from polydesk.venues.polymarket.signing.eip712 import (
    WORD,
    ZERO_WORD,
    Domain,
    address_word,
    text_word,
    typed_digest,
    uint_word,
)
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.orders import (
    ORDER_TYPE,
    OrderFields,
    SignatureType,
    struct_hash,
)

SIGNATURE_BYTES: Final = 65
DEPOSIT_WALLET_NAME: Final = "DepositWallet"
DEPOSIT_WALLET_VERSION: Final = "1"
TYPED_DATA_SIGN_TYPE_HASH: Final = text_word(
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    f"address verifyingContract,bytes32 salt){ORDER_TYPE}"
)
_WALLET_WORDS = text_word(DEPOSIT_WALLET_NAME) + text_word(DEPOSIT_WALLET_VERSION)
_CONTENTS_TYPE = ORDER_TYPE.encode()
_TRAILER = _CONTENTS_TYPE + len(_CONTENTS_TYPE).to_bytes(2, "big")
_SESSION_MARK = bytes.fromhex("6492" * 16)
"""Closing word of ERC-6492."""


def wrapped_hash(order: OrderFields, domain: Domain) -> bytes:
    """Return the hash of the struct in which a deposit wallet's owner signs an order."""
    return _wrapped(order, domain, struct_hash(order))


def signed_digest(order: OrderFields, domain: Domain) -> bytes:
    """Return the digest that the key signs: the order's own, except for deposit wallets."""
    contents = struct_hash(order)
    if order.signature_type is not SignatureType.POLY_1271:
        return typed_digest(domain, contents)
    return typed_digest(domain, _wrapped(order, domain, contents))


def sign_order(order: OrderFields, domain: Domain, signer: Signer) -> bytes:
    """Sign an order as its account's own key.

    Returns:
        65 bytes, or 317 for a deposit wallet.

    Raises:
        NotSignable: The order names another signer than this key.
    """
    if order.signature_type is SignatureType.POLY_1271:
        return _sign_for_wallet(order, domain, signer)
    if parse_address(order.signer) != parse_address(signer.address):
        raise NotSignable(f"the order names the signer {order.signer}, not {signer.address}")
    return checked(signer.sign(typed_digest(domain, struct_hash(order))))


def sign_order_with_session_key(order: OrderFields, domain: Domain, session: Signer) -> bytes:
    """Sign a deposit wallet's order with a key that the wallet has authorised.

    Returns:
        The deposit wallet's 317 bytes inside an envelope that names the session key.

    Raises:
        NotSignable: The order is not one of a deposit wallet.
    """
    if order.signature_type is not SignatureType.POLY_1271:
        raise NotSignable("only deposit wallets have session keys")
    inner = _sign_for_wallet(order, domain, session)
    head = address_word(session.address) + ZERO_WORD + uint_word(3 * WORD)
    padded = inner + bytes(-len(inner) % WORD)
    return head + uint_word(len(inner)) + padded + _SESSION_MARK


def checked(signature: bytes) -> bytes:
    """Return a signature of the right form; raise NotSignable for any other answer."""
    if len(signature) != SIGNATURE_BYTES or signature[-1] not in (27, 28):
        raise NotSignable("the signer did not answer with 65 bytes that end in 27 or 28")
    return signature


def _sign_for_wallet(order: OrderFields, domain: Domain, signer: Signer) -> bytes:
    contents = struct_hash(order)
    digest = typed_digest(domain, _wrapped(order, domain, contents))
    return checked(signer.sign(digest)) + domain.separator + contents + _TRAILER


def _wrapped(order: OrderFields, domain: Domain, contents: bytes) -> bytes:
    return keccak256(
        TYPED_DATA_SIGN_TYPE_HASH
        + contents
        + _WALLET_WORDS
        + uint_word(domain.chain_id)
        + address_word(order.signer)
        + ZERO_WORD
    )
