"""Who signed a digest."""

from __future__ import annotations

from typing import Final

from coincurve import PublicKey

from polydesk.venues.polymarket.signing.addresses import write_address
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.keys import CURVE_ORDER
from polydesk.venues.polymarket.signing.signatures import SIGNATURE_BYTES

FIRST_V: Final = 27


def recover(digest: bytes, signature: bytes) -> str | None:
    """Return the address whose key made a signature, None when it is none.

    A signature ends in 27 or 28 and has the lower of its two possible s values, as the chain's
    contracts demand.
    """
    if len(signature) != SIGNATURE_BYTES or signature[-1] not in {FIRST_V, FIRST_V + 1}:
        return None
    if int.from_bytes(signature[32:64], "big") > CURVE_ORDER // 2:
        return None
    compact = signature[:-1] + bytes([signature[-1] - FIRST_V])
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except ValueError:
        return None
    return write_address(keccak256(key.format(compressed=False)[1:])[12:])
