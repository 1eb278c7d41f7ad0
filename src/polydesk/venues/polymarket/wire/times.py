"""Times of the wire as nanoseconds UTC; only 2020 up to 2100 is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.numbers import Memo
from polydesk.venues.polymarket.wire.schemas import FIRST_MS, LAST_MS

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _second(text: str) -> int:
    if not (len(text) == 10 and text.isascii() and text.isdigit()):
        raise WireError(f"not a time in milliseconds: {text[:40]!r}")
    return seconds_to_ns(int(text))


def _millisecond(text: str) -> int:
    if not (len(text) == 3 and text.isascii() and text.isdigit()):
        raise WireError(f"not a time in milliseconds: ends with {text[:40]!r}")
    return int(text) * NS_PER_MS


_SECONDS: Memo[int] = Memo(_second, 20_000)
_MILLISECONDS: Memo[int] = Memo(_millisecond, 1_000)


def ms_to_ns(value: str | int) -> int:
    """Read milliseconds since the epoch, a text of 13 digits or an integer.

    The digits of the second and of the millisecond are looked up: reading the number anew
    costs twice as much, and this runs for every frame.
    """
    if type(value) is str:
        return _SECONDS[value[:10]] + _MILLISECONDS[value[10:]]
    number = int(value)
    if not FIRST_MS <= number < LAST_MS:
        raise WireError(f"time outside 2020 to 2100: {number}")
    return number * NS_PER_MS


def seconds_to_ns(value: int) -> int:
    """Read seconds since the epoch."""
    if not FIRST_MS <= value * 1000 < LAST_MS:
        raise WireError(f"time outside 2020 to 2100: {value}")
    return value * NS_PER_S


def iso_to_ns(text: str | None) -> int | None:
    """Read a date-time text in any of Gamma's forms; None when absent or unreadable.

    Accepts ``2026-09-24T18:45:00Z`` with any fraction and ``2026-02-08 00:37:07+00``.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
