"""An accepted order on the paper venue, its executions and its place in the book."""

from __future__ import annotations

from dataclasses import dataclass, field

from polydesk.domain.book import L2Book
from polydesk.domain.events import OrderFilled
from polydesk.domain.fills import Fill, Liquidity
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    notional_ceil,
    notional_floor,
)
from polydesk.venues.simulation.fees import execution_fee
from polydesk.venues.simulation.matching import displayed_size
from polydesk.venues.simulation.queue_position import QueuePosition


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order of ours the venue has or will get."""

    client_order_id: ClientOrderId
    token_id: TokenId
    side: Side
    price: PriceMicros
    remaining: ShareMicros
    resting: bool
    """False while it is on its way or held by a taker delay."""
    queue_ahead: ShareMicros | None

    @classmethod
    def on_way(cls, intent: OrderIntent) -> OpenOrder:
        """Show an order that has not been matched yet."""
        name, token = intent.client_order_id, intent.token_id
        return cls(name, token, intent.side, intent.price, intent.size, False, None)


@dataclass(frozen=True, slots=True)
class Bracket:
    """Filled size of a resting order on the three queue estimates, all fills included."""

    client_order_id: ClientOrderId
    pessimistic: ShareMicros
    """What the account is kept on."""
    expected: ShareMicros
    optimistic: ShareMicros


@dataclass(slots=True)
class PaperOrder:
    """One order of ours inside the matching engine."""

    intent: OrderIntent
    market: Market
    sequence: int
    """Time priority among our own orders."""
    filled: int = 0
    fills: int = 0
    """Number of executions, for their identities."""

    @property
    def remaining(self) -> ShareMicros:
        """Size not executed yet."""
        return ShareMicros(self.intent.size - self.filled)

    def execute(
        self, price: PriceMicros, size: ShareMicros, liquidity: Liquidity, at: int
    ) -> OrderFilled:
        """Book one execution and report it; identities are functions of the order."""
        intent = self.intent
        self.filled += size
        self.fills += 1
        value = notional_ceil if intent.side is Side.BUY else notional_floor
        fill = Fill(
            trade_id=TradeId(f"paper-{intent.client_order_id}-{self.fills}"),
            client_order_id=intent.client_order_id,
            token_id=intent.token_id,
            side=intent.side,
            price=price,
            size=size,
            value=value(price, size),
            fee=execution_fee(self.market.fees, liquidity, size, price),
            liquidity=liquidity,
            ts_event=at,
            leader=intent.leader,
        )
        return OrderFilled(fill, at, at)


@dataclass(slots=True)
class RestingOrder:
    """The rest of an order, waiting in the book."""

    order: PaperOrder
    token_id: TokenId
    is_bid: bool
    price: PriceMicros
    queue: QueuePosition
    taken: int
    """What it had filled as a taker before it began to rest."""
    seen_ts: int
    """Newest venue time in the book when it was placed; older prints cannot concern it."""
    levels: dict[TokenId, tuple[bool, int]] = field(default_factory=dict)
    """Its level as (is bid, price) in the book of each token of the market."""

    @property
    def intent(self) -> OrderIntent:
        """The order behind it."""
        return self.order.intent

    def view(self) -> OpenOrder:
        """Show the order as it rests."""
        intent, left = self.intent, self.order.remaining
        name, token = intent.client_order_id, intent.token_id
        return OpenOrder(name, token, intent.side, intent.price, left, True, self.queue.ahead)

    def bracket(self) -> Bracket:
        """Return the filled size on the three estimates."""
        queue = self.queue
        return Bracket(
            self.intent.client_order_id,
            ShareMicros(self.taken + queue.pessimistic.filled),
            ShareMicros(self.taken + queue.expected.filled),
            ShareMicros(self.taken + queue.optimistic.filled),
        )

    def digest(self) -> tuple[str | int, ...]:
        """Return the state as plain values."""
        order = self.order
        name = order.intent.client_order_id
        return (name, order.sequence, order.filled, order.fills, *self.queue.digest())


def rest_in(order: PaperOrder, book: L2Book) -> RestingOrder:
    """Place the rest of an order behind everything its level displays."""
    intent = order.intent
    is_bid = intent.side is Side.BUY
    return RestingOrder(
        order=order,
        token_id=intent.token_id,
        is_bid=is_bid,
        price=intent.price,
        queue=QueuePosition(order.remaining, displayed_size(book, is_bid, intent.price)),
        taken=order.filled,
        seen_ts=_newest_venue_time(book),
        levels=_levels(order.market, intent),
    )


def _newest_venue_time(book: L2Book) -> int:
    bids = max(book.bid_times.values(), default=0)
    asks = max(book.ask_times.values(), default=0)
    return max(book.snapshot_ts, bids, asks)


def _levels(market: Market, intent: OrderIntent) -> dict[TokenId, tuple[bool, int]]:
    is_bid = intent.side is Side.BUY
    levels: dict[TokenId, tuple[bool, int]] = {intent.token_id: (is_bid, intent.price)}
    other = market.opposite(intent.token_id)
    if other is not None:
        levels[other.token_id] = mirror(is_bid, intent.price)
    return levels


def mirror(is_bid: bool, price: int) -> tuple[bool, int]:
    """Return the level of the complementary token that is the same liquidity.

    A bid at ``p`` on one outcome is an ask at ``1 - p`` on the other.

    Source: ``data/README.md`` wire facts (5,185 of 5,185 frames carry both).
    """
    return not is_bid, MICROS - price
