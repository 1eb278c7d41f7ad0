"""Who asks: L1 by an EIP-712 signature, L2 by an HMAC over the exact request.

Source: ``trading.md`` sections 2.1 to 2.3.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from polydesk.errors import KeyStoreError, NotSignable
from polydesk.sandbox.trading.credentials import NONCE_LIMIT, ApiKey, KeyRing
from polydesk.sandbox.trading.denials import BAD_L1, UNAUTHORIZED, denied
from polydesk.venues.polymarket.signing.addresses import parse_address, write_address
from polydesk.venues.polymarket.signing.auth import (
    auth_domain,
    auth_hash,
    decode_secret,
    l2_message,
)
from polydesk.venues.polymarket.signing.eip712 import typed_digest
from polydesk.venues.polymarket.signing.recovery import recover

LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks a client may go by, epoch seconds."""

    exchange_s: int
    wall_s: int
    tolerance_s: int

    def accept(self, timestamp_s: int) -> bool:
        """Return whether a request's timestamp is near one of them."""
        return self._near(timestamp_s, self.exchange_s) or self._near(timestamp_s, self.wall_s)

    def ahead_s(self, timestamp_s: int) -> int:
        """Return how far the exchange is ahead of the client's clock: nothing if it goes by ours."""
        if self._near(timestamp_s, self.exchange_s):
            return 0
        return self.exchange_s - self.wall_s

    def _near(self, timestamp_s: int, clock_s: int) -> bool:
        return abs(timestamp_s - clock_s) <= self.tolerance_s


@dataclass(frozen=True, slots=True)
class Caller:
    """Who made a private request."""

    key: ApiKey
    ahead_s: int
    """How far the exchange's time is ahead of the client's clock, seconds."""


def check_l1(headers: Mapping[str, str], clocks: Clocks) -> tuple[str, int]:
    """Return the account and the nonce of a request signed by a key.

    Raises:
        Denied: A header is missing or the signature is not the account's.
    """
    try:
        address = write_address(parse_address(headers["poly_address"]))
        timestamp, nonce = _number(headers["poly_timestamp"]), _number(headers["poly_nonce"])
        signature = bytes.fromhex(headers["poly_signature"].removeprefix("0x"))
        digest = typed_digest(auth_domain(), auth_hash(address, timestamp, nonce))
    except (KeyError, ValueError, NotSignable) as error:
        raise denied(BAD_L1, 401) from error
    proven = recover(digest, signature) == address
    if not proven or not clocks.accept(timestamp) or nonce >= NONCE_LIMIT:
        raise denied(BAD_L1, 401)
    return address, nonce


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What an HMAC covers."""

    method: str
    paths: tuple[str, ...]
    """The path below the CLOB's host, and the whole one: clients sign either."""
    body: bytes


def check_l2(
    headers: Mapping[str, str], request: SignedRequest, ring: KeyRing, clocks: Clocks
) -> Caller:
    """Return who made a private request.

    Raises:
        Denied: The credentials, the time or the HMAC are wrong.
    """
    try:
        key = ring.find(headers["poly_api_key"], headers["poly_passphrase"])
        timestamp = _number(headers["poly_timestamp"])
        given = headers["poly_signature"]
        same = key is not None and parse_address(key.address) == parse_address(
            headers["poly_address"]
        )
    except (KeyError, ValueError, NotSignable) as error:
        raise denied(UNAUTHORIZED, 401) from error
    if key is None or not same or not clocks.accept(timestamp):
        raise denied(UNAUTHORIZED, 401)
    if not any(
        hmac.compare_digest(
            _mac(key, timestamp, request.method, path, request.body), given.encode()
        )
        for path in request.paths
    ):
        raise denied(UNAUTHORIZED, 401)
    return Caller(key, clocks.ahead_s(timestamp))


def check_socket(auth: Any, ring: KeyRing) -> ApiKey | None:
    """Return whose credentials a socket's first message shows, None when they are wrong."""
    fields = auth if isinstance(auth, dict) else {}
    texts = [fields.get(name) for name in ("apiKey", "secret", "passphrase")]
    if not all(isinstance(text, str) for text in texts):
        return None
    name, secret, passphrase = map(str, texts)
    key = ring.find(name, passphrase)
    try:
        shown = decode_secret(secret)
    except KeyStoreError:
        return None
    return key if key is not None and hmac.compare_digest(key.secret, shown) else None


def _mac(key: ApiKey, timestamp: int, method: str, path: str, body: bytes) -> bytes:
    proof = hmac.digest(key.secret, l2_message(timestamp, method, path, body), "sha256")
    return base64.urlsafe_b64encode(proof)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise ValueError("not a whole number")
    return int(text)
