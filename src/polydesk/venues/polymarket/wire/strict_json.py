"""JSON about our own money: every number as its text, and no key said twice.

The fast decoders let the last of two equal keys win in silence and read numbers as floats.
Private data is little, so it can afford the strict way.

Source: ``FAULTS.md`` F077 to F080.
"""

from __future__ import annotations

import json
from typing import Any

from polydesk.errors import WireError


class Doubled:
    """Stands where an object named a key twice; it converts to no row."""

    def __init__(self, key: str) -> None:
        self.key = key


def parse_strict(text: bytes) -> Any:
    """Read a JSON text; numbers become their texts, an object with a doubled key a ``Doubled``.

    Raises:
        WireError: The text is no JSON, or holds NaN or Infinity.
    """
    try:
        return _DECODER.decode(text.decode("utf-8").strip())
    except (ValueError, RecursionError) as error:
        raise WireError(f"not readable as JSON: {type(error).__name__}") from error


def _object(pairs: list[tuple[str, Any]]) -> Any:
    read = dict(pairs)
    if len(read) == len(pairs):
        return read
    keys = [key for key, _ in pairs]
    return Doubled(next(key for key in keys if keys.count(key) > 1))


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_no_constant
)
