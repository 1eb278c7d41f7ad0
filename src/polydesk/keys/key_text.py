"""Reading a private key from what a person typed, without ever making a `str` of it."""

from __future__ import annotations

from typing import Final

from polydesk.errors import ConfigError
from polydesk.keys.secret import Secret

KEY_BYTES: Final = 32
CURVE_ORDER: Final = bytes.fromhex(
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
)
"""Keys are below this number. Source: SEC 2, version 2.0, section 2.4.1 (secp256k1)."""
_DIGITS: Final = {ord(digit): int(digit, 16) for digit in "0123456789abcdefABCDEF"}
_SPACE: Final = frozenset(b" \t\r\n")
_ADDRESS_DIGITS: Final = 40
_PHRASE_SPACES: Final = 11
"""A recovery phrase has at least twelve words."""


def parse_key(text: Secret) -> Secret:
    """Read a key of 64 hexadecimal digits, with or without 0x.

    Raises:
        ConfigError: It is no key; the sentence tells what it looks like, never what it is.
    """
    start, stop = _inner(text.view)
    if _has_prefix(text.view[start:stop]):
        start += 2
    digits = text.view[start:stop]
    if len(digits) != 2 * KEY_BYTES or any(digit not in _DIGITS for digit in digits):
        raise ConfigError(_what_it_looks_like(digits))
    key = Secret(KEY_BYTES)
    for index in range(KEY_BYTES):
        key.view[index] = _DIGITS[digits[2 * index]] << 4 | _DIGITS[digits[2 * index + 1]]
    if not in_range(key):
        raise ConfigError(
            "this number is no private key: it is zero or not below the curve's order."
        )
    return key


def in_range(key: Secret) -> bool:
    """Tell whether 32 bytes are a number of the curve, without making that number."""
    if len(key) != KEY_BYTES or not any(key.view):
        return False
    for digit, limit in zip(key.view, CURVE_ORDER, strict=True):
        if digit != limit:
            return digit < limit
    return False


def _inner(view: memoryview) -> tuple[int, int]:
    """Return where the text begins and ends without the space around it."""
    start, stop = 0, len(view)
    while start < stop and view[start] in _SPACE:
        start += 1
    while stop > start and view[stop - 1] in _SPACE:
        stop -= 1
    return start, stop


def _has_prefix(view: memoryview) -> bool:
    return len(view) >= 2 and view[0] == ord("0") and view[1] in b"xX"


def _what_it_looks_like(digits: memoryview) -> str:
    if sum(byte == ord(" ") for byte in digits) >= _PHRASE_SPACES:
        return (
            "that looks like a recovery phrase, which opens every account of a wallet; "
            "export the private key of the one trading account instead."
        )
    if len(digits) == _ADDRESS_DIGITS and all(digit in _DIGITS for digit in digits):
        return "that is an address, not a private key; a key has 64 hexadecimal digits."
    if len(digits) != 2 * KEY_BYTES:
        return (
            f"a private key has 64 hexadecimal digits, with or without 0x; this has {len(digits)}."
        )
    return "a private key has only the digits 0-9 and a-f; this has others."
