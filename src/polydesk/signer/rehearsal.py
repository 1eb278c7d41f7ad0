"""Orders with a key of no value, thrown away: the next real one finds everything at hand.

The first one, before the signer locks itself in, loads what is loaded late. Later ones are signed
when the desk says that an order may follow: after a pause the processor has forgotten the signer's
code and the curve's tables, and reading them again takes longer than signing does. A rehearsal
ends as soon as the real order is there: what it has not come to is not waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.signer import messages
from polydesk.signer.caps import Caps
from polydesk.signer.clock import OwnClock
from polydesk.signer.messages import Account, Expect, Question, SignOrder, Start
from polydesk.signer.service import Service
from polydesk.signer.unlock import Unlocked
from polydesk.venues.polymarket.signing.keys import KEY_BYTES, ApiCredentials, PrivateKey

RESTED_NS: Final = 300_000
"""Whoever has worked within this time needs no rehearsal."""
_KNOWN_KEY = (1).to_bytes(KEY_BYTES, "big")
"""Everybody's: it owns nothing."""
_ENOUGH = 10**9
_ORDERS_EACH: Final = 100
"""Orders that one service rehearses; then another takes its place, so that nothing gathers."""


class _AskedMeanwhile(Exception):
    """The real order is there."""


class _ListeningKey:
    """Everybody's key, which looks before and after signing whether it is still needed."""

    def __init__(self) -> None:
        self._key = PrivateKey(_KNOWN_KEY)
        self.is_asked: Callable[[], bool] = _never

    @property
    def address(self) -> str:
        return self._key.address

    def sign(self, digest: bytes) -> bytes:
        self._look()
        signature = self._key.sign(digest)
        self._look()
        return signature

    def _look(self) -> None:
        if self.is_asked():
            raise _AskedMeanwhile


def _never() -> bool:
    return False


class Rehearsal:
    """Signs an order for nobody. ``note`` tells it that a real one was."""

    def __init__(self) -> None:
        self._clock = OwnClock()
        caps = Caps(_ENOUGH, _ENOUGH, _ENOUGH, _ENOUGH, _ORDERS_EACH, _ORDERS_EACH, 0)
        self._start = Start(folder="", key="", account=Account(), caps=caps)
        self._key = _ListeningKey()
        self._opened = Unlocked(self._key, ApiCredentials("-", b"-", ""), None)
        self._worked_at = -RESTED_NS
        self._service = self._new_service()
        self._salt = 0

    def note(self) -> None:
        """Take that something was answered just now."""
        self._worked_at = self._clock.monotonic_ns()

    def run(self, is_asked: Callable[[], bool] = _never) -> bytes:
        """Sign one order, unless something was answered just before.

        Args:
            is_asked: Says whether the real order is there, which ends it.

        Returns:
            The answer, empty when there is none.
        """
        if self._clock.monotonic_ns() - self._worked_at < RESTED_NS:
            return b""
        if self._salt == _ORDERS_EACH:
            self._service, self._salt = self._new_service(), 0
        self._salt += 1
        now_ms = self._clock.now_ns() // 1_000_000
        order = msgspec.structs.replace(_ORDER, salt=self._salt, timestamp_ms=now_ms)
        self._key.is_asked = is_asked
        try:
            self._service.answer(messages.encode(Question(0, Expect(order))))
            answer = self._service.answer(messages.encode(Question(1, order)))
        except _AskedMeanwhile:
            return b""
        self.note()
        return answer

    def _new_service(self) -> Service:
        """Return a service of its own: nothing counts against the real caps."""
        return Service(self._start, self._opened, None)


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
