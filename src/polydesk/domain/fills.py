"""Executions of our own orders."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from polydesk.domain.ids import ClientOrderId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros


class Liquidity(StrEnum):
    """Which side of a match we were."""

    MAKER = "maker"
    TAKER = "taker"


class Settlement(StrEnum):
    """Whether a match is money yet. The last two are final."""

    PROVISIONAL = "PROVISIONAL"
    """Matched, and the chain has not spoken: counted as risk, not as sellable."""
    CONFIRMED = "CONFIRMED"
    VOID = "VOID"
    """The trade failed: as if it had never been."""


Identity = tuple[TradeId, ClientOrderId]
"""One leg of one trade. A trade id alone may name several legs of ours."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution; identity is (trade id, client order id)."""

    trade_id: TradeId
    client_order_id: ClientOrderId
    token_id: TokenId
    side: Side
    price: PriceMicros
    size: ShareMicros
    value: UsdMicros
    """Price times size as booked: rounded up for a buy, down for a sell."""
    fee: UsdMicros
    liquidity: Liquidity
    ts_event: int
    """Venue time, nanoseconds UTC."""
    leader: Wallet | None = None
    """For whom the lot was bought or sold when copying."""
    settlement: Settlement = Settlement.CONFIRMED
    """As it was when the fill was booked; paper fills are money at once."""

    @property
    def identity(self) -> Identity:
        """What makes two reports one fill."""
        return (self.trade_id, self.client_order_id)


@dataclass(frozen=True, slots=True)
class SettledFill:
    """The record that a fill became money or never happened."""

    trade_id: TradeId
    client_order_id: ClientOrderId
    settlement: Settlement
    """CONFIRMED or VOID."""
    ts: int
    """Engine time, nanoseconds UTC."""
    reason: str = ""

    @property
    def identity(self) -> Identity:
        """The fill it is about, which may not be known yet."""
        return (self.trade_id, self.client_order_id)
