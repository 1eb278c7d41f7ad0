"""The account address of a private key."""

from __future__ import annotations

import re
from typing import Final

from coincurve import PublicKey
from Crypto.Hash.keccak import Keccak_Hash

from polydesk.errors import ConfigError, KeyStoreError
from polydesk.keys.key_text import in_range
from polydesk.keys.secret import Secret

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


def keccak256(*parts: bytes | memoryview) -> bytes:
    """Return the chain's 32-byte hash of the parts, one after the other."""
    state = Keccak_Hash(b"", 32, False)
    for part in parts:
        state.update(part)
    return state.digest()


def address_of(key: Secret) -> str:
    """Return the address that a key controls, with its checksum.

    Raises:
        KeyStoreError: The bytes are no number of the curve.
    """
    if not in_range(key):
        raise KeyStoreError("the stored bytes are no private key.")
    # The curve's library takes immutable bytes only; they live for this one call.
    public = PublicKey.from_valid_secret(bytes(key.view)).format(compressed=False)
    return _checksummed(keccak256(public[1:])[-20:].hex())


def parse_address(text: str, option: str = "--address") -> str:
    """Return an address with its checksum.

    Args:
        text: As typed.
        option: Where it was typed.

    Raises:
        ConfigError: It is no address, or its letters say that it was mistyped. The text is not
            repeated, for it may be a key in the wrong place.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise ConfigError(f"{option} needs 0x and 40 hexadecimal digits.")
    letters = text[2:]
    address = _checksummed(letters.lower())
    if letters not in (letters.lower(), letters.upper()) and text != address:
        raise ConfigError(f"{option} {text} is mistyped: its checksum is wrong.")
    return address


def _checksummed(digits: str) -> str:
    """Write a letter as a capital where the hash has a high digit. Source: EIP-55."""
    guide = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(digit, 16) >= 8 else letter for letter, digit in zip(digits, guide)
    )
