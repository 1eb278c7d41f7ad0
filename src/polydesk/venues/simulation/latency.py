"""How long an order or a cancel takes to reach the simulated venue.

The model is named and fixed so that a backtest can be repeated and compared with live: a fixed
base plus a jitter that is a function of (seed, what is sent). No clock and no generator state
is involved, so the delay of one order never depends on which others were sent before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from polydesk.domain.instruments import Market

MILLISECOND = 1_000_000
"""Nanoseconds."""

TakerDelay = Callable[[Market], int]
"""Nanoseconds a market holds marketable orders before it matches them."""


@dataclass(frozen=True, slots=True)
class LatencyModel:
    """Fixed base plus seeded jitter, both in nanoseconds."""

    base_ns: int = 60 * MILLISECOND
    """Decision to matching engine for a desk one region away from the venue."""
    jitter_ns: int = 40 * MILLISECOND
    """Upper end of the jitter, inclusive; it is uniform from zero."""

    def __post_init__(self) -> None:
        if self.base_ns < 0 or self.jitter_ns < 0:
            raise ValueError("latency must not be negative")

    def delay_ns(self, seed: int, name: str) -> int:
        """Return the delay in nanoseconds of the message called ``name``."""
        digest = blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()
        return self.base_ns + int.from_bytes(digest, "big") % (self.jitter_ns + 1)


def no_taker_delay(market: Market) -> int:
    """Return zero: the market matches marketable orders at once.

    Source: ``trading.md`` section 5.11 (some sports and crypto markets hold takers;
    ``secondsDelay`` says how long).
    """
    return 0
