"""Token buckets per signer: what a request costs, and what is left.

Source: ``trading.md`` section 8.2; headers as the official Python client 0.14 reads them
(``rate_limit.py``: the reset is Unix seconds and tells when the wait ends).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

NS: Final = 1_000_000_000
"""Nanoseconds in a second, and parts of a token: so a rate per second is parts per nanosecond."""


class Limits(StrEnum):
    """What happens to a request for which there are not enough tokens."""

    ENFORCE = "enforce"
    WARN = "warn"
    """It is served and its answer carries a warning, as at the venue's introduction."""
    OFF = "off"


class Tier(StrEnum):
    """The venue's classes of traders by volume of thirty days."""

    STANDARD = "standard"
    COPPER = "copper"
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"
    DIAMOND = "diamond"
    ELITE = "elite"


@dataclass(frozen=True, slots=True)
class Rate:
    """One bucket's measure."""

    per_second: int
    burst: int
    """Tokens it holds at most."""
    debt: bool = False
    """Whether it may go below zero."""


@dataclass(frozen=True, slots=True)
class TierRates:
    """A tier's two buckets."""

    orders: Rate
    cancels: Rate

    @classmethod
    def of(cls, per_second: int, burst: int, *, debt: bool) -> Self:
        """Return rates where cancels have twice the room of orders."""
        return cls(Rate(per_second, burst), Rate(2 * per_second, 2 * burst, debt))


RATES: Final = {
    Tier.STANDARD: TierRates.of(40, 60, debt=True),
    Tier.COPPER: TierRates.of(60, 90, debt=True),
    Tier.BRONZE: TierRates.of(80, 120, debt=True),
    Tier.SILVER: TierRates.of(200, 300, debt=True),
    Tier.GOLD: TierRates.of(400, 600, debt=True),
    Tier.PLATINUM: TierRates(Rate(450, 675), Rate(900, 1_350)),
    Tier.DIAMOND: TierRates(Rate(525, 787), Rate(1_050, 1_575)),
    Tier.ELITE: TierRates(Rate(600, 900), Rate(1_200, 1_800)),
}


@dataclass(slots=True)
class Bucket:
    """Tokens of one signer for one purpose. Times are monotonic nanoseconds."""

    rate: Rate
    at: int
    _parts: int = field(init=False)

    def __post_init__(self) -> None:
        self._parts = self.rate.burst * NS

    def fill(self, now: int) -> None:
        """Add what has flowed in since the last call."""
        flowed = max(0, now - self.at) * self.rate.per_second
        self._parts = min(self.rate.burst * NS, self._parts + flowed)
        self.at = max(self.at, now)

    @property
    def tokens(self) -> int:
        """Whole tokens, below zero when in debt."""
        return self._parts // NS

    def covers(self, cost: int) -> bool:
        """Return whether a request can be paid for now."""
        return cost * NS <= self._parts

    def wait_ns(self, cost: int) -> int | None:
        """Return the time until a request can be paid for, None when it never can."""
        if cost > self.rate.burst:
            return None
        return max(0, -(-(cost * NS - self._parts) // self.rate.per_second))

    def take(self, cost: int) -> None:
        """Pay; without permission for debt the bucket is empty at worst."""
        left = self._parts - cost * NS
        self._parts = left if self.rate.debt else max(0, left)

    def give_back(self, cost: int) -> None:
        """Undo a payment."""
        self._parts = min(self.rate.burst * NS, self._parts + cost * NS)


class SignerLimits:
    """All signers' buckets, each full at the first request."""

    def __init__(self, tier: Tier) -> None:
        self.tier = tier
        self._buckets: dict[tuple[str, bool], Bucket] = {}

    def bucket(self, signer: str, now: int, *, cancels: bool) -> Bucket:
        """Return a signer's bucket as it is now."""
        rates = RATES[self.tier]
        key = (signer.lower(), cancels)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(rates.cancels if cancels else rates.orders, now)
        bucket.fill(now)
        return bucket
