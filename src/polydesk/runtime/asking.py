"""What the signer is asked for an order."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from polydesk.domain.instruments import Market
from polydesk.domain.intents import OrderIntent
from polydesk.errors import NotSignable
from polydesk.signer.messages import SignOrder

SALT_BITS: Final = 53
"""Source: ``trading.md`` section 3.5, 2026-11."""
SALTS_READY: Final = 16
SET_BACK_MS: Final = 1_000
"""A clock that says this much less was set: the venue and the signer want the time of now."""
_NS = 1_000_000_000


class Salts:
    """Salts and times that make each order unique.

    Source: ``trading.md`` section 3.5, 2026-11.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last_ms = 0
        self._drawn: list[int] = []

    def salt(self) -> int:
        """Return a random salt that survives being read as a double."""
        if not self._drawn:
            self.draw()
        return self._drawn.pop()

    def draw(self) -> None:
        """Have salts ready: asking the system for one takes as long as much else of an order."""
        missing = SALTS_READY - len(self._drawn)
        self._drawn += [secrets.randbits(SALT_BITS) or 1 for _ in range(missing)]

    def timestamp_ms(self) -> int:
        """Return the time, never the same twice but where the clock was set back."""
        now, following = self._now_ms(), self._last_ms + 1
        self._last_ms = now if following - now > SET_BACK_MS else max(now, following)
        return self._last_ms


def order_to_sign(intent: OrderIntent, market: Market | None, salts: Salts) -> SignOrder:
    """Return what the signer is asked for an order, with a salt and a time of its own.

    Raises:
        NotSignable: The market is not known.
    """
    if market is None:
        raise NotSignable("the market is not in the catalogue")
    return SignOrder(
        token_id=intent.token_id,
        side=intent.side,
        price=intent.price,
        size=intent.size,
        tick=market.tick,
        version=market.version,
        neg_risk=market.neg_risk,
        time_in_force=intent.time_in_force,
        salt=salts.salt(),
        timestamp_ms=salts.timestamp_ms(),
        expiration_s=0 if intent.expires_at is None else intent.expires_at // _NS,
        post_only=intent.post_only,
    )
