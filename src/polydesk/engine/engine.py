"""The engine: events in, commands out. Synchronous, pure, single writer.

It reads no clock and makes no ids of chance: time is the newest ``ts_init`` seen, identities
are functions of their inputs. The same events give the same state on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from polydesk.copying.copier import Copier
from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.commands import Command, RequestMarkets, RequestSnapshot, TradingState
from polydesk.domain.ids import ConditionId, TokenId
from polydesk.domain.instruments import Market
from polydesk.domain.intents import OrderIntent
from polydesk.domain.ledger import Entry
from polydesk.domain.limits import RiskLimits
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.domain.venue import VenueMode
from polydesk.engine.account import Account
from polydesk.engine.books import Books
from polydesk.engine.decision_log import DecisionLog
from polydesk.engine.desk_orders import OrderDesk
from polydesk.engine.fill_desk import FillDesk
from polydesk.engine.leader_desk import LeaderDesk
from polydesk.engine.observer import Observer, SilentObserver
from polydesk.engine.order_life import OrderLife
from polydesk.engine.user_desk import UserDesk
from polydesk.engine.venue_desk import VenueDesk

NOTHING: Sequence[Command] = ()
LOOK_NS = 1_000_000_000
"""Marks are remembered once in this much engine time."""
FOLLOWED_TOKENS = 100
"""Tokens of the newest copied leaders' trades whose books are kept ready for the next one."""
DAY_STARTED = "day"
"""Audit rows of this kind hold the day's number and the equity it began with."""
LOSS_LATCHED = "loss"
"""Audit rows of this kind hold the day's number and the loss that ended buying."""


class Engine:
    """One account's brain. ``process`` is the only way in."""

    def __init__(self, limits: RiskLimits | None = None, observer: Observer | None = None) -> None:
        self.now = 0
        """Engine time: the newest receive time seen, nanoseconds UTC."""
        self.limits = limits or RiskLimits()
        self._look_at = 0
        self.trading_state = TradingState.ACTIVE
        self.killed = False
        self.kill_reason = ""
        self.markets: dict[ConditionId, Market] = {}
        self.token_markets: dict[TokenId, Market] = {}
        self.catalogue_version = 0
        self.watch: dict[TokenId, None] = {}
        """Tokens the desk wants books of, in the order they were added."""
        self.followed: dict[TokenId, None] = {}
        """Tokens that copied leaders traded lately, oldest first."""
        self.asked_markets: set[TokenId] = set()
        self.decisions = DecisionLog()
        self.observer: Observer = observer or SilentObserver()
        self.foretell: Callable[[OrderIntent], None] | None = None
        """Told a copy that the gate has yet to judge."""
        self.hand_over: Callable[[Approved], None] | None = None
        """Takes an approved order within ``process``, before what is only told of it is written:
        every moment counts. Without it the order is one of the commands that are returned."""
        self.books = Books(self)
        self.account = Account(self.books.get, self.token_markets.get)
        self.copier = Copier(self.books.get, self.token_markets.get)
        self.venue = VenueDesk(self)
        self.life = OrderLife(self)
        self.fills = FillDesk(self)
        self.orders = OrderDesk(self)
        self.leaders = LeaderDesk(self)
        self.users = UserDesk(self)
        self._handlers: dict[type, Callable[[Any], Sequence[Command]]] = {
            ev.BookChanged: self.books.on_changed,
            ev.BookSnapshotReceived: self.books.on_snapshot,
            ev.TradePrinted: self.books.on_trade,
            ev.TickSizeChanged: self._on_tick_size,
            ev.TouchReported: self.books.on_touch,
            ev.StreamStatusChanged: self._on_stream_status,
            ev.WalletTraded: self.leaders.on_wallet_traded,
            ev.OtherTradesSeen: _ignore,
            ev.MarketsListed: self._on_markets,
            ev.MarketResolved: self.fills.on_resolved,
            ev.UserCommandGiven: self.users.on_command,
            ev.TimePassed: _ignore,
            ev.OrderSigned: self.life.on_signed,
            ev.OrderSent: self.life.on_sent,
            ev.OrderUnknown: self.life.on_unknown,
            ev.OrderAbandoned: self.life.on_abandoned,
            ev.OrderAccepted: self.life.on_accepted,
            ev.OrderRejected: self.life.on_rejected,
            ev.OrderFilled: self.fills.on_filled,
            ev.FillSettled: self.fills.on_settled,
            ev.OrderClosed: self.life.on_closed,
            ev.CancelAsked: self.life.on_cancel_asked,
            ev.OrderNoted: self.life.on_noted,
            ev.QueueMoved: self.life.on_queue_moved,
            ev.ExternalOrderSeen: self.life.on_external,
            ev.MarketFrozen: self.venue.on_frozen,
            ev.VenueModeChanged: self.venue.on_mode,
            ev.ReadinessChanged: self.venue.on_readiness,
            ev.BalanceReported: self.venue.on_balance,
        }

    @property
    def venue_mode(self) -> VenueMode:
        """What the venue lets the account do now."""
        return self.venue.mode

    @property
    def venue_reason(self) -> str:
        """Why the venue is in its mode, in its words or ours."""
        return self.venue.mode_reason

    @property
    def venue_mode_until(self) -> int:
        """When the mode is expected to end, nanoseconds UTC; 0 when nobody said."""
        return self.venue.mode_until

    @property
    def ready(self) -> bool:
        """Whether the desk knows what became of its earlier orders."""
        return self.venue.ready

    def process(self, event: ev.Event) -> Sequence[Command]:
        """Apply one event and return what is to be done, in order."""
        if event.ts_init > self.now:
            self.now = event.ts_init
            if event.ts_init >= self._look_at:
                self._look_around()
        return self._handlers[type(event)](event)

    def open_account(
        self,
        cash: UsdMicros,
        at: int,
        holdings: Iterable[tuple[TokenId, ShareMicros, UsdMicros]] = (),
    ) -> Entry:
        """Book the money the session starts with, and shares held already; return the first entry.

        Args:
            cash: Micro-dollars.
            at: Time of the session, nanoseconds UTC.
            holdings: (token, shares, what they cost).
        """
        self.now = max(self.now, at)
        ledger = self.account.ledger
        entry = ledger.deposit(cash, "opening balance", at)
        held = [ledger.hold(token_id, size, cost, at) for token_id, size, cost in holdings]
        self.observer.on_entry(entry, *held)
        self.account.unmarked = dict.fromkeys(ledger.positions, True)
        self.account.version += 1
        self._start_day()
        return entry

    def go_live(self) -> None:
        """Trade at the real venue: shares of resolved markets are redeemed by hand, and no order
        leaves before the desk knows what became of the earlier ones."""
        self.account.pays_out = False
        self.venue.ready, self.venue.ready_reason = False, "the session has just begun"

    def _start_day(self) -> None:
        """Begin the result of a new UTC day; a clock that steps back never reopens one."""
        if self.account.roll_day(self.now):
            self._tell_day_start()
        self._look_at = (self.now // LOOK_NS + 1) * LOOK_NS

    def _tell_day_start(self) -> None:
        account = self.account
        self.observer.on_audit(self.now, DAY_STARTED, f"{account.day} {account.day_start_equity}")

    def _look_around(self) -> None:
        """Once a second of engine time: remember the marks, begin a day, see its loss."""
        account = self.account
        self.decisions.catch_up()
        before = account.day_start_equity
        account.refresh_marks()
        if account.day_start_equity != before:
            self._tell_day_start()
        self._start_day()
        if account.note_loss(self.limits.max_daily_loss_usd):
            self.observer.on_audit(self.now, LOSS_LATCHED, f"{account.day} {account.latched_loss}")

    def resume(self, at: int) -> None:
        """Go on with a restored account."""
        self.now = max(self.now, at)
        self._start_day()

    def _on_markets(self, event: ev.MarketsListed) -> Sequence[Command]:
        for market in event.markets:
            known = self.markets.get(market.condition_id)
            if known is not None and (event.is_announcement or known.payouts is not None):
                continue
            self._set_market(market)
            for outcome in market.outcomes:
                book = self.books.get(outcome.token_id)
                if book is not None and not book.tick_ts:
                    book.tick = market.tick
        self.catalogue_version += 1
        self.account.reserve_again()
        self.observer.on_markets(event.markets)
        return NOTHING

    def _set_market(self, market: Market) -> None:
        self.markets[market.condition_id] = market
        for outcome in market.outcomes:
            self.token_markets[outcome.token_id] = market
        if market.payouts is not None:
            tokens = (outcome.token_id for outcome in market.outcomes)
            self.account.payouts.update(zip(tokens, market.payouts, strict=False))

    def set_market(self, market: Market) -> None:
        """Replace a catalogue row."""
        self._set_market(market)
        self.catalogue_version += 1

    def wanted_tokens(self) -> dict[TokenId, None]:
        """Return the tokens whose books are needed: watched, held, ordered, lately followed."""
        account = self.account
        positions = account.ledger.positions.values()
        held = [p.token_id for p in positions if p.size and p.token_id not in account.payouts]
        held += account.ledger.unsettled
        ordered = (order.intent.token_id for order in account.open_orders.values())
        return dict.fromkeys([*self.watch, *held, *ordered, *self.followed])

    def note_followed(self, token_id: TokenId) -> None:
        """Keep the book of a token ready that a copied leader trades."""
        self.followed.pop(token_id, None)
        self.followed[token_id] = None
        if len(self.followed) > FOLLOWED_TOKENS:
            del self.followed[next(iter(self.followed))]

    def _on_tick_size(self, event: ev.TickSizeChanged) -> Sequence[Command]:
        self.account.refresh_marks()
        return self.books.on_tick_size(event)

    def _on_stream_status(self, event: ev.StreamStatusChanged) -> Sequence[Command]:
        self.account.refresh_marks()
        return self.books.on_stream_status(event)

    def request_market(self, token_id: TokenId) -> Sequence[Command]:
        """Ask once for the catalogue row of an unknown token."""
        if token_id in self.asked_markets:
            return NOTHING
        self.asked_markets.add(token_id)
        return (RequestMarkets((token_id,)),)

    def request_snapshot(self, token_id: TokenId, reason: str) -> Sequence[Command]:
        """Ask for a fresh book."""
        return (RequestSnapshot(token_id, reason),)


def _ignore(event: ev.Event) -> Sequence[Command]:
    return NOTHING
