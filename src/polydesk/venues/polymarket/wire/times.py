"""Times of the wire as nanoseconds UTC; only 2020 to 2100 is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk.errors import WireError

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
FIRST_MS = 1_577_836_800_000
"""2020-01-01."""
LAST_MS = 4_102_444_800_000
"""2100-01-01."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms_to_ns(value: str | int) -> int:
    """Read milliseconds since the epoch, a digit text or an integer."""
    if type(value) is str:
        if not (value.isdigit() and value.isascii() and len(value) <= 13):
            raise WireError(f"not a time in milliseconds: {value[:40]!r}")
        value = int(value)
    if not FIRST_MS <= value <= LAST_MS:  # type: ignore[operator]
        raise WireError(f"time outside 2020 to 2100: {value}")
    return value * NS_PER_MS  # type: ignore[return-value]


def seconds_to_ns(value: int) -> int:
    """Read seconds since the epoch."""
    if not FIRST_MS <= value * 1000 <= LAST_MS:
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
