"""Headers that prove who asks: L1 by the key, L2 by the credentials made with it.

Source: ``trading.md`` sections 2.1 and 2.3, 2026-11.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from functools import cache
from typing import Final

from polydesk.errors import KeyStoreError
from polydesk.ports import Signer
from polydesk.venues.polymarket.signing.contracts import POLYGON
from polydesk.venues.polymarket.signing.eip712 import (
    Domain,
    address_word,
    text_word,
    typed_digest,
    uint_word,
)
from polydesk.venues.polymarket.signing.keccak import keccak256
from polydesk.venues.polymarket.signing.keys import ApiCredentials
from polydesk.venues.polymarket.signing.signatures import checked

AUTH_NAME: Final = "ClobAuthDomain"
AUTH_VERSION: Final = "1"
AUTH_MESSAGE: Final = "This message attests that I control the given wallet"
_AUTH_TYPE = text_word("ClobAuth(address address,string timestamp,uint256 nonce,string message)")
_MESSAGE_WORD = text_word(AUTH_MESSAGE)


@cache
def auth_domain(chain_id: int = POLYGON) -> Domain:
    """Return the domain of authentication; it has no contract."""
    return Domain(chain_id, AUTH_NAME, AUTH_VERSION)


def auth_hash(address: str, timestamp_s: int, nonce: int) -> bytes:
    """Return the struct hash of the statement that ``address`` is ours."""
    return keccak256(
        _AUTH_TYPE
        + address_word(address)
        + text_word(str(timestamp_s))
        + uint_word(nonce)
        + _MESSAGE_WORD
    )


def l1_headers(
    signer: Signer, timestamp_s: int, *, nonce: int = 0, chain_id: int = POLYGON
) -> dict[str, str]:
    """Return the headers for creating or deriving credentials.

    Args:
        signer: The account's key.
        timestamp_s: Unix seconds by the venue's clock.
        nonce: Names the credentials: the same nonce derives the same ones.
        chain_id: Polygon.
    """
    digest = typed_digest(auth_domain(chain_id), auth_hash(signer.address, timestamp_s, nonce))
    return {
        "POLY_ADDRESS": signer.address,
        "POLY_SIGNATURE": "0x" + checked(signer.sign(digest)).hex(),
        "POLY_TIMESTAMP": str(timestamp_s),
        "POLY_NONCE": str(nonce),
    }


def decode_secret(text: str) -> bytes:
    """Read the venue's secret: base64 in either alphabet, padded or not.

    Raises:
        KeyStoreError: It is something else; the text is not told.
    """
    plain = text.rstrip("=").translate(_STANDARD_ALPHABET)
    # A traceback that shows local values must not find the secret in this frame.
    del text
    padding = "=" * (-len(plain) % 4)
    try:
        return base64.b64decode(plain + padding, validate=True)
    except (binascii.Error, ValueError):
        del plain
    raise KeyStoreError("the API secret is not base64.")


_STANDARD_ALPHABET = str.maketrans("-_", "+/")


def l2_message(timestamp_s: int, method: str, path: str, body: bytes = b"") -> bytes:
    """Return what a request's HMAC covers: time, method, path and the exact body.

    Args:
        timestamp_s: Unix seconds by the venue's clock.
        method: Upper case.
        path: From the first slash, without host and query.
        body: The bytes that are sent; empty when there are none.
    """
    if not path.startswith("/") or "?" in path or not method.isupper():
        raise ValueError(f"not signable as a request: {method} {path}")
    return f"{timestamp_s}{method}{path}".encode() + body


def l2_headers(
    address: str,
    credentials: ApiCredentials,
    timestamp_s: int,
    method: str,
    path: str,
    body: bytes = b"",
) -> Mapping[str, str]:
    """Return the headers of a private request; arguments as of ``l2_message``.

    Args:
        address: The key's account, also when the funds are in another wallet.
        credentials: Made by that key.
        timestamp_s: Unix seconds by the venue's clock.
        method: Upper case.
        path: Without host and query.
        body: The bytes that are sent.
    """
    message = l2_message(timestamp_s, method, path, body)
    # Nothing below can fail, so no traceback finds the secret in this frame.
    secret, passphrase = credentials.reveal()
    mac = hmac.digest(secret, message, "sha256")
    return {
        "POLY_ADDRESS": address,
        "POLY_SIGNATURE": base64.urlsafe_b64encode(mac).decode(),
        "POLY_TIMESTAMP": str(timestamp_s),
        "POLY_API_KEY": credentials.key,
        "POLY_PASSPHRASE": passphrase,
    }
