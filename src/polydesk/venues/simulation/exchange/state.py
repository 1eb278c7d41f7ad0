"""Everything the exchange knows, in one place, for the functions that change it."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from polydesk.domain.ids import ConditionId, TokenId, TradeId
from polydesk.venues.simulation.exchange.accounts import Accounts
from polydesk.venues.simulation.exchange.book import MarketBook
from polydesk.venues.simulation.exchange.events import ExchangeEvent, OrderChange, report_order
from polydesk.venues.simulation.exchange.modes import Modes
from polydesk.venues.simulation.exchange.orders import Order
from polydesk.venues.simulation.exchange.trades import Trade, TradeStatus
from polydesk.venues.simulation.latency import (
    MILLISECOND,
    LatencyModel,
    TakerDelay,
    no_taker_delay,
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes one exchange differ from another; same settings, same results."""

    seed: int = 0
    step: LatencyModel = LatencyModel(1_500 * MILLISECOND, 3_000 * MILLISECOND)
    """From one step of settlement to the next."""
    taker_delay: TakerDelay = no_taker_delay


class TimerKind(StrEnum):
    """What is due."""

    EXPIRE = "expire"
    RELEASE = "release"
    """The end of a taker delay."""
    SETTLE = "settle"


@dataclass(slots=True)
class Timers:
    """What is due later, by time and then by order of setting."""

    _heap: list[tuple[int, int, TimerKind, str]] = field(default_factory=list)
    _count: int = 0

    def set(self, at: int, kind: TimerKind, name: str) -> None:
        """Remember something for a time in nanoseconds."""
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, kind, name))

    def next_at(self) -> int | None:
        """Return the earliest time that something is set for."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: int) -> Iterator[tuple[int, TimerKind, str]]:
        """Yield and forget what is due, also what is set meanwhile."""
        while self._heap and self._heap[0][0] <= now:
            at, _, kind, name = heapq.heappop(self._heap)
            yield at, kind, name


@dataclass(slots=True)
class State:
    """The exchange's whole state."""

    settings: Settings
    now: int = 0
    """Newest time given, nanoseconds UTC."""
    accounts: Accounts = field(default_factory=Accounts)
    markets: dict[ConditionId, MarketBook] = field(default_factory=dict)
    condition_of: dict[TokenId, ConditionId] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    """Every order taken, by digest, oldest first."""
    live: dict[str, Order] = field(default_factory=dict)
    """Those that may still be matched."""
    trades: dict[TradeId, Trade] = field(default_factory=dict)
    plans: dict[TradeId, deque[TradeStatus]] = field(default_factory=dict)
    """Steps of settlement still to come."""
    scripts: deque[tuple[TradeStatus, ...]] = field(default_factory=deque)
    """Settlements of the next trades, for the fault script."""
    timers: Timers = field(default_factory=Timers)
    modes: Modes = field(default_factory=Modes)
    outbox: list[ExchangeEvent] = field(default_factory=list)

    def name(self, kind: str, number: int | str, size: int = 16) -> str:
        """Return a name as hex that is a function of the seed and what it names."""
        text = f"{self.settings.seed}:{kind}:{number}"
        return blake2b(text.encode(), digest_size=size).hexdigest()

    def book_of(self, order: Order) -> MarketBook:
        """Return the book an order belongs to."""
        return self.markets[order.condition_id]

    def open_orders(self) -> list[Order]:
        """Return all orders that may still be matched, oldest first."""
        return list(self.live.values())

    def report(self, change: OrderChange, order: Order) -> None:
        """Report an order as it is now."""
        self.outbox.append(report_order(change, order, self.now))

    def track(self, order: Order) -> None:
        """Bring an order's reservation and the list of open orders to what it is now."""
        if order.open:
            self.live[order.order_id] = order
        else:
            self.live.pop(order.order_id, None)
        wanted = order.worst_case(self.book_of(order).market.fees)
        self.accounts.reserve(order.account, order.gives, wanted - order.reserved)
        order.reserved = wanted
