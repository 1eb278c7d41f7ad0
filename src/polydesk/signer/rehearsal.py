"""Orders with a key of no value, thrown away: the next real one finds everything at hand.

The first one, before the signer locks itself in, loads what is loaded late. Later ones are signed
when the desk says that an order may follow: after a pause the processor has forgotten the signer's
code and the curve's tables, and reading them again takes longer than signing does.
"""

from __future__ import annotations

from typing import Final

import msgspec

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.signer import messages
from polydesk.signer.caps import Caps
from polydesk.signer.clock import OwnClock
from polydesk.signer.messages import Account, Request, SignOrder, Start
from polydesk.signer.service import Service
from polydesk.signer.unlock import Unlocked
from polydesk.venues.polymarket.signing.keys import KEY_BYTES, ApiCredentials, PrivateKey

RESTED_NS: Final = 1_000_000
"""Whoever has worked within this time needs no rehearsal."""
_KNOWN_KEY = (1).to_bytes(KEY_BYTES, "big")
"""Everybody's: it owns nothing."""
_ENOUGH = 10**9


class Rehearsal:
    """Signs an order for nobody. ``note`` tells it that a real one was."""

    def __init__(self) -> None:
        self._clock = OwnClock()
        caps = Caps(_ENOUGH, _ENOUGH, _ENOUGH, _ENOUGH, 1, 1, 0)
        self._start = Start(folder="", key="", account=Account(), caps=caps)
        self._opened = Unlocked(PrivateKey(_KNOWN_KEY), ApiCredentials("-", b"-", ""), None)
        self._worked_at = -RESTED_NS

    def note(self) -> None:
        """Take that something was answered just now."""
        self._worked_at = self._clock.monotonic_ns()

    def run(self) -> bytes:
        """Sign one order, unless something was answered just before; return the answer."""
        if self._clock.monotonic_ns() - self._worked_at < RESTED_NS:
            return b""
        order = msgspec.structs.replace(_ORDER, timestamp_ms=self._clock.now_ns() // 1_000_000)
        question = messages.encode(Request(1, msgspec.Raw(messages.encode(order))))
        # A service of its own each time: nothing gathers, nothing counts against the real caps.
        answer = Service(self._start, self._opened, None).answer(question)
        self.note()
        return answer


_ORDER = SignOrder(
    token_id="1",
    side=Side.BUY,
    price=500_000,
    size=5_000_000,
    tick=10_000,
    version=MarketVersion.V1,
    neg_risk=False,
    time_in_force=TimeInForce.GTC,
    salt=1,
    timestamp_ms=0,
)
