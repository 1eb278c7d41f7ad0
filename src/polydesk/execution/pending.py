"""What the executor knows of one order, and the index of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from polydesk.domain.approval import Approved
from polydesk.domain.events import OrderNoted, OrderReport
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId, VenueOrderId
from polydesk.domain.instruments import Market
from polydesk.domain.intents import OrderIntent
from polydesk.domain.orders import DUST, LATE_NS
from polydesk.domain.units import ShareMicros
from polydesk.domain.venue import TradeStatus, VenueFill, VenueMode
from polydesk.execution.actions import Action, AskOrder
from polydesk.execution.patience import Patience


class Phase(StrEnum):
    """Where an order is on its way out and back."""

    SIGNING = "signing"
    RECORDING = "recording"
    SENDING = "sending"
    UNKNOWN = "unknown"
    LIVE = "live"
    """The venue has it, or had it; fills may be outstanding."""
    DONE = "done"


ORDERS_KEPT = 20_000
"""At least this many of the newest orders stay in memory."""
IN_HAND = frozenset({Phase.SIGNING, Phase.RECORDING})
"""Phases in which not one byte has left."""


@dataclass(slots=True)
class Ending:
    """The venue says the rest is gone; the order closes when all its fills are known."""

    matched: ShareMicros | None
    """What the venue says was matched; None while it has not said."""
    expired: bool
    reason: str
    since: int
    is_gone: bool = False
    """Taken from the order's absence, not from the venue's word."""


@dataclass(slots=True)
class Pending:
    """One order of the account."""

    client_order_id: ClientOrderId
    intent: OrderIntent
    phase: Phase
    venue_order_id: VenueOrderId | None = None
    approved: Approved | None = None
    """Until the order is signed."""
    created_at: int = 0
    sent_at: int = 0
    is_accepted: bool = False
    """Whether the engine was told that the venue has it."""
    is_place_open: bool = False
    """The engine was told that the venue has it, and not yet that it rests."""
    matched: ShareMicros = ShareMicros(0)
    """Largest matched size the venue has stated."""
    fills: dict[TradeId, tuple[ShareMicros, TradeStatus]] = field(default_factory=dict)
    ending: Ending | None = None
    cancel_wanted: bool = False
    cancel_is_out: bool = False
    """A request is on its way; its answer is awaited."""
    cancel_at: int = 0
    """When to ask the venue (again) to cancel; 0 for never."""
    cancel_wait: int = 0
    ask_at: int = 0
    """When to ask the venue about it; 0 for never."""
    ask_wait: int = 0
    ask_is_out: bool = False
    not_found: int = 0
    """Looks in a row that found nothing when they should have."""
    missing_since: int = 0
    """Start of the first of those looks."""
    is_looked_up: bool = True
    """False after a restart until the venue has been asked."""
    is_external: bool = False
    has_older_fills: bool = False
    """Some of it was filled before the account was opened; that is never booked."""
    is_over: bool = False
    """Whether the engine was told that it ended; it is told so once."""
    is_given_up: bool = False
    """It ended without the venue's word, so that any sign of it is news."""
    done_at: int = 0
    doubted: set[TradeId] = field(default_factory=set)
    """Trades of which the venue has said two final things."""

    @property
    def filled(self) -> ShareMicros:
        """Size of all fills told, void ones included: they did take size of the order."""
        return ShareMicros(sum(size for size, _ in self.fills.values()))

    @property
    def is_filled(self) -> bool:
        """Whether its whole size was filled, less dust."""
        return self.intent.size - self.filled < DUST

    @property
    def is_done(self) -> bool:
        """Whether nothing more is expected but settlements."""
        return self.phase is Phase.DONE

    @property
    def misses_fills(self) -> bool:
        """Whether the venue has stated more matched size than fills are known for."""
        return self.matched - self.filled > DUST


@dataclass(slots=True)
class State:
    """Everything the executor knows."""

    patience: Patience
    market: Callable[[TokenId], Market | None]
    now: int = 0
    orders: dict[ClientOrderId, Pending] = field(default_factory=dict)
    by_digest: dict[VenueOrderId, Pending] = field(default_factory=dict)
    live: dict[ClientOrderId, Pending] = field(default_factory=dict)
    """Orders that are not done."""
    unsettled: dict[tuple[TradeId, VenueOrderId], int] = field(default_factory=dict)
    """Fills that are not final, with the time of their match."""
    strangers: dict[VenueOrderId, list[VenueFill]] = field(default_factory=dict)
    """Fills of orders that nobody here made, until the order itself was read."""
    actions: list[Action] = field(default_factory=list)
    reports: list[OrderReport] = field(default_factory=list)
    known_since: int = 0
    """Trades before were listed by an earlier session; 0 for a new account."""
    opened_at: int = 0
    """Legs matched before are part of the opening balance."""
    forgotten_until: int = 0
    """Legs matched before, of orders not known here, are those of orders that left memory."""
    is_ready: bool = True
    not_ready_because: dict[str, str] = field(default_factory=dict)
    """By what could not be read, the last reason told."""
    line_is_up: bool = False
    orders_at: int = 0
    """When to list open orders; 0 for never, as of the next two."""
    trades_at: int = 0
    balance_at: int = 0
    orders_out: bool = False
    """A listing is on its way, as of the next two."""
    trades_out: bool = False
    balance_out: bool = False
    orders_read_at: int = 0
    """Start of the newest listing that was read, as of the next two."""
    trades_read_at: int = 0
    balance_read_at: int = 0
    mode: VenueMode = VenueMode.NORMAL
    mode_until: int = 0
    """0 while the mode has no stated end."""
    mode_wait: int = 0
    mode_after: VenueMode = VenueMode.NORMAL
    """Where a passing mode leads back to."""
    fills_wait: int = 0
    """Between two listings of trades for fills that are missing; the wait doubles."""

    def keep(self, pending: Pending) -> None:
        """Take up an order."""
        self.orders[pending.client_order_id] = pending
        if not pending.is_done:
            self.live[pending.client_order_id] = pending
            self.plan_look()
        if pending.venue_order_id is not None:
            self.by_digest[pending.venue_order_id] = pending

    def finish(
        self, pending: Pending, report: OrderReport | None = None, *, is_given_up: bool = False
    ) -> None:
        """Expect nothing more of an order but settlements, and tell its end once."""
        pending.phase = Phase.DONE
        pending.ending = None
        pending.ask_at = pending.cancel_at = 0
        pending.is_given_up = is_given_up
        pending.done_at = self.now
        self.live.pop(pending.client_order_id, None)
        if report is not None and not pending.is_over:
            self.reports.append(report)
        pending.is_over = True
        if len(self.orders) >= ORDERS_KEPT + ORDERS_KEPT // 4:
            self.forget_old()

    def forget_old(self) -> None:
        """Let go of orders that are over for a while and settled, oldest first.

        What the venue tells of them later must not be taken for a stranger's: it was matched
        before the last of them ended.
        """
        unsettled = {digest for _, digest in self.unsettled}
        for key in list(islice(self.orders, len(self.orders) - ORDERS_KEPT)):
            pending = self.orders[key]
            digest, done_at = pending.venue_order_id, pending.done_at
            if not pending.is_done:
                continue
            if digest is not None:
                if done_at + LATE_NS > self.now or digest in unsettled:
                    continue
                del self.by_digest[digest]
                self.forgotten_until = max(self.forgotten_until, done_at)
            del self.orders[key]

    def plan_look(self) -> None:
        """Look at everything again after as long as the state of things allows, or sooner."""
        patience = self.patience
        is_busy = bool(self.live or self.unsettled or self.strangers)
        wait = patience.look_busy if is_busy else patience.look_idle
        if is_busy and not self.line_is_up:
            wait = patience.look_blind
        at = self.now + wait
        self.orders_at = min(self.orders_at or at, at)
        self.trades_at = min(self.trades_at or at, at)
        self.balance_at = min(self.balance_at or at, at)

    @property
    def unknown(self) -> int:
        """How many orders may be at the venue or not."""
        return sum(pending.phase is Phase.UNKNOWN for pending in self.live.values())

    def want_trades(self, wait: int) -> None:
        """List trades after a while, sooner if that is planned already."""
        at = self.now + wait
        self.trades_at = min(self.trades_at, at) if self.trades_at else at

    def want_fills(self) -> None:
        """List trades soon, because fills are missing; less soon the longer they are."""
        self.want_trades(self.fills_wait or self.patience.fill_grace)

    def note(self, pending: Pending, words: str) -> None:
        """Add a line to the order's trace."""
        self.reports.append(OrderNoted(pending.client_order_id, self.now, self.now, words))

    def ask(self, pending: Pending) -> None:
        """Ask the venue about an order now, unless a question is out already."""
        if pending.ask_is_out or pending.venue_order_id is None or pending.is_done:
            return
        pending.ask_is_out = True
        longest = self.patience.ask_longest
        pending.ask_wait = min(longest, 2 * pending.ask_wait or self.patience.ask_first)
        pending.ask_at = 0
        self.actions.append(AskOrder(pending.venue_order_id))

    def ask_soon(self, pending: Pending, wait: int) -> None:
        """Ask about an order after a while, sooner if that is planned already."""
        at = self.now + wait
        if not pending.is_done:
            pending.ask_at = min(pending.ask_at, at) if pending.ask_at else at

    def ask_after_pause(self, pending: Pending) -> None:
        """Ask again after a pause that grows from question to question."""
        self.ask_soon(pending, max(pending.ask_wait, self.patience.ask_first))
