"""Ids of what is traded: outcome tokens of the CTF, and positions of Protocol V2.

A position id has, from its highest bits: module 8, base hash 128, arity 16, reserved 64,
resolution chain 16, condition index 16, outcome 8.

Source: ``trading.md`` section 3.8, 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from polydesk.errors import NotSignable
from polydesk.venues.polymarket.signing.eip712 import UINT256_MAX, uint_word

_RESERVED_BITS: Final = (2**64 - 1) << 40
CONDITION_BYTES: Final = 31
_DECIMAL = re.compile(r"[0-9]{1,78}")


class Module(IntEnum):
    """Part of Protocol V2 that a position belongs to."""

    BINARY = 1
    NEG_RISK = 2
    COMBO = 3


@dataclass(frozen=True, slots=True)
class Position:
    """A yes or no position of Protocol V2."""

    module: Module
    condition: bytes
    """31 bytes."""
    outcome: int
    """0 is yes, 1 is no."""


def asset_number(text: str) -> int:
    """Read an id of 256 bits from decimal digits; raise NotSignable otherwise."""
    if _DECIMAL.fullmatch(text) is None or (number := int(text)) > UINT256_MAX:
        raise NotSignable(f"not an id of 256 bits: {text[:90]!r}")
    return number


def looks_like_position(asset: int) -> bool:
    """Return whether the reserved bits are zero, as in every position id.

    A cross-check only; the market's version decides what an id is.
    """
    return not asset & _RESERVED_BITS


def position_id(position: Position) -> int:
    """Return the id of a position; its condition begins with the module's number."""
    if len(position.condition) != CONDITION_BYTES or position.condition[0] != position.module:
        raise NotSignable("a condition has 31 bytes and begins with its module")
    return int.from_bytes(position.condition + bytes([position.outcome]), "big")


def decode_position(asset: int) -> Position:
    """Return the parts of a position id.

    Raises:
        NotSignable: The module is unknown, or the outcome is neither yes nor no.
    """
    raw = uint_word(asset)
    if raw[0] not in set(Module):
        raise NotSignable(f"there is no module {raw[0]} of positions")
    if raw[-1] > 1:
        raise NotSignable(f"outcome {raw[-1]} is neither yes nor no")
    return Position(Module(raw[0]), raw[:-1], raw[-1])
