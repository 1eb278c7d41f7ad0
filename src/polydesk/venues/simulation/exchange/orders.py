"""An order at the exchange: what was asked for and what has become of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from polydesk.domain.ids import ConditionId, TokenId, TradeId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import PriceMicros, ShareMicros, notional_ceil
from polydesk.errors import InvariantError
from polydesk.venues.simulation.exchange.accounts import CASH
from polydesk.venues.simulation.order_rules import GTD_THRESHOLD_NS, SECOND
from polydesk.venues.simulation.queue_position import QueuePosition


class OrderState(StrEnum):
    """Where an order is in its life; it only moves down this list."""

    DELAYED = "DELAYED"
    """Held by the market's taker delay."""
    LIVE = "LIVE"
    MATCHED = "MATCHED"
    CANCELED = "CANCELED"


RANK: Final = {
    OrderState.DELAYED: 0,
    OrderState.LIVE: 1,
    OrderState.MATCHED: 2,
    OrderState.CANCELED: 2,
}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as it arrives; the signature was checked before."""

    order_id: str
    """The order's digest."""
    token_id: TokenId
    side: Side
    price: PriceMicros
    """Limit."""
    size: ShareMicros
    order_type: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    expiration: int = 0
    """Unix seconds for GTD, zero for all others."""

    @property
    def drop_at(self) -> int:
        """When the book drops a GTD order, nanoseconds."""
        return self.expiration * SECOND - GTD_THRESHOLD_NS


@dataclass(slots=True)
class Order:
    """An order the exchange took."""

    request: NewOrder
    account: str
    condition_id: ConditionId
    sequence: int
    """Order of arrival: time priority."""
    is_bid: bool
    """Its side of the market's one book, which is kept in the first outcome's terms."""
    level: int
    """Its price in that book, micros."""
    placed_at: int
    """Nanoseconds UTC."""
    state: OrderState = OrderState.LIVE
    status: str = "LIVE"
    """The venue's word, which names why an order was canceled."""
    filled: int = 0
    """Matched micro-shares, whatever has become of the trades."""
    reserved: int = 0
    """Set aside of what it gives."""
    trade_ids: list[TradeId] = field(default_factory=list)
    queue: QueuePosition | None = None
    """Its place behind the recording's displayed size while it rests."""
    seen_ts: int = 0
    """Newest venue time in the recording when it began to rest."""

    @property
    def order_id(self) -> str:
        """The digest."""
        return self.request.order_id

    @property
    def remaining(self) -> ShareMicros:
        """Size not matched."""
        return ShareMicros(self.request.size - self.filled)

    @property
    def open(self) -> bool:
        """Whether it may still be matched."""
        return self.state in {OrderState.DELAYED, OrderState.LIVE}

    @property
    def gives(self) -> str:
        """The asset it pays with."""
        return CASH if self.request.side is Side.BUY else self.request.token_id

    def move_to(self, state: OrderState, status: str) -> None:
        """Take the next state; going back is a bug."""
        if RANK[state] < RANK[self.state] or (not self.open and state is not self.state):
            raise InvariantError(f"order {self.order_id}: {self.state} cannot become {state}")
        self.state, self.status = state, status

    def worst_case(self, fees: FeeSchedule) -> int:
        """Return what it may still have to give: price, and a taker's fee while it may take.

        Source: ``trading.md`` sections 5.7 (reservation) and 6.1 (fee on top of a buy).
        """
        if not self.open:
            return 0
        if self.request.side is Side.SELL:
            return self.remaining
        cost = notional_ceil(self.request.price, self.remaining)
        taking = self.state is OrderState.DELAYED
        return cost + (fees.taker(self.remaining, self.request.price) if taking else 0)

    def plain(self) -> dict[str, str | int]:
        """Return the order as plain values."""
        return {
            "account": self.account,
            "token": self.request.token_id,
            "side": self.request.side.value,
            "price": self.request.price,
            "size": self.request.size,
            "type": self.request.order_type.value,
            "expiration": self.request.expiration,
            "sequence": self.sequence,
            "filled": self.filled,
            "reserved": self.reserved,
            "status": self.status,
            "trades": ",".join(self.trade_ids),
        }
