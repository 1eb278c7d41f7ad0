"""The exchange's trading side without wires: orders, matching, settlement, resolution.

Pure and synchronous: time is an argument, chance a seed, money an integer. The same calls with
the same settings give the same results, to the digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    Event,
    MarketResolved,
    MarketsListed,
    TickSizeChanged,
    TradePrinted,
)
from polydesk.domain.ids import ConditionId, EventId, TokenId, TradeId
from polydesk.domain.instruments import Market
from polydesk.domain.units import PriceMicros
from polydesk.errors import InvariantError
from polydesk.venues.simulation.exchange import (
    cancels,
    matcher,
    prints,
    resolution,
    settlement,
)
from polydesk.venues.simulation.exchange.accounts import EXTERNAL
from polydesk.venues.simulation.exchange.book import MarketBook
from polydesk.venues.simulation.exchange.cancels import Cancels
from polydesk.venues.simulation.exchange.closing import close, cover, expire
from polydesk.venues.simulation.exchange.events import ExchangeEvent
from polydesk.venues.simulation.exchange.matcher import Placement
from polydesk.venues.simulation.exchange.modes import POST_ONLY_SECONDS, RESTART_SECONDS, Mode
from polydesk.venues.simulation.exchange.orders import NewOrder
from polydesk.venues.simulation.exchange.resolution import Payouts
from polydesk.venues.simulation.exchange.state import Settings, State, TimerKind
from polydesk.venues.simulation.exchange.trades import TradeStatus


class ExchangeCore:
    """The exchange. Times are nanoseconds UTC and never go back."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.state = State(settings or Settings())

    # Accounts

    def open_account(self, account: str) -> None:
        """Open a trader's account, empty."""
        self.state.accounts.open(account)

    def deposit(self, account: str, asset: str, amount: int, now: int) -> None:
        """Bring money or outcome tokens in from outside, in micros."""
        self._until(now)
        self._check_transfer(account, amount)
        self.state.accounts.move(asset, amount, EXTERNAL, account)

    def withdraw(self, account: str, asset: str, amount: int, now: int) -> None:
        """Take money or tokens out; orders the rest does not cover are canceled.

        Raises:
            InvariantError: The account owns less.
        """
        self._until(now)
        self._check_transfer(account, amount)
        if self.state.accounts.balance(account, asset) < amount:
            raise InvariantError(f"{account} owns less {asset} than {amount} micros")
        self.state.accounts.move(asset, amount, account, EXTERNAL)
        cover(self.state, account, asset)

    def _check_transfer(self, account: str, amount: int) -> None:
        if account not in self.state.accounts.names or amount < 0:
            raise ValueError(f"no transfer of {amount} micros for {account!r}")

    def restrict(
        self,
        account: str,
        *,
        allowed: bool = True,
        closed_only: bool = False,
        banned: bool = False,
    ) -> None:
        """Set what an account may do: token allowance, closed-only mode, ban."""
        accounts = self.state.accounts
        for members, belongs in (
            (accounts.not_allowed, not allowed),
            (accounts.closed_only, closed_only),
            (accounts.banned, banned),
        ):
            (members.add if belongs else members.discard)(account)

    # Trading

    def place(self, account: str, order: NewOrder, now: int) -> Placement:
        """Take an order or refuse it, and match it at once unless the market holds takers."""
        self._until(now)
        return matcher.place(self.state, account, order)

    def cancel(self, account: str, order_ids: Iterable[str], now: int) -> Cancels:
        """Cancel an account's orders by id."""
        self._until(now)
        return cancels.cancel(self.state, account, order_ids)

    def cancel_all(
        self,
        account: str,
        now: int,
        *,
        condition_id: ConditionId | None = None,
        token_id: TokenId | None = None,
    ) -> Cancels:
        """Cancel all of an account's open orders, or those of one market or token."""
        self._until(now)
        chosen = [
            order.order_id
            for order in self.state.open_orders()
            if order.account == account
            and condition_id in {None, order.condition_id}
            and token_id in {None, order.request.token_id}
        ]
        return cancels.cancel(self.state, account, chosen)

    # Markets and the recording

    def list_market(self, market: Market) -> None:
        """Take a market into trading or renew its row.

        Raises:
            ValueError: It does not have two outcomes.
        """
        book = self.state.markets.get(market.condition_id)
        if book is None:
            self.state.markets[market.condition_id] = MarketBook(market)
            for outcome in market.outcomes:
                self.state.condition_of[outcome.token_id] = market.condition_id
        elif book.market.payouts is None:
            tick = book.market.tick if book.displayed.book.tick_ts else market.tick
            book.displayed.book.tick = tick
            book.market = replace(market, tick=tick, payouts=None)

    def on_market_event(self, event: Event, now: int) -> None:
        """Take an event of the recording; what does not concern trading is no matter."""
        self._until(now)
        if isinstance(event, MarketsListed):
            for market in event.markets:
                self._list_if_binary(market)
            return
        book = self.state.markets.get(getattr(event, "condition_id", ConditionId("")))
        if book is None or book.market.payouts is not None:
            return
        if isinstance(event, MarketResolved):
            paid = dict(event.payouts)
            payouts = tuple(
                paid.get(outcome.token_id, PriceMicros(0)) for outcome in book.market.outcomes
            )
            resolution.resolve(self.state, event.condition_id, payouts)
        else:
            self._on_book_event(book, event)

    def _list_if_binary(self, market: Market) -> None:
        """Take a catalogue row; how a market ended here is not changed by it."""
        if len(market.outcomes) == 2:
            self.list_market(market)
            ended = self.state.markets[market.condition_id].market.payouts is not None
            if market.payouts is not None and not ended:
                resolution.resolve(self.state, market.condition_id, market.payouts)

    def _on_book_event(self, book: MarketBook, event: Event) -> None:
        now = self.state.now
        if isinstance(event, BookSnapshotReceived):
            self._take_tick(book, event.tick, event.ts_event)
            book.displayed.on_snapshot(event)
            book.follow_queues(now)
        elif isinstance(event, BookChanged):
            book.displayed.on_changes(event)
            book.follow_queues(now)
        elif isinstance(event, TradePrinted):
            prints.on_print(self.state, book, event)
        elif isinstance(event, TickSizeChanged):
            self._take_tick(book, event.tick, event.ts_event)

    def _take_tick(self, book: MarketBook, tick: PriceMicros | None, ts_event: int) -> None:
        """Take the grid the stream states; a new one ends the displayed book of the old."""
        shown = book.displayed.book
        if tick is None or shown.is_of_old_grid(tick, ts_event):
            return
        if tick == book.market.tick:
            shown.note_tick(tick, ts_event)
        else:
            shown.change_tick(tick, ts_event)
            book.market = replace(book.market, tick=tick)

    def resolve(self, condition_id: ConditionId, payouts: Payouts, now: int) -> None:
        """End a market with its pay-out vector, also 50/50."""
        self._until(now)
        resolution.resolve(self.state, condition_id, payouts)

    def resolve_event(self, event_id: EventId, winner: ConditionId, now: int) -> None:
        """End all markets of a negative-risk event by its winner."""
        self._until(now)
        resolution.resolve_event(self.state, event_id, winner)

    def redeem(self, account: str, condition_id: ConditionId, now: int) -> int:
        """Pay an account for its shares of a resolved market; return micro-dollars."""
        self._until(now)
        return resolution.redeem(self.state, account, condition_id)

    # Faults

    def script_settlements(self, *scripts: tuple[TradeStatus, ...]) -> None:
        """Say how the next trades settle, in the order in which they match."""
        for steps in scripts:
            settlement.check_script(steps)
        self.state.scripts.extend(scripts)

    def revert(self, trade_id: TradeId, now: int) -> bool:
        """Let a trade fail at its next steps; return False when it is final already."""
        self._until(now)
        return settlement.revert(self.state, trade_id)

    def set_mode(self, mode: Mode, now: int) -> None:
        """Set what the exchange takes until further notice."""
        self._until(now)
        self.state.modes.setting = mode

    def restart(
        self,
        now: int,
        seconds: int = RESTART_SECONDS,
        post_only_seconds: int = POST_ONLY_SECONDS,
        *,
        wipe: bool = False,
    ) -> None:
        """Restart the matching engine; it may lose all orders without a word."""
        self._until(now)
        self.state.modes.restart(now, seconds, post_only_seconds)
        for order in self.state.open_orders() if wipe else []:
            close(self.state, order, silent=True)

    # Time and truth

    def advance(self, now: int) -> list[ExchangeEvent]:
        """Do what is due and return all that has happened since the last call."""
        self._until(now)
        events, self.state.outbox = self.state.outbox, []
        return events

    def next_due(self) -> int | None:
        """Return when something happens by itself next, nanoseconds; None when nothing will."""
        return self.state.timers.next_at()

    def _until(self, now: int) -> None:
        state = self.state
        if now < state.now:
            raise InvariantError(f"time went back from {state.now} to {now}")
        for at, kind, name in state.timers.due(now):
            state.now = at
            if kind is TimerKind.EXPIRE:
                expire(state, name)
            elif kind is TimerKind.RELEASE:
                matcher.release(state, name)
            else:
                settlement.step(state, TradeId(name))
        state.now = now

    def truth(self) -> dict[str, Any]:
        """Return everything that counts as ordered plain values."""
        state = self.state
        return {
            "now": state.now,
            "mode": state.modes.at(state.now).value,
            "markets": {
                name: {
                    "tick": book.market.tick,
                    "payouts": list(book.market.payouts or ()),
                    "taken": book.displayed.plain(),
                }
                for name, book in state.markets.items()
            },
            "orders": {name: order.plain() for name, order in state.orders.items()},
            "trades": {name: trade.plain() for name, trade in state.trades.items()},
            "balances": state.accounts.plain(),
        }

    def digest(self) -> str:
        """Return a short name of the truth, equal for equal truths."""
        text = json.dumps(self.truth(), separators=(",", ":"))
        return blake2b(text.encode(), digest_size=16).hexdigest()
