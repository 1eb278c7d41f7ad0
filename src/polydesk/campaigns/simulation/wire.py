"""Invariants of what leaves the desk and what the exchange takes from it.

They live as long as the account: what was sent before a crash counts after it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from polydesk.campaigns.simulation.journal import MemoryJournal
from polydesk.campaigns.simulation.schedule import SECOND
from polydesk.campaigns.simulation.venue import ME
from polydesk.campaigns.simulation.violation import demand
from polydesk.domain.approval import Approved
from polydesk.domain.events import (
    Event,
    OrderAbandoned,
    OrderClosed,
    OrderRejected,
    WalletTraded,
)
from polydesk.domain.fills import Fill, Settlement
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId
from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import OrderIntent
from polydesk.domain.limits import RiskLimits
from polydesk.domain.units import MICROS, notional_ceil, on_tick
from polydesk.execution.patience import Patience
from polydesk.venues.simulation.exchange import ExchangeCore, NewOrder
from polydesk.venues.simulation.exchange.events import OrderReported
from polydesk.venues.simulation.exchange.trades import Trade
from polydesk.venues.simulation.exchange.trades import TradeStatus as Step

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

WEB = "web-"
"""Start of the names of orders that somebody made elsewhere on our account."""
_WINDOW = 60 * SECOND - Patience().fresh - SECOND


class WireCheck:
    """Watches approvals, signatures, requests and what the exchange does with them."""

    def __init__(
        self,
        now: Callable[[], int],
        journal: MemoryJournal,
        limits: RiskLimits,
        core: ExchangeCore,
    ) -> None:
        self.engine: Engine
        self.seen: Counter[str] = Counter()
        """What a campaign wants to have seen, and how often it was."""
        self.approved: dict[ClientOrderId, OrderIntent] = {}
        self.sent: dict[ClientOrderId, NewOrder] = {}
        self.taken: dict[str, None] = {}
        """Digests of ours that the exchange took."""
        self.repeated: set[ClientOrderId] = set()
        """Orders of which a second copy is about: even a clear no is not the last word on them."""
        self.leader_trades: dict[TradeId, WalletTraded] = {}
        self._owner: dict[str, ClientOrderId] = {}
        self._copies: dict[TradeId, ClientOrderId] = {}
        self._decided: set[ClientOrderId] = set()
        self._core = core
        self._now = now
        self._journal = journal
        self._limits = limits
        self._recent: deque[int] = deque()
        self._last_step: dict[TradeId, Step] = {}

    def new_life(self, engine: Engine) -> None:
        """Watch a new life of the desk: it sends only what it decided itself."""
        self.engine = engine
        self._decided.clear()

    def note(self, what: str) -> None:
        """Something happened that a campaign wants to have seen."""
        self.seen[what] += 1

    def on_approved(self, approved: Approved) -> None:
        """The gate let an intent through: once, within the limits, and a copy as it should be."""
        intent = approved.intent
        key = intent.client_order_id
        # An intent that a crash took before it was on disk never was, and may be decided again.
        demand(key not in self.sent, "I-16", "approved again after it was sent:", key)
        demand(not self.engine.killed, "I-25", "approved while killed:", key)
        self.approved[key] = intent
        self._decided.add(key)
        if intent.leader_trade is not None:
            self._check_copy(intent)
        if intent.side is Side.BUY:
            self._check_exposure(intent)
        else:
            self._check_shares(intent)

    def _check_shares(self, intent: OrderIntent) -> None:
        """Only shares are sold that are ours whatever fails, and that no other sale holds."""
        ledger, free = self.engine.account.ledger, 0
        for fill in self.engine.account.fills:
            if fill.token_id == intent.token_id and fill.identity not in ledger.void:
                is_final = ledger.settlement_of(fill.identity) is Settlement.CONFIRMED
                if fill.side is Side.SELL:
                    free -= fill.size
                elif is_final:
                    free += fill.size
        for key, order in self.engine.account.open_orders.items():
            is_sale = order.intent.side is Side.SELL and order.intent.token_id == intent.token_id
            if is_sale and key != intent.client_order_id:
                free -= order.remaining
        demand(intent.size <= free, "I-03", intent, "of", free, "settled shares")

    def _check_copy(self, intent: OrderIntent) -> None:
        trade_id = intent.leader_trade
        demand(trade_id is not None and trade_id in self.leader_trades, "I-33", intent)
        if trade_id is not None:
            told = self.leader_trades[trade_id]
            copied = self._copies.setdefault(trade_id, intent.client_order_id)
            demand(copied == intent.client_order_id, "I-33", "copied twice:", trade_id)
            demand(
                (intent.token_id, intent.side) == (told.token_id, told.side), "I-33", intent, told
            )

    def _check_exposure(self, intent: OrderIntent) -> None:
        """Compute exposure anew from fills and open orders and compare it with the limits."""
        engine, limits = self.engine, self._limits
        market = engine.token_markets[intent.token_id]
        tokens = {outcome.token_id for outcome in market.outcomes}
        costs = _costs(engine)
        for key, order in engine.account.open_orders.items():
            wanted = order.intent
            if wanted.side is Side.BUY and key != intent.client_order_id:
                cost = notional_ceil(wanted.price, order.remaining)
                costs[wanted.token_id] = costs.get(wanted.token_id, 0) + cost
        own = notional_ceil(intent.price, intent.size)
        in_market = own + sum(cost for token, cost in costs.items() if token in tokens)
        demand(own <= limits.max_order_usd, "I-28", intent, own)
        demand(in_market <= limits.max_market_usd, "I-28", intent, "in market", in_market)
        total = own + sum(costs.values())
        demand(total <= limits.max_total_usd, "I-28", intent, "in all", total)

    def on_signing(self, approved: Approved, market: Market | None) -> None:
        """An order is signed on the present grid, for a token of its market."""
        intent = approved.intent
        demand(market is not None, "I-24", intent)
        if market is not None:
            token_ids = [outcome.token_id for outcome in market.outcomes]
            demand(intent.token_id in token_ids, "I-24", intent, market)
            fits = on_tick(intent.price, market.tick) and 0 < intent.price < MICROS
            demand(fits and intent.size >= market.min_size, "I-23", intent, market.tick)

    def on_leaving(self, intent: OrderIntent, request: NewOrder) -> None:
        """An order's bytes leave once, after all that must be on disk before them."""
        key, now = intent.client_order_id, self._now()
        demand(key in self.approved, "I-16", "never approved:", key)
        demand(key not in self.sent, "I-16", "sent again:", key)
        demand(key in self._decided, "I-16", "sent by a life that did not decide it:", key)
        owner = self._owner.setdefault(request.order_id, key)
        demand(owner == key, "I-16", request.order_id, "is of", owner, "and", key)
        demand(not self.engine.killed, "I-25", "sent while killed:", key)
        first, signed = self._journal.first.get(key), self._journal.signed_at.get(key)
        is_durable = first is not None and signed is not None and first <= now and signed <= now
        demand(is_durable, "I-22", key, "intent", first, "signature", signed, "now", now)
        same = (request.token_id, request.side, request.price, request.size)
        wanted = (intent.token_id, intent.side, intent.price, intent.size)
        demand(same == wanted, "I-17", request, intent)
        self.sent[key] = request
        self._check_rate(now)

    def _check_rate(self, now: int) -> None:
        """Count what leaves: what was approved in a minute leaves within that and its patience."""
        self._recent.append(now)
        while self._recent[0] <= now - _WINDOW:
            self._recent.popleft()
        sent = len(self._recent)
        demand(sent <= self._limits.max_orders_per_minute, "I-29", sent, "orders in a minute")

    def on_venue_order(self, event: OrderReported) -> None:
        """The exchange took an order of the account: one that the desk sent, or the web."""
        digest = event.request.order_id
        if digest in self.taken or digest.startswith(WEB):
            return
        key = self._owner.get(digest)
        demand(key is not None, "I-18", "the exchange has an order nobody sent:", digest)
        if key is not None:
            demand(self.sent[key] == event.request, "I-17", event.request)
            self.taken[digest] = None
            demand(len(self.taken) <= len(self.approved), "I-18", len(self.taken))
            order = self.engine.account.orders.get(key)
            if order is not None and order.cancel_asked_at:
                self.note("zombie accepted after its cancel")
            is_open = order is None or order.open or key in self.repeated
            demand(is_open, "I-19", key, "was taken after it was told over")

    def on_report(self, event: Event) -> None:
        """An order that is told over is over at the exchange too."""
        if isinstance(event, OrderClosed | OrderRejected | OrderAbandoned):
            request = self.sent.get(event.client_order_id)
            if request is not None and event.client_order_id not in self.repeated:
                there = self._core.state.orders.get(request.order_id)
                is_over = there is None or not there.open
                demand(is_over, "I-19", event, "and the exchange has it", there)

    def on_venue_trade(self, trade: Trade) -> None:
        """Note what kinds of trades there were."""
        before = self._last_step.get(trade.trade_id)
        self._last_step[trade.trade_id] = trade.status
        if trade.status is Step.FAILED and before is not Step.MATCHED:
            self.note("FAILED after MINED" if trade.delivered else "FAILED after RETRYING")
        if before is not None:
            return
        mine = [leg for leg in trade.makers if leg.account == ME]
        if len(mine) > 1:
            self.note("two makers of ours in one trade")
        if any(leg.token_id != trade.taker.token_id for leg in trade.makers):
            self.note("YES/NO cross match")
        if trade.taker.account == ME and mine:
            self.note("the account trades with itself")


def _costs(engine: Engine) -> dict[TokenId, int]:
    """Return what each token's shares cost in the worst case, by averages over its fills."""
    ledger = engine.account.ledger
    by_token: dict[TokenId, list[Fill]] = {}
    for fill in engine.account.fills:
        if fill.identity not in ledger.void:
            by_token.setdefault(fill.token_id, []).append(fill)
    found: dict[TokenId, int] = {}
    for token, fills in by_token.items():
        final = [
            f
            for f in fills
            if f.side is Side.BUY or ledger.settlement_of(f.identity) is Settlement.CONFIRMED
        ]
        found[token] = max(_average_cost(fills), _average_cost(final))
    return found


def _average_cost(fills: list[Fill]) -> int:
    """Return what is left of the cost; a sale of more than is there waits for its shares."""
    size = cost = 0
    waiting: list[int] = []
    for fill in fills:
        if fill.side is Side.BUY:
            size, cost = size + fill.size, cost + fill.value
            due = list(waiting)
        else:
            waiting.append(fill.size)
            due = [fill.size]
        for sale in due:
            if sale <= size:
                waiting.remove(sale)
                cost = 0 if sale == size else cost - cost * sale // size
                size -= sale
    return cost
