"""One received text with its receive time and channel: what recordings hold and replay feeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MARKET: Final = "market"
"""CLOB market WebSocket."""
RTDS: Final = "rtds"
"""Real-time data socket, activity topic."""
CONTROL: Final = "control"
"""Our own inputs: session opening, stream status, user commands, clock ticks (JSON)."""
EXECUTION: Final = "execution"
"""What became of our own orders: answers to requests, the user stream, listings (JSON of ours,
without signatures or secrets)."""
REST_PREFIX: Final = "rest:"
"""REST answers: ``rest:gamma/markets``, ``rest:gamma/events``, ``rest:clob/books``,
``rest:clob/book``, ``rest:data/trades``, ``rest:data/activity``, ``rest:gamma/search`` …
The text is the answer's body exactly as received."""

OTHER_PREFIX: Final = "other:"
"""Texts of other sources that a capture held beside the venue's; kept, not read."""

REST_MARKETS: Final = "rest:gamma/markets"
REST_EVENTS: Final = "rest:gamma/events"
REST_BOOKS: Final = "rest:clob/books"
REST_TRADES: Final = "rest:data/trades"


@dataclass(slots=True)
class Frame:
    """A text as it came in. Mutable only to be cheap to create; treat it as a value."""

    channel: str
    ts_init: int
    """Receive time, nanoseconds UTC."""
    text: bytes
    """UTF-8, exactly as received."""
