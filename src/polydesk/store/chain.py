"""Chain the journal's rows: each hash covers the row and the hash before it.

A changed, removed, swapped or inserted row breaks the chain at that row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

GENESIS: Final = bytes(32)
"""Hash before the first row."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain."""

    n: int = 0
    """Number of the last row; rows are numbered from 1 without gaps."""
    hash: bytes = GENESIS
    """SHA-256 over all rows up to it."""


def link(head: Head, kind: str, values: Sequence[Any]) -> Head:
    """Return the head after one more row.

    Args:
        head: The chain so far.
        kind: The row's table.
        values: Integers, texts, None, or lists of them, in the order of the columns.
    """
    n = head.n + 1
    row = json.dumps([n, kind, *values], separators=(",", ":")).encode()
    return Head(n, hashlib.sha256(head.hash + row).digest())
