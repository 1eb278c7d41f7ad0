"""Copying: a followed wallet's trade in, one proposal out.

A proposal is either an order intent for the risk gate or the reason why there is none. The
engine turns it into the one recorded decision of that trade.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from polydesk.copying import guards, sizing
from polydesk.copying.guards import Skip
from polydesk.copying.leaders import Leader, Pending
from polydesk.domain.book import L2Book, Level
from polydesk.domain.commands import CopyRule, FollowLeader
from polydesk.domain.events import WalletTraded
from polydesk.domain.fills import Fill
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Market, Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import (
    PriceMicros,
    ShareMicros,
    UsdMicros,
    floor_to_lot,
    format_micros,
    notional_ceil,
)

MOST_LEVELS = 50
"""Levels a copy walks; sorting only those within the limit spares most of a deep book."""
SEEN_LIMIT = 200_000
"""Trade identities remembered, so that a trade told twice is decided once."""


@dataclass(slots=True)
class Proposal:
    """What copying would do about one leader trade. A value: nobody changes it."""

    intent: OrderIntent | None = None
    skip: Skip | None = None
    aggregating: tuple[tuple[str, str], ...] | None = None
    """Facts, when the copy waits for more of its kind."""


@dataclass(slots=True)
class Copier:
    """Leaders, their rules and lots. ``book`` and ``market`` look into the engine's state."""

    book: Callable[[TokenId], L2Book | None]
    market: Callable[[TokenId], Market | None]
    leaders: dict[Wallet, Leader] = field(default_factory=dict)
    wallets: set[str] = field(default_factory=set)
    """The filter of the wire: lower-case addresses, shared by reference."""
    own_wallets: frozenset[str] = frozenset()
    seen: dict[TradeId, None] = field(default_factory=dict)

    def follow(self, command: FollowLeader) -> None:
        """Begin to follow a wallet or replace its rule; lots and counts stay."""
        leader = self.leaders.get(command.wallet)
        if leader is None:
            self.leaders[command.wallet] = Leader(command.wallet, command.name, command.rule)
        else:
            leader.name, leader.rule = command.name, command.rule
        self.wallets.add(command.wallet)

    def unfollow(self, wallet: Wallet) -> None:
        """Stop copying a wallet; its lots stay in the account."""
        self.wallets.discard(wallet)
        self.leaders.pop(wallet, None)

    @property
    def is_copying(self) -> bool:
        """Whether any leader's trades become orders."""
        return any(guards.check_leader(leader) is None for leader in self.leaders.values())

    def first_sight(self, trade: WalletTraded) -> Leader | None:
        """Return the leader of a trade not seen before, else None."""
        leader = self.leaders.get(trade.wallet)
        if leader is None or trade.trade_id in self.seen:
            return None
        self.seen[trade.trade_id] = None
        if len(self.seen) > SEEN_LIMIT:
            del self.seen[next(iter(self.seen))]
        leader.trades += 1
        return leader

    def propose(self, leader: Leader, trade: WalletTraded, now: int) -> Proposal:
        """Decide about a trade seen for the first time."""
        proposal = self._propose(leader, trade, now)
        self.note_holding(leader, trade.token_id, trade.side, trade.size)
        return proposal

    def _propose(self, leader: Leader, trade: WalletTraded, now: int) -> Proposal:
        rule = leader.rule
        market, book = self.market(trade.token_id), self.book(trade.token_id)
        skip = (
            self._check_own(trade)
            or guards.check_leader(leader)
            or guards.check_age(trade, rule)
            or guards.check_market(market)
            or guards.check_band(trade, rule)
        )
        if skip is not None or market is None:
            return Proposal(skip=skip)
        skip = guards.check_sale(trade, leader) or guards.check_book(book, trade.side)
        if skip is not None or book is None:
            return Proposal(skip=skip)
        return self._size_up(leader, trade, market, book, now)

    def _size_up(
        self, leader: Leader, trade: WalletTraded, market: Market, book: L2Book, now: int
    ) -> Proposal:
        limit = guards.limit_price(trade, leader.rule, PriceMicros(book.tick))
        skip = guards.check_slippage(trade, leader.rule, book, limit)
        if skip is not None:
            return Proposal(skip=skip)
        wanted = self._wanted(leader, trade, book, limit)
        size = wanted
        if wanted < market.min_size:
            proposal, size = self._aggregate(leader, trade, wanted, market.min_size, now)
            if proposal is not None:
                return proposal
        if trade.side is Side.BUY:
            skip = guards.check_caps(leader, notional_ceil(limit, size), now)
            if skip is not None:
                return Proposal(skip=skip)
            leader.note_buying(trade.token_id, trade.ts_event)
        leader.pending.pop((trade.token_id, trade.side), None)
        return Proposal(intent=self._intent(trade, limit, size, now))

    @staticmethod
    def _wanted(
        leader: Leader, trade: WalletTraded, book: L2Book, limit: PriceMicros
    ) -> ShareMicros:
        if trade.side is Side.SELL:
            return sizing.sell_size(leader, trade.token_id, trade.size)
        return sizing.buy_size(leader.rule, trade.size, _asks_within(book, limit), limit)

    @staticmethod
    def _aggregate(
        leader: Leader, trade: WalletTraded, wanted: ShareMicros, minimum: ShareMicros, now: int
    ) -> tuple[Proposal | None, ShareMicros]:
        """Collect a copy below the minimum; the part that reaches it carries the whole sum."""
        facts = (("size", format_micros(wanted)), ("min", format_micros(minimum)))
        window_ns = leader.rule.aggregate_window_ms * 1_000_000
        if not window_ns or not wanted:
            return Proposal(skip=(SkipCode.BELOW_MINIMUM, facts)), wanted
        pending = leader.pending.setdefault((trade.token_id, trade.side), Pending())
        total = pending.collect(now, wanted, window_ns)
        if trade.side is Side.SELL:
            total = min(total, floor_to_lot(leader.free_lot(trade.token_id)))
        if total < minimum:
            collected = (*facts, ("collected", format_micros(total)))
            return Proposal(aggregating=collected), wanted
        return None, ShareMicros(total)

    def _check_own(self, trade: WalletTraded) -> Skip | None:
        return (SkipCode.OWN_WALLET, ()) if trade.wallet in self.own_wallets else None

    @staticmethod
    def _intent(
        trade: WalletTraded, limit: PriceMicros, size: ShareMicros, now: int
    ) -> OrderIntent:
        return OrderIntent(
            client_order_id=copy_order_id(trade.trade_id),
            token_id=trade.token_id,
            side=trade.side,
            price=limit,
            size=size,
            time_in_force=TimeInForce.FAK,
            origin=Origin.COPY,
            created_at=now,
            leader=trade.wallet,
            leader_trade=trade.trade_id,
        )

    @staticmethod
    def note_holding(leader: Leader, token_id: TokenId, side: Side, size: ShareMicros) -> None:
        """Keep count of what a leader holds as far as seen."""
        held = leader.holdings.get(token_id, ShareMicros(0))
        left = max(0, held + (size if side is Side.BUY else -size))
        if left:
            leader.holdings[token_id] = ShareMicros(left)
        else:
            leader.holdings.pop(token_id, None)

    def note_open(self, intent: OrderIntent) -> None:
        """Remember that a copy left for the venue."""
        leader = self._leader(intent.leader)
        if leader is not None:
            leader.open.begin(intent)

    def note_used(self, intent: OrderIntent, size: ShareMicros) -> None:
        """Take what of an open copy was executed before off what it may still do."""
        leader = self._leader(intent.leader)
        if leader is not None:
            leader.open.fill(intent.client_order_id, size)

    def note_closed(self, intent: OrderIntent) -> None:
        """Forget a copy that can do nothing more."""
        leader = self._leader(intent.leader)
        if leader is not None:
            leader.open.end(intent.client_order_id)

    def _leader(self, wallet: Wallet | None) -> Leader | None:
        return self.leaders.get(wallet) if wallet is not None else None

    def note_fill(self, fill: Fill, held: ShareMicros) -> None:
        """Attribute a fill of a copy to its leader's lots.

        Args:
            fill: What was executed.
            held: Shares of the token held after it.
        """
        leader = self._leader(fill.leader)
        if leader is not None:
            self._attribute(leader, fill)
        if fill.side is Side.SELL:
            self._fit_lots(fill.token_id, held)

    def note_void(self, token_id: TokenId, standing: Iterable[Fill]) -> None:
        """Attribute a token's lots anew after a fill of it failed.

        What was bought today stays counted: a failed purchase is no licence to buy again.

        Args:
            token_id: The token.
            standing: Its fills that did not fail, oldest first.
        """
        if self._is_over(token_id):
            return
        for leader in self.leaders.values():
            leader.lots.pop(token_id, None)
        held = 0
        for fill in standing:
            held = max(0, held + (fill.size if fill.side is Side.BUY else -fill.size))
            leader_of = self._leader(fill.leader)
            if leader_of is not None:
                leader_of.note_lot(fill)
            if fill.side is Side.SELL:
                self._fit_lots(token_id, ShareMicros(held))

    def _is_over(self, token_id: TokenId) -> bool:
        market = self.market(token_id)
        return market is not None and market.payouts is not None

    def _fit_lots(self, token_id: TokenId, held: ShareMicros) -> None:
        """Lots are never more than what is held: a sale by hand takes from the newest leader."""
        over = sum(size for _, size, _ in self.held_for(token_id)) - held
        for leader in reversed(self.leaders.values()):
            lot = leader.lots.get(token_id)
            if over > 0 and lot is not None:
                taken = ShareMicros(min(over, lot.size))
                over -= taken
                leader.note_sale(token_id, taken)

    @staticmethod
    def _attribute(leader: Leader, fill: Fill) -> None:
        leader.open.fill(fill.client_order_id, fill.size)
        leader.note_lot(fill)
        if fill.side is Side.BUY:
            leader.note_spent(fill.value, fill.ts_event)

    def note_resolution(self, token_ids: Iterable[TokenId]) -> None:
        """Forget lots, holdings and collected parts of a resolved market."""
        for token_id in token_ids:
            for leader in self.leaders.values():
                leader.lots.pop(token_id, None)
                leader.holdings.pop(token_id, None)
                leader.since.pop(token_id, None)
                for side in Side:
                    leader.pending.pop((token_id, side), None)

    def rules(self) -> dict[Wallet, CopyRule]:
        """Return each leader's rule."""
        return {wallet: leader.rule for wallet, leader in self.leaders.items()}

    def held_for(self, token_id: TokenId) -> list[tuple[Wallet, ShareMicros, UsdMicros]]:
        """Return who a position was bought for: (wallet, shares, cost)."""
        return [
            (wallet, leader.lots[token_id].size, leader.lots[token_id].cost)
            for wallet, leader in self.leaders.items()
            if token_id in leader.lots
        ]


def _asks_within(book: L2Book, limit: PriceMicros) -> Iterator[Level]:
    """Yield what a buy may walk, best first; mostly the best level is enough, and nothing sorted.

    ``limit`` is no better than the best ask.
    """
    best = book.best_ask
    yield best, book.asks[best]
    others = (level for level in book.asks.items() if best < level[0] <= limit)
    yield from sorted(others)[: MOST_LEVELS - 1]


def copy_order_id(trade_id: TradeId) -> ClientOrderId:
    """Return the order's identity as a function of the leader's trade: one trade, one copy."""
    return ClientOrderId("copy-" + hashlib.blake2s(trade_id.encode(), digest_size=10).hexdigest())
