"""Whether an order is signed by who it says, for the contract its market trades on.

Source: ``trading.md`` sections 3.1, 3.4 and 3.6.
"""

from __future__ import annotations

from itertools import product
from typing import Final

from polydesk.domain.instruments import Market
from polydesk.errors import NotSignable
from polydesk.sandbox.trading.denials import (
    BAD_SIGNATURE,
    BAD_VERSION,
    denied,
)
from polydesk.venues.polymarket.signing.contracts import (
    OrderVersion,
    exchange_domain,
    market_domain,
)
from polydesk.venues.polymarket.signing.eip712 import (
    WORD,
    ZERO_WORD,
    Domain,
    address_word,
    uint_word,
)
from polydesk.venues.polymarket.signing.orders import (
    ORDER_TYPE,
    OrderFields,
    SignatureType,
    struct_hash,
)
from polydesk.venues.polymarket.signing.recovery import recover
from polydesk.venues.polymarket.signing.signatures import SIGNATURE_BYTES, signed_digest

SESSION_MARK: Final = bytes.fromhex("6492" * 16)
"""Closing word of ERC-6492."""
_CONTENTS_TYPE: Final = ORDER_TYPE.encode()
_TRAILER: Final = _CONTENTS_TYPE + len(_CONTENTS_TYPE).to_bytes(2, "big")
_WRAPPED_BYTES: Final = SIGNATURE_BYTES + 2 * WORD + len(_TRAILER)
_OTHER_DOMAINS: Final = tuple(product((OrderVersion.V2, OrderVersion.V3), (False, True)))


def check_signature(
    order: OrderFields, signature: bytes, market: Market, address: str, *, session: bool
) -> Domain:
    """Return the domain an order is rightly signed for.

    Args:
        order: The order.
        signature: As it was sent.
        market: Its market.
        address: The account whose key must have signed.
        session: Whether that is a session key and not the wallet's owner.

    Raises:
        Denied: It was signed for another version of the exchange, or not by that key.
    """
    try:
        domain = market_domain(market.version, market.neg_risk)
    except NotSignable as error:
        raise denied(BAD_VERSION) from error
    if _signer(order, signature, domain, session=session) == address:
        return domain
    for version, neg_risk in _OTHER_DOMAINS:
        other = exchange_domain(version, neg_risk)
        foreign = other.version != domain.version
        if foreign and _signer(order, signature, other, session=session) == address:
            raise denied(BAD_VERSION)
    raise denied(BAD_SIGNATURE)


def _signer(order: OrderFields, signature: bytes, domain: Domain, *, session: bool) -> str | None:
    """Return whose key signed an order for a domain, None when nobody's did in the right form."""
    digest = signed_digest(order, domain)
    if order.signature_type is not SignatureType.POLY_1271:
        return recover(digest, signature)
    if not session:
        return _wallet_signer(order, signature, domain, digest)
    address, inner = open_envelope(signature)
    signer = _wallet_signer(order, inner, domain, digest)
    return signer if signer is not None and address == address_word(signer) else None


def _wallet_signer(
    order: OrderFields, signature: bytes, domain: Domain, digest: bytes
) -> str | None:
    """Return who signed in the form of ERC-7739: signature, domain, contents, their type."""
    wrapping = domain.separator + struct_hash(order) + _TRAILER
    if len(signature) != _WRAPPED_BYTES or signature[SIGNATURE_BYTES:] != wrapping:
        return None
    return recover(digest, signature[:SIGNATURE_BYTES])


def open_envelope(signature: bytes) -> tuple[bytes, bytes]:
    """Return the word naming a session key and its signature; both empty if it has another form.

    The envelope is the one encoding of (address, zero, signature) with the mark of ERC-6492.
    """
    head, start = signature[: 4 * WORD], 4 * WORD
    inner = signature[start : start + _WRAPPED_BYTES]
    padding = bytes(-_WRAPPED_BYTES % WORD)
    wanted = signature[:WORD] + ZERO_WORD + uint_word(3 * WORD) + uint_word(_WRAPPED_BYTES)
    if head != wanted or signature[start:] != inner + padding + SESSION_MARK:
        return b"", b""
    return signature[:WORD], inner


def is_session(signature: bytes) -> bool:
    """Return whether a signature says that it is a session key's."""
    return signature.endswith(SESSION_MARK)
