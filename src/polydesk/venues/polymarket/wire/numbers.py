"""Numbers of the wire: plain decimal texts, exact or refused, remembered once read.

A busy socket repeats the same few thousand texts; reading one again costs a dict look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from polydesk.domain.units import MICROS, format_micros, micros_from_json_number, parse_micros
from polydesk.errors import WireError

V = TypeVar("V")

MAX_SIZE = 10**18
"""Largest size in micro-shares; keeps every total inside a 64-bit column."""


class Memo(dict[str, V]):
    """Remembers the results of a pure text function, at most ``limit`` of them.

    A text seen before costs one look-up; only a new one is read.
    """

    __slots__ = ("_limit", "_read")

    def __init__(self, read: Callable[[str], V], limit: int) -> None:
        super().__init__()
        self._read = read
        self._limit = limit

    def __missing__(self, text: str) -> V:
        value = self._read(text)
        if len(self) >= self._limit:
            self.clear()
        self[text] = value
        return value


def _unsigned(text: str) -> int:
    if text.startswith("-"):
        raise WireError(f"negative number: {text[:40]!r}")
    return parse_micros(text)


def parse_price(text: str) -> int:
    """Read a price text as micros, 0 to 1,000,000; raise WireError otherwise."""
    price = _unsigned(text)
    if price > MICROS:
        raise WireError(f"price above one: {text[:40]!r}")
    return price


def parse_level_price(text: str) -> int:
    """Read the price of a book level, strictly between 0 and 1."""
    price = parse_price(text)
    if not 0 < price < MICROS:
        raise WireError(f"no level can have the price {text[:40]!r}")
    return price


def parse_touch(text: str) -> int | None:
    """Read a stated best price; an empty text is None, ``0`` and ``1`` mean an empty side."""
    return parse_price(text) if text else None


def parse_size(text: str) -> int:
    """Read a size text as micro-shares, zero or more."""
    size = _unsigned(text)
    if size > MAX_SIZE:
        raise WireError(f"size out of range: {text[:40]!r}")
    return size


def parse_positive_size(text: str) -> int:
    """Read a size text that must be above zero."""
    size = parse_size(text)
    if size == 0:
        raise WireError("size is zero")
    return size


def parse_tick(text: str) -> int:
    """Read a tick size text as micros; it must divide one."""
    return checked_tick(_unsigned(text))


def checked_tick(tick: int) -> int:
    """Return ``tick`` when it divides one; raise WireError otherwise."""
    if not 0 < tick < MICROS or MICROS % tick:
        raise WireError(f"impossible tick size: {tick} micros")
    return tick


def json_micros(value: float | int | str) -> int:
    """Read a JSON number (or its text) to the nearest micro-unit, within 64 bits."""
    micros = micros_from_json_number(value)
    if abs(micros) > MAX_SIZE:
        raise WireError(f"number out of range: {str(value)[:40]!r}")
    return micros


def json_price(value: float | int | str) -> int:
    """Read a JSON number as a price in micros, 0 to 1,000,000."""
    price = json_micros(value)
    if not 0 <= price <= MICROS:
        raise WireError(f"price outside 0 to 1: {value!r}")
    return price


def json_size(value: float | int | str) -> int:
    """Read a JSON number as a size in micro-shares, above zero."""
    size = json_micros(value)
    if size <= 0:
        raise WireError(f"size not above zero: {value!r}")
    return size


PRICES: Memo[int] = Memo(parse_level_price, 20_000)
TOUCHES: Memo[int | None] = Memo(parse_touch, 20_000)
SIZES: Memo[int] = Memo(parse_size, 100_000)


class _Texts(dict[int, str]):
    """Micros to the shortest decimal text, as the venue writes levels."""

    def __missing__(self, micros: int) -> str:
        if len(self) >= 100_000:
            self.clear()
        text = self[micros] = format_micros(micros)
        return text


TEXTS: dict[int, str] = _Texts()
