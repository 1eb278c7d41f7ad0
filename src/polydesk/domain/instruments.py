"""What can be traded: Event > Market (one condition) > Outcome (one token)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydesk.domain.ids import ConditionId, EventId, TokenId
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros, on_tick, taker_fee

TICK_SIZES: tuple[PriceMicros, ...] = tuple(
    PriceMicros(t) for t in (100_000, 10_000, 5_000, 2_500, 1_000, 100)
)
"""The venue's six tick sizes. Source: ``rest-data.md`` section 2, 2026-11."""


class Side(StrEnum):
    """Side of an order or trade, as the venue writes it."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class MarketVersion(StrEnum):
    """Which id family a market trades under; unknown values pass through as OTHER."""

    V1 = "v1"
    V2 = "v2"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Taker fee: shares x rate x (p x (1 - p)) ** exponent."""

    rate: int = 0
    """Micros: 0.07 is 70,000."""
    exponent: int = 1
    taker_only: bool = True
    """Makers pay nothing."""

    def taker(self, size: ShareMicros, price: PriceMicros) -> UsdMicros:
        """Return the taker's fee for a fill."""
        return taker_fee(size, price, self.rate, self.exponent)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One tradable side of a market."""

    token_id: TokenId
    label: str
    """Free text such as ``Yes`` or a team's name; cleaned, never compared with a literal."""
    index: int


@dataclass(frozen=True, slots=True)
class Market:
    """One binary question with its trading parameters."""

    condition_id: ConditionId
    question: str
    slug: str
    outcomes: tuple[Outcome, ...]
    tick: PriceMicros = PriceMicros(10_000)
    min_size: ShareMicros = ShareMicros(5_000_000)
    neg_risk: bool = False
    fees: FeeSchedule = FeeSchedule()
    version: MarketVersion = MarketVersion.V1
    market_id: str = ""
    event_id: EventId = EventId("")
    event_slug: str = ""
    event_title: str = ""
    group_title: str = ""
    category: str = ""
    end_ns: int | None = None
    """When trading is planned to end, nanoseconds UTC."""
    active: bool = True
    closed: bool = False
    accepting_orders: bool = True
    volume: UsdMicros = UsdMicros(0)
    volume_24h: UsdMicros = UsdMicros(0)
    liquidity: UsdMicros = UsdMicros(0)
    payouts: tuple[PriceMicros, ...] | None = None
    """Final pay-out per share and outcome once resolved; sums to one."""

    def outcome(self, token_id: TokenId) -> Outcome:
        """Return the outcome with this token; raise KeyError when foreign."""
        for outcome in self.outcomes:
            if outcome.token_id == token_id:
                return outcome
        raise KeyError(token_id)

    def opposite(self, token_id: TokenId) -> Outcome | None:
        """Return the other outcome of a binary market."""
        others = [o for o in self.outcomes if o.token_id != token_id]
        return others[0] if len(others) == 1 else None

    def accepts_price(self, price: PriceMicros) -> bool:
        """Return whether ``price`` lies on this market's grid."""
        return on_tick(price, self.tick)
