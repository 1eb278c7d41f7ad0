"""API keys: a function of seed, address and nonce, so that a restarted exchange knows them.

The passphrase holds the address and the nonce, hidden by the seed. So the exchange recognises
credentials that it gave before a restart without having stored anything.

Source: ``trading.md`` section 2.2.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from polydesk.sandbox.books import Json
from polydesk.sandbox.trading.denials import denied
from polydesk.venues.polymarket.signing.addresses import ADDRESS_BYTES, parse_address, write_address

PASSPHRASE_BYTES: Final = 32
NONCE_LIMIT: Final = 2 ** (8 * (PASSPHRASE_BYTES - ADDRESS_BYTES))
NOT_CREATED: Final = "Could not create api key"
NOT_DERIVED: Final = "Could not derive api key!"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One set of credentials and whose it is."""

    key: str
    secret: bytes = field(repr=False)
    passphrase: str = field(repr=False)
    address: str
    """The signing account, with its checksum."""
    nonce: int

    def as_json(self) -> Json:
        """Return the answer to its creation."""
        secret = base64.urlsafe_b64encode(self.secret).decode()
        return {"apiKey": self.key, "secret": secret, "passphrase": self.passphrase}


def make_key(seed: int, address: str, nonce: int) -> ApiKey:
    """Return the credentials of an account and nonce."""
    name = f"{seed}:{address.lower()}:{nonce}"
    key = as_uuid(blake2b(f"key:{name}".encode(), digest_size=16).hexdigest())
    secret = blake2b(f"secret:{name}".encode(), digest_size=32).digest()
    return ApiKey(key, secret, _passphrase(seed, key, address, nonce), address, nonce)


def as_uuid(digits: str) -> str:
    """Write 32 hex digits as the venue writes ids of keys and trades."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def restore_key(seed: int, key: str, passphrase: str) -> ApiKey | None:
    """Return the credentials these are, None when this exchange cannot have made them."""
    try:
        hidden = bytes.fromhex(passphrase)
    except ValueError:
        return None
    if len(hidden) != PASSPHRASE_BYTES:
        return None
    plain = _masked(seed, key, hidden)
    address = write_address(plain[:ADDRESS_BYTES])
    made = make_key(seed, address, int.from_bytes(plain[ADDRESS_BYTES:], "big"))
    return made if hmac.compare_digest(made.key.encode(), key.encode()) else None


def _passphrase(seed: int, key: str, address: str, nonce: int) -> str:
    number = nonce.to_bytes(PASSPHRASE_BYTES - ADDRESS_BYTES, "big")
    return _masked(seed, key, parse_address(address) + number).hex()


def _masked(seed: int, key: str, data: bytes) -> bytes:
    mask = blake2b(f"passphrase:{seed}:{key}".encode(), digest_size=PASSPHRASE_BYTES).digest()
    return bytes(a ^ b for a, b in zip(data, mask, strict=True))


class KeyRing:
    """The API keys that are in force."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[str, ApiKey] = {}
        self._revoked: set[str] = set()

    def create(self, address: str, nonce: int) -> ApiKey:
        """Create credentials; raise Denied when there are some of this nonce."""
        made = make_key(self._seed, address, nonce)
        if made.key in self._keys:
            raise denied(NOT_CREATED)
        self._revoked.discard(made.key)
        self._keys[made.key] = made
        return made

    def derive(self, address: str, nonce: int) -> ApiKey:
        """Return the credentials created with a nonce; raise Denied when there are none."""
        found = self._keys.get(make_key(self._seed, address, nonce).key)
        if found is None:
            raise denied(NOT_DERIVED)
        return found

    def find(self, key: str, passphrase: str) -> ApiKey | None:
        """Return the credentials with this name and passphrase, also those of a former run."""
        found = self._keys.get(key)
        if found is None and key not in self._revoked:
            found = restore_key(self._seed, key, passphrase)
            if found is not None:
                self._keys[key] = found
        if found is None or not _same(found.passphrase, passphrase):
            return None
        return found

    def of_address(self, address: str) -> list[ApiKey]:
        """Return an account's credentials, oldest first."""
        return [key for key in self._keys.values() if key.address == address]

    def revoke(self, key: ApiKey) -> None:
        """Put credentials out of force."""
        self._keys.pop(key.key, None)
        self._revoked.add(key.key)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
