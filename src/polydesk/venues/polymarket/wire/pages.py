"""What a list answer became: rows, and a count of what was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import msgspec

from polydesk.errors import WireError

T = TypeVar("T")

REFUSALS: Final = (msgspec.MsgspecError, WireError, RecursionError, ValueError, ArithmeticError)
"""Everything a malformed text can raise on the way to an event."""


@dataclass(slots=True)
class Page(Generic[T]):
    """One page of a list."""

    rows: list[T] = field(default_factory=list)
    next_cursor: str | None = None
    broken: int = 0
    """Rows that were malformed."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Well-formed rows that are not ours to use, by reason."""
    times: dict[str, int] = field(default_factory=dict)
    """When markets closed, nanoseconds UTC, by condition."""
