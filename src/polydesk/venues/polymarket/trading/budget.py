"""The venue's limits for one signer, kept here so that we wait rather than be refused there.

Two buckets: orders and cancels. Cancels never wait for orders, orders let waiting cancels go
first, and the last cancel tokens are kept for the kill switch. Every wait is told.

Source: ``trading.md`` section 8.2, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from polydesk.domain.text import clean
from polydesk.ports import Clock
from polydesk.venues.polymarket.limits import asked_pause_s, whole_seconds

_NS: Final = 1_000_000_000
RESERVE_PERCENT: Final = 25
"""Cancel tokens that only urgent cancels may spend."""
_RECHECK_S: Final = 0.05
"""How soon an order looks again whether cancels still wait."""

_LOOK_AGAIN_S: Final = 0.25
"""How soon whatever waits looks again whether it still must."""

Tell = Callable[[str], None]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Tier:
    """Limits of a volume tier: tokens a second and the most that gather."""

    orders_per_s: int
    orders_burst: int
    cancels_per_s: int
    cancels_burst: int


TIERS: Final[Mapping[str, Tier]] = {
    "standard": Tier(40, 60, 80, 120),
    "copper": Tier(60, 90, 120, 180),
    "bronze": Tier(80, 120, 160, 240),
    "silver": Tier(200, 300, 400, 600),
    "gold": Tier(400, 600, 800, 1_200),
    "platinum": Tier(450, 675, 900, 1_350),
    "diamond": Tier(525, 787, 1_050, 1_575),
    "elite": Tier(600, 900, 1_200, 1_800),
}


@dataclass(frozen=True, slots=True)
class BudgetView:
    """What the status bar shows."""

    orders_left: int
    orders_burst: int
    cancels_left: int
    """Negative when the venue let us overdraw."""
    cancels_burst: int
    waiting_orders: int
    """Orders that wait for tokens now."""
    waiting_cancels: int
    wait_s: float
    """How long the next order would wait."""
    tier: str
    warning: str
    """The venue's last warning about our rate, cleaned; empty when there was none."""


class Bucket:
    """Tokens that gather at a steady rate up to a burst; reading the clock is the caller's."""

    def __init__(self, per_s: int, burst: int, now: int) -> None:
        self.per_s = per_s
        self.burst = burst
        self._tokens_ns = burst * _NS
        """Tokens times 10**9, so that they gather without fractions."""
        self._at = now
        self._closed_until = now

    def left(self, now: int) -> int:
        """Return whole tokens."""
        self._gather(now)
        return self._tokens_ns // _NS

    def take(self, count: int, now: int) -> None:
        """Spend tokens, below zero if need be."""
        self._gather(now)
        self._tokens_ns -= count * _NS

    def wait_ns(self, count: int, now: int, *, keep: int = 0) -> int:
        """Return how long until ``count`` tokens may be spent with ``keep`` left over.

        More than can ever gather is asked of a full bucket: it then goes below zero.
        """
        self._gather(now)
        wanted = min(count + keep, self.burst) * _NS
        missing = max(0, wanted - self._tokens_ns)
        return max(-(-missing // self.per_s), self._closed_until - now)

    def close(self, now: int, length_ns: int) -> None:
        """Let nothing pass for a while: the venue asked for it."""
        self._gather(now)
        self._tokens_ns = min(self._tokens_ns, 0)
        self._closed_until = max(self._closed_until, now + length_ns)

    def learn(self, left: int, now: int) -> None:
        """Take the venue's own count when it is the lower one; ours knows what is on its way."""
        self._gather(now)
        self._tokens_ns = min(self._tokens_ns, left * _NS)

    def resize(self, per_s: int, burst: int, now: int) -> None:
        """Take the limits of another tier."""
        self._gather(now)
        self._tokens_ns += (burst - self.burst) * _NS
        self.per_s, self.burst = per_s, burst

    def _gather(self, now: int) -> None:
        passed = max(0, now - self._at)
        self._tokens_ns = min(self.burst * _NS, self._tokens_ns + passed * self.per_s)
        self._at = max(self._at, now)


class Budget:
    """What may be sent now. Steady time; one per API key.

    Args:
        clock: For waiting.
        tell: Told about each wait and each warning of the venue.
    """

    def __init__(self, clock: Clock, tell: Tell = lambda _: None) -> None:
        self._clock = clock
        self._tell = tell
        now = clock.monotonic_ns()
        tier = TIERS["standard"]
        self._orders = Bucket(tier.orders_per_s, tier.orders_burst, now)
        self._cancels = Bucket(tier.cancels_per_s, tier.cancels_burst, now)
        self._waiting = {"orders": 0, "cancels": 0}
        self._tier = "standard"
        self._warning = ""

    async def orders(self, count: int = 1) -> float:
        """Wait until ``count`` orders may be sent and pay for them; return seconds waited.

        What was waited for may be out of date: look again whether it shall still be sent.
        """
        return await self._spend("orders", count, self._order_wait_ns)

    @property
    def cancels_at_once(self) -> int:
        """How many orders one request may cancel without spending of the reserve."""
        return self._cancels.burst - self._reserve

    @property
    def _reserve(self) -> int:
        return self._cancels.burst * RESERVE_PERCENT // 100

    async def cancels(self, count: int = 1, *, urgent: Callable[[], bool] = _never) -> float:
        """Wait until ``count`` orders may be cancelled and pay for them; return seconds waited.

        Args:
            count: Orders to cancel; 1 for a cancel of all, whose number nobody knows yet.
            urgent: Whether to spend the reserve too, asked again while it waits: the kill switch.
        """

        def wait_ns(count: int, now: int) -> int:
            keep = 0 if urgent() else self._reserve
            return self._cancels.wait_ns(count, now, keep=keep)

        return await self._spend("cancels", count, wait_ns)

    def charge_cancels(self, count: int) -> None:
        """Pay for what a cancel of all or of a market has cancelled."""
        self._cancels.take(count, self._clock.monotonic_ns())

    def heed(self, headers: Mapping[str, str], *, refused: bool, cancels: bool) -> None:
        """Adjust to what the venue says in an answer.

        Args:
            headers: Of the answer, names in lower case.
            refused: Whether it was a 429.
            cancels: Whether the request was a cancel.
        """
        now = self._clock.monotonic_ns()
        bucket = self._cancels if cancels else self._orders
        self._heed_tier(headers.get("poly-ratelimit-tier", ""), now)
        if (left := _count(headers.get("poly-ratelimit-remaining"))) is not None:
            bucket.learn(left, now)
        if refused:
            wait_s = asked_pause_s(headers.get("retry-after"))
            bucket.close(now, int((1.0 if wait_s is None else wait_s) * _NS))
        if (warning := clean(headers.get("poly-ratelimit-warning", ""), 120)) != self._warning:
            self._warning = warning
            if warning:
                self._tell(f"the venue warns about our request rate: {warning}")

    def view(self) -> BudgetView:
        """Return the numbers of this moment."""
        now = self._clock.monotonic_ns()
        return BudgetView(
            orders_left=self._orders.left(now),
            orders_burst=self._orders.burst,
            cancels_left=self._cancels.left(now),
            cancels_burst=self._cancels.burst,
            waiting_orders=self._waiting["orders"],
            waiting_cancels=self._waiting["cancels"],
            wait_s=self._orders.wait_ns(1, now) / _NS,
            tier=self._tier,
            warning=self._warning,
        )

    async def _spend(self, what: str, count: int, wait_ns: Callable[[int, int], int]) -> float:
        bucket = self._orders if what == "orders" else self._cancels
        started = now = self._clock.monotonic_ns()
        self._waiting[what] += count
        try:
            while (wait := wait_ns(count, now)) > 0:
                if now == started:
                    self._tell(f"{count} {what} wait {wait / _NS:.1f} s for the venue's rate limit")
                await self._clock.sleep(min(wait / _NS, _LOOK_AGAIN_S))
                now = self._clock.monotonic_ns()
        finally:
            self._waiting[what] -= count
        bucket.take(count, now)
        return (now - started) / _NS

    def _order_wait_ns(self, count: int, now: int) -> int:
        wait = self._orders.wait_ns(count, now)
        behind_cancels = int(_RECHECK_S * _NS) if self._waiting["cancels"] else 0
        return max(wait, behind_cancels)

    def _heed_tier(self, text: str, now: int) -> None:
        name = clean(text, 20).lower()
        tier = TIERS.get(name)
        if tier is None or name == self._tier:
            return
        self._tier = name
        self._orders.resize(tier.orders_per_s, tier.orders_burst, now)
        self._cancels.resize(tier.cancels_per_s, tier.cancels_burst, now)


def _count(text: str | None) -> int | None:
    """Read a token count, which may be below zero."""
    if text is not None and text.startswith("-"):
        below = whole_seconds(text[1:])
        return None if below is None else -below
    return whole_seconds(text)
