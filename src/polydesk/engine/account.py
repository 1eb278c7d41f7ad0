"""Orders, reservations, ledger, marks and the day's result of one account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from polydesk.domain.book import L2Book
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import FeeSchedule, Market, Side
from polydesk.domain.ledger import Entry, Ledger, Totals
from polydesk.domain.orders import LATE_NS, Order, OrderState
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, UsdMicros
from polydesk.engine.bound import Bound, bound_by
from polydesk.engine.counted import Counted
from polydesk.risk.reservation import worst_case_cost

DAY_NS = 86_400_000_000_000
ORDERS_KEPT = 20_000
"""At least this many of the newest orders stay in memory; the journal holds all."""
LOSS_LOOKS = 10
"""Looks in a row that must find the day's loss at its limit before it stays so for the day: the
gate refuses at once, but a book that is thin for a moment must not end the day."""


@dataclass(slots=True)
class Account:
    """The money side of the engine. ``book`` and ``market`` look into the engine's state."""

    book: Callable[[TokenId], L2Book | None]
    market: Callable[[TokenId], Market | None]
    ledger: Ledger = field(default_factory=Ledger)
    orders: dict[ClientOrderId, Order] = field(default_factory=dict)
    forgotten: Counter[OrderState] = field(default_factory=Counter)
    """Closed orders that left memory, by their last state."""
    open_orders: dict[ClientOrderId, Order] = field(default_factory=dict)
    reserved: dict[ClientOrderId, UsdMicros] = field(default_factory=dict)
    """Cash kept aside per open buy."""
    without_fees: dict[ClientOrderId, None] = field(default_factory=dict)
    """Open buys reserved without a fee, since their market is not known yet."""
    marks: dict[TokenId, PriceMicros] = field(default_factory=dict)
    """Last usable mark per held token; kept while its book is stale."""
    unmarked: dict[TokenId, bool] = field(default_factory=dict)
    """Restored positions without a mark yet, and whether the day began with them at cost."""
    fills: list[Fill] = field(default_factory=list)
    """Fills as they were booked, also those that failed later."""
    payouts: dict[TokenId, PriceMicros] = field(default_factory=dict)
    """Pay-out per share of the tokens of resolved markets."""
    pays_out: bool = True
    """Whether a resolution turns shares into cash; where they must be redeemed first they stay,
    at the price they will bring."""
    counted: Counted = field(default_factory=Counted)
    moved_at: int = 0
    """Engine time of the last fill or settlement, nanoseconds UTC."""
    version: int = 0
    """Rises with every order, fill or entry."""
    day: int = 0
    day_start_equity: UsdMicros = UsdMicros(0)
    latched_loss: UsdMicros = UsdMicros(0)
    """Loss with which today's limit was reached for good; zero while it was not."""
    loss_looks: int = 0
    """Looks in a row that found the day's loss at its limit."""

    def add(self, order: Order, kept: UsdMicros | None = None) -> None:
        """Take up a new order; an open buy reserves its worst-case cost.

        Args:
            order: Not known yet.
            kept: What the gate reserved for it; None where it never passed the gate here.
        """
        key = order.intent.client_order_id
        self.orders[key] = order
        if order.open:
            self.open_orders[key] = order
            if kept is None:
                self._reserve(order)
            elif order.intent.side is Side.BUY:
                self.reserved[key] = kept
        if len(self.orders) >= ORDERS_KEPT + ORDERS_KEPT // 4:
            self._forget_old_orders(order.updated_at)
        self.version += 1

    def _forget_old_orders(self, now: int) -> None:
        """Let go of closed orders, oldest first: a desk under a kill switch denies all day.

        One the venue has had stays for a while, since a late fill may still name it.
        """
        oldest = list(islice(self.orders, len(self.orders) - ORDERS_KEPT))
        unsettled = {key for _, key in self.ledger.provisional}
        for key in oldest:
            order = self.orders[key]
            is_late = order.state is OrderState.DENIED or order.updated_at + LATE_NS < now
            if is_late and not order.open and key not in unsettled:
                self.forgotten[self.orders.pop(key).state] += 1

    def move(self, order: Order, state: OrderState, now: int) -> None:
        """Change an order's state and keep reservations and the open list true."""
        if order.state is OrderState.UNKNOWN:
            order.reason = ""
        order.move_to(state, now)
        key = order.intent.client_order_id
        if order.open:
            self._reserve(order)
        else:
            self.open_orders.pop(key, None)
            self.reserved.pop(key, None)
        self.version += 1

    def _reserve(self, order: Order) -> None:
        """Keep aside what the rest may cost, and never more than the approved sum less what
        was paid: the cent for rounding is kept once, not anew after every fill."""
        intent, key = order.intent, order.intent.client_order_id
        if intent.side is not Side.BUY:
            return
        market = self.market(intent.token_id)
        fees = FeeSchedule() if market is None else market.fees
        self.without_fees.pop(key, None)
        if market is None:
            self.without_fees[key] = None
        remaining = order.remaining
        rest = approved = worst_case_cost(intent.price, remaining, fees)
        if remaining != intent.size:
            approved = worst_case_cost(intent.price, intent.size, fees)
        left = approved - order.filled_value - order.fees
        self.reserved[key] = UsdMicros(max(0, min(rest, left)))

    def reserve_again(self) -> None:
        """Count the fees of open buys whose market was not known when they were taken up."""
        for key in list(self.without_fees):
            order = self.open_orders.get(key)
            del self.without_fees[key]
            if order is not None:
                self._reserve(order)
                self.version += 1

    def apply_fill(self, order: Order, fill: Fill, now: int) -> Entry | None:
        """Book a fill once and move the order; return None when it is booked already."""
        entry = self.ledger.apply_fill(fill)
        if entry is None:
            return None
        order.filled = ShareMicros(order.filled + fill.size)
        order.filled_value = UsdMicros(order.filled_value + fill.value)
        order.fees = UsdMicros(order.fees + fill.fee)
        self.fills.append(fill)
        if order.open:
            self.move(order, order.state_filled, now)
        self.version += 1
        return entry

    def fail(self, order: Order, told: SettledFill, now: int) -> Entry | None:
        """Take a fill out of the books and of its order; None when it was not booked.

        The order is not opened again: the match used up its size at the venue.
        """
        fill = self.ledger.provisional.get(told.identity)
        entry = self.ledger.fail(told.identity, now)
        self.version += 1
        if fill is None:
            return None
        order.filled = ShareMicros(order.filled - fill.size)
        order.filled_value = UsdMicros(order.filled_value - fill.value)
        order.fees = UsdMicros(order.fees - fill.fee)
        order.voided = ShareMicros(order.voided + fill.size)
        if order.open:
            self._reserve(order)
        return entry

    def standing_fills(self, token_id: TokenId) -> list[Fill]:
        """Return the fills of a token that did not fail, oldest first."""
        void = self.ledger.void
        return [f for f in self.fills if f.token_id == token_id and f.identity not in void]

    def pay_out(self, token_id: TokenId, now: int) -> Entry | None:
        """Turn what is held of a resolved token into cash; None when there is nothing to do."""
        payout = self.payouts.get(token_id)
        if payout is None or not self.pays_out:
            return None
        entry = self.ledger.pay_out(token_id, payout, now)
        self.version += entry is not None
        return entry

    @property
    def redeemable(self) -> UsdMicros:
        """What the shares of resolved markets will bring."""
        held = (self.ledger.position(token_id) for token_id in self.payouts)
        return UsdMicros(sum(p.value_at(self.payouts[p.token_id]) for p in held))

    @property
    def free_cash(self) -> UsdMicros:
        """Cash that is there whatever fails to settle, less all reservations."""
        return UsdMicros(self.ledger.spendable_cash - self.reserved_cash)

    @property
    def reserved_cash(self) -> UsdMicros:
        """Cash kept aside for all open buys."""
        return UsdMicros(sum(self.reserved.values()))

    @property
    def unknown_orders(self) -> int:
        """Open orders of which nobody can say whether the venue has them."""
        return sum(order.state is OrderState.UNKNOWN for order in self.open_orders.values())

    @property
    def drift(self) -> UsdMicros | None:
        """The venue's cash less ours when both could last be compared; None before that."""
        return self.counted.drift

    def bound(self, token_id: TokenId, market: Market | None) -> Bound:
        """Return what the open orders hold, seen from a token."""
        return bound_by(self.open_orders.values(), self.reserved, token_id, market)

    def free_shares(self, token_id: TokenId) -> ShareMicros:
        """Shares that are ours whatever fails to settle, less what open sales hold."""
        return ShareMicros(self.ledger.sellable(token_id) - self.bound(token_id, None).shares)

    def held_tokens(self) -> list[TokenId]:
        """Return the tokens of which shares are held that can still be traded."""
        return [
            position.token_id
            for position in self.ledger.positions.values()
            if position.size and position.token_id not in self.payouts
        ]

    def exposures(self, bound: Bound) -> tuple[UsdMicros, UsdMicros]:
        """Return cost of positions and reservations of open buys, of one market and of all.

        Positions count as if every sale failed that still may.

        Args:
            bound: What the open orders hold, seen from a token of that market.
        """
        ledger, tokens = self.ledger, bound.tokens
        has_unsettled = bool(ledger.unsettled)
        in_market, total = int(bound.cash_in_market), int(bound.cash)
        for position in ledger.positions.values():
            cost = ledger.cost_at_stake(position) if has_unsettled else position.cost
            total += cost
            if position.token_id in tokens:
                in_market += cost
        return UsdMicros(in_market), UsdMicros(total)

    def present_marks(self) -> dict[TokenId, PriceMicros]:
        """Return the marks of all held tokens; the last usable one where there is no midpoint.

        Looking changes nothing, so that screens, which look when they like, cannot make two
        playings of one session differ.
        """
        marks: dict[TokenId, PriceMicros] = {}
        for position in self.ledger.positions.values():
            if position.size or position.token_id in self.ledger.unsettled:
                mark = self._mark(position.token_id)
                if mark is not None:
                    marks[position.token_id] = mark
        return marks

    def _mark(self, token_id: TokenId) -> PriceMicros | None:
        mark = self._fresh_mark(token_id)
        if token_id in self.unmarked and token_id not in self.payouts:
            return None
        return self.marks.get(token_id) if mark is None else mark

    def _fresh_mark(self, token_id: TokenId) -> PriceMicros | None:
        """Return what a share brings now: its pay-out once that is known, else the midpoint."""
        if token_id in self.payouts:
            return self.payouts[token_id]
        book = self.book(token_id)
        mid = book.mid if book is not None and not book.stale else None
        return None if mid is None else PriceMicros(mid)

    def refresh_marks(self) -> None:
        """Remember the present marks; the engine does so at moments of its own."""
        if self.unmarked:
            self._take_first_marks()
        self.marks.update(self.present_marks())

    def _take_first_marks(self) -> None:
        """Mark restored positions. What they had won or lost before today is not today's."""
        for token_id, was_at_cost in list(self.unmarked.items()):
            position, mark = self.ledger.position(token_id), self._fresh_mark(token_id)
            if mark is None and position.size:
                continue
            del self.unmarked[token_id]
            if was_at_cost and position.size:
                shift = position.value_at(mark) - position.cost
                self.day_start_equity = UsdMicros(self.day_start_equity + shift)

    def totals(self) -> Totals:
        """Return the account at the present marks."""
        return self.ledger.totals(self.present_marks())

    def roll_day(self, now: int) -> bool:
        """Start a new UTC day's result and say so; time that steps back never reopens a day."""
        day = now // DAY_NS
        if day <= self.day:
            return False
        self.day = day
        self.day_start_equity = self.totals().equity
        self.unmarked = dict.fromkeys(self.unmarked, True)
        self.latched_loss = UsdMicros(0)
        self.loss_looks = 0
        return True

    def note_loss(self, limit: UsdMicros) -> bool:
        """Look at the day's loss; return whether its limit is reached for good just now."""
        is_reached = not self.unmarked and self.day_loss() >= limit
        self.loss_looks = self.loss_looks + 1 if is_reached else 0
        if self.latched_loss or self.loss_looks < LOSS_LOOKS:
            return False
        self.latched_loss = self.day_loss()
        return True

    def gate_loss(self) -> UsdMicros:
        """Return the day's loss as the gate counts it: once at the limit it does not shrink, and
        what may still fail to settle brought no gain."""
        loss = self.day_loss()
        if self.ledger.provisional:
            loss = UsdMicros(loss + self._gains_at_risk())
        return max(loss, self.latched_loss)

    def _gains_at_risk(self) -> int:
        """Return what would be lost if exactly the fills failed that are to our good."""
        gains = 0
        for fill in self.ledger.provisional.values():
            mark = self._mark(fill.token_id)
            worth = fill.size * (fill.price if mark is None else mark) // MICROS
            gain = worth - fill.value if fill.side is Side.BUY else fill.value - worth
            gains += max(0, gain - fill.fee)
        return gains

    def day_loss(self) -> UsdMicros:
        """Equity at the start of the day less equity now."""
        return UsdMicros(self.day_start_equity - self.equity())

    def equity(self) -> UsdMicros:
        """Return cash and marked value, as ``totals`` does, without the rest of it."""
        value = 0
        for position in self.ledger.positions.values():
            if position.size:
                value += position.value_at(self._mark(position.token_id))
        return UsdMicros(self.ledger.cash + value)
