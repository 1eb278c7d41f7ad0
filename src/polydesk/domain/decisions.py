"""One recorded decision for every leader trade."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydesk.domain.ids import ClientOrderId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import PriceMicros, ShareMicros


class Verdict(StrEnum):
    """What became of a leader's trade."""

    COPIED = "copied"
    AGGREGATING = "aggregating"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one leader trade, and why."""

    seq: int
    """Rises by one per decision."""
    trade_id: TradeId
    leader: Wallet
    leader_name: str
    token_id: TokenId
    side: Side
    leader_price: PriceMicros
    leader_size: ShareMicros
    verdict: Verdict
    skip: SkipCode | None
    facts: tuple[tuple[str, str], ...]
    """Name and value pairs for people."""
    traded_at: int
    """When the leader traded (venue time), nanoseconds UTC."""
    seen_at: int
    """When the desk saw it."""
    decided_at: int
    """Engine time of the decision."""
    copy_price: PriceMicros | None = None
    copy_size: ShareMicros | None = None
    client_order_id: ClientOrderId | None = None
    title: str = ""
    outcome: str = ""

    @property
    def delay_ms(self) -> int:
        """Milliseconds from the leader's trade to our seeing it."""
        return max(0, self.seen_at - self.traded_at) // 1_000_000
