"""Addresses: twenty bytes, written with the checksum of EIP-55."""

from __future__ import annotations

import re
from functools import lru_cache

from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.keccak import keccak256

ADDRESS_BYTES = 20
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@lru_cache(maxsize=1_024)
def parse_address(text: str) -> bytes:
    """Read an address; its letters must carry the right checksum or be of one case.

    Returns:
        Twenty bytes.

    Raises:
        NotSignable: The text is no address, or its checksum says it was mistyped.
    """
    if _ADDRESS.fullmatch(text) is None:
        raise NotSignable(f"not an address: {text[:50]!r}")
    raw = bytes.fromhex(text[2:])
    letters = text[2:]
    if letters not in (letters.lower(), letters.upper()) and text != write_address(raw):
        raise NotSignable(f"the checksum of {text} is wrong")
    return raw


def write_address(raw: bytes) -> str:
    """Write twenty bytes with the EIP-55 checksum: a letter is upper case by its hash digit."""
    if len(raw) != ADDRESS_BYTES:
        raise NotSignable(f"an address has {ADDRESS_BYTES} bytes, not {len(raw)}")
    plain = raw.hex()
    guide = keccak256(plain.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(digit, 16) >= 8 else letter for letter, digit in zip(plain, guide)
    )
