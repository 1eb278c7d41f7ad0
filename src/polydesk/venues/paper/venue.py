"""Paper venue: real books, simulated orders, no money.

Deterministic and synchronous. Time comes in as an argument, delays are functions of
(seed, order), so the same events and orders give the same reports.

What the venue assumes, always to our disadvantage where it has to choose:

- An order meets the book as it is after the modelled latency and never eats the same
  displayed size twice.
- A resting order fills by printed trades only, after the queue ahead of it. Quotes that
  touch or pass its price fill nothing.
- A print on the complementary token at ``1 - p`` is the same match and counts alike.
- One print fills our orders in price-time priority with at most its own size.
- Resting orders survive a tick change, also off the new grid; only new orders are refused.
  Source: ``trading.md`` section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import IntEnum
from heapq import heappop, heappush

from polydesk.domain.approval import Approved
from polydesk.domain.book import L2Book
from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    CancelAsked,
    Event,
    MarketResolved,
    MarketsListed,
    OrderAccepted,
    OrderClosed,
    OrderRejected,
    OrderReport,
    OrderSent,
    TradePrinted,
)
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId, VenueOrderId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import RESTING, OrderIntent, TimeInForce
from polydesk.errors import InvariantError
from polydesk.venues.paper.entry import blocked, refusal
from polydesk.venues.paper.market_orders import MarketOrders
from polydesk.venues.paper.orders import (
    Bracket,
    OpenOrder,
    PaperOrder,
    RestingOrder,
    mirror,
    rest_in,
)
from polydesk.venues.simulation.latency import LatencyModel, TakerDelay, no_taker_delay
from polydesk.venues.simulation.matching import BookOf, Execution, is_marketable, walk
from polydesk.venues.simulation.order_rules import FAK_KILLED, FOK_KILLED

DEFAULT_LATENCY = LatencyModel()


class _Step(IntEnum):
    ARRIVE = 0
    MATCH = 1
    CANCEL = 2
    EXPIRE = 3


class PaperVenue:
    """Match approved orders against books that are kept by somebody else.

    Args:
        book: Returns the current book of a token; it is read and never changed.
        market: Returns the catalogue row of a token.
        seed: Chooses the jitter of all delays.
        latency: Time from the desk to the matching engine.
        taker_delay: Nanoseconds a market holds marketable orders.
    """

    def __init__(
        self,
        *,
        book: BookOf,
        market: Callable[[TokenId], Market | None],
        seed: int = 0,
        latency: LatencyModel = DEFAULT_LATENCY,
        taker_delay: TakerDelay = no_taker_delay,
    ) -> None:
        self._book = book
        self._market = market
        self._seed = seed
        self._latency = latency
        self._taker_delay = taker_delay
        self._sequence = 0
        self._agenda: list[tuple[int, int, _Step, ClientOrderId]] = []
        self._on_way: dict[ClientOrderId, tuple[OrderIntent, int]] = {}
        """Orders not matched yet, with the time they will be."""
        self._markets: dict[ConditionId, MarketOrders] = {}
        """Only markets where something of ours depends on events."""
        self._resting_in: dict[ClientOrderId, ConditionId] = {}
        self._known: set[ClientOrderId] = set()
        self.ignored_cancels = 0
        """Cancels that found no open order."""

    def submit(self, approved: Approved, now: int) -> list[OrderReport]:
        """Send an order and say so; it arrives after the latency.

        Raises:
            InvariantError: An order of this identity was sent before.
        """
        intent = approved.intent
        name = intent.client_order_id
        if name in self._known:
            raise InvariantError(f"order {name} was sent twice")
        self._known.add(name)
        due = now + self._latency.delay_ns(self._seed, name)
        self._on_way[name] = (intent, due)
        self._schedule(due, _Step.ARRIVE, name)
        return [OrderSent(name, now, now)]

    def cancel(self, client_order_id: ClientOrderId, now: int) -> list[OrderReport]:
        """Send a cancel; it arrives after the latency and never overtakes its order.

        An order held by a taker delay cannot be canceled, so the cancel waits for its rest.
        Source: ``trading.md`` section 5.3.
        """
        due = now + self._latency.delay_ns(self._seed, f"cancel {client_order_id}")
        self._schedule(due, _Step.CANCEL, client_order_id)
        return [CancelAsked(client_order_id, now, now)]

    def _schedule(self, due: int, step: _Step, name: ClientOrderId) -> None:
        self._sequence += 1
        heappush(self._agenda, (due, self._sequence, step, name))

    def next_due(self) -> int | None:
        """Return the earliest time something of ours happens, None when nothing will."""
        return self._agenda[0][0] if self._agenda else None

    def run_due(self, now: int) -> list[OrderReport]:
        """Let everything due happen in order; reports carry their due times."""
        reports: list[OrderReport] = []
        while self._agenda and self._agenda[0][0] <= now:
            due, _, step, name = heappop(self._agenda)
            if step is _Step.CANCEL:
                reports += self._cancel(name, due)
            elif step is _Step.EXPIRE:
                reports += self._close(name, due, "expired", expired=True)
            else:
                reports += self._arrive(name, due, held=step is _Step.MATCH)
        return reports

    def _arrive(self, name: ClientOrderId, at: int, *, held: bool) -> list[OrderReport]:
        intent, _ = self._on_way[name]
        market, book = self._market(intent.token_id), self._book(intent.token_id)
        reason = blocked(market, book) if held else refusal(intent, market, book, at)
        if reason or market is None or book is None:
            return self._reject(name, at, reason)
        delay = 0 if held else self._taker_delay(market)
        if delay and is_marketable(book, intent.side, intent.price):
            self._on_way[name] = (intent, at + delay)
            self._schedule(at + delay, _Step.MATCH, name)
            return []
        return self._match(intent, market, book, at)

    def _reject(self, name: ClientOrderId, at: int, reason: str) -> list[OrderReport]:
        del self._on_way[name]
        return [OrderRejected(name, at, at, reason)]

    def _match(
        self, intent: OrderIntent, market: Market, book: L2Book, at: int
    ) -> list[OrderReport]:
        state = self._markets.get(market.condition_id) or MarketOrders()
        executions = walk(book, intent.side, intent.price, intent.size, state.consumed)
        found = sum(execution.size for execution in executions)
        if intent.time_in_force is TimeInForce.FOK and found < intent.size:
            return self._reject(intent.client_order_id, at, FOK_KILLED)
        if intent.time_in_force is TimeInForce.FAK and not found:
            return self._reject(intent.client_order_id, at, FAK_KILLED)
        del self._on_way[intent.client_order_id]
        self._sequence += 1
        order = PaperOrder(intent, market, self._sequence)
        fills = [self._take(order, state, execution, at) for execution in executions]
        reports = self._settle_rest(order, state, book, at)
        if not state.idle:
            self._markets[market.condition_id] = state
        return [reports[0], *fills, *reports[1:]]

    @staticmethod
    def _take(order: PaperOrder, state: MarketOrders, execution: Execution, at: int) -> OrderReport:
        token, is_bid = order.intent.token_id, order.intent.side is Side.SELL
        state.consumed.take((token, is_bid, execution.price), execution.size)
        other = order.market.opposite(token)
        if other is not None:
            state.consumed.take((other.token_id, *mirror(is_bid, execution.price)), execution.size)
        return order.execute(execution.price, execution.size, Liquidity.TAKER, at)

    def _settle_rest(
        self, order: PaperOrder, state: MarketOrders, book: L2Book, at: int
    ) -> list[OrderReport]:
        """Report the acceptance and what becomes of the size that did not match."""
        intent = order.intent
        name = intent.client_order_id
        accepted = OrderAccepted(name, VenueOrderId(f"paper-{name}"), at, at, resting=False)
        if not order.remaining:
            return [accepted]
        if intent.time_in_force not in RESTING:
            return [accepted, OrderClosed(name, at, at, expired=False, reason="rest of FAK order")]
        resting = rest_in(order, book)
        state.orders[name] = resting
        self._resting_in[name] = order.market.condition_id
        if (drops_at := intent.off_book_at) is not None:
            self._schedule(drops_at, _Step.EXPIRE, name)
        accepted.resting, accepted.queue_ahead = True, resting.queue.ahead
        return [accepted]

    def _cancel(self, name: ClientOrderId, at: int) -> list[OrderReport]:
        if name in self._on_way:
            self._schedule(self._on_way[name][1], _Step.CANCEL, name)
            return []
        reports = self._close(name, at, "canceled", expired=False)
        self.ignored_cancels += not reports
        return reports

    def _close(
        self, name: ClientOrderId, at: int, reason: str, *, expired: bool
    ) -> list[OrderReport]:
        condition = self._resting_in.pop(name, None)
        if condition is None:
            return []
        state = self._markets[condition]
        del state.orders[name]
        if state.idle:
            del self._markets[condition]
        return [OrderClosed(name, at, at, expired=expired, reason=reason)]

    def on_event(self, event: Event, now: int) -> list[OrderReport]:
        """Learn what the market did, after the books took it; nearly free when nothing rests.

        Reports carry the engine's time: the venue lives on that clock.
        """
        if not self._markets:
            return []
        if isinstance(event, (BookChanged, BookSnapshotReceived)):
            state = self._markets.get(event.condition_id)
            return [] if state is None else self._on_book(state, event, now)
        if isinstance(event, TradePrinted):
            return self._on_trade(event, now)
        return self._on_rare(event, now)

    def _on_book(
        self, state: MarketOrders, event: BookChanged | BookSnapshotReceived, now: int
    ) -> list[OrderReport]:
        if isinstance(event, BookChanged):
            reports = state.on_changes(self._book, event.changes, now)
        else:
            reports = state.on_snapshot(self._book, now)
        if state.idle:
            del self._markets[event.condition_id]
        return reports

    def _on_trade(self, event: TradePrinted, now: int) -> list[OrderReport]:
        state = self._markets.get(event.condition_id)
        if state is None:
            return []
        before = list(state.orders)
        reports = state.on_trade(event, now)
        for name in before:
            if name not in state.orders:
                del self._resting_in[name]
        if state.idle:
            del self._markets[event.condition_id]
        return reports

    def _on_rare(self, event: Event, now: int) -> list[OrderReport]:
        if isinstance(event, MarketResolved):
            return self._close_market(event.condition_id, now, "market resolved")
        if isinstance(event, MarketsListed):
            return [
                report
                for market in event.markets
                if market.closed or market.payouts is not None
                for report in self._close_market(market.condition_id, now, "market closed")
            ]
        return []

    def _close_market(self, condition: ConditionId, now: int, reason: str) -> list[OrderReport]:
        state = self._markets.get(condition)
        names = [] if state is None else list(state.orders)
        return [r for name in names for r in self._close(name, now, reason, expired=False)]

    def open_orders(self) -> tuple[OpenOrder, ...]:
        """Return what is on its way or rests, each in the order it was sent or placed."""
        coming = [OpenOrder.on_way(intent) for intent, _ in self._on_way.values()]
        return (*coming, *(resting.view() for resting in self._resting()))

    def bracket(self) -> tuple[Bracket, ...]:
        """Return the filled size of every resting order on the three queue estimates."""
        return tuple(resting.bracket() for resting in self._resting())

    def _resting(self) -> Iterator[RestingOrder]:
        return (self._markets[c].orders[name] for name, c in self._resting_in.items())

    def digest(self) -> tuple[object, ...]:
        """Return the whole state as ordered tuples of numbers and texts."""
        coming = tuple((name, due) for name, (_, due) in self._on_way.items())
        resting = tuple(order.digest() for order in self._resting())
        consumed = tuple((c, *m.consumed.digest()) for c, m in sorted(self._markets.items()))
        agenda = tuple((due, seq, int(step), name) for due, seq, step, name in sorted(self._agenda))
        return (self._sequence, self.ignored_cancels, coming, resting, consumed, agenda)
