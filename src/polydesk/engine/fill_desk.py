"""From reported fills to the books: each leg once, and out again when its trade fails.

What contradicts itself is neither booked nor guessed at: the market is frozen until a person
has looked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from polydesk.domain import events as ev
from polydesk.domain.commands import Command
from polydesk.domain.fills import Fill, Identity, SettledFill, Settlement
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.orders import DUST, Order
from polydesk.domain.units import format_micros, notional_ceil

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

NOTHING: Sequence[Command] = ()
FILL_VOID = "void"
"""Audit rows of this kind tell of a fill whose trade failed."""
FAILED = "its settlement failed"
_IMMEDIATE = frozenset({TimeInForce.FAK, TimeInForce.FOK})
_VALUE_ROUNDING = 10_000
"""Micro-dollars by which the rounding of many small fills may pass an order's value."""


class FillDesk:
    """Books fills and pay-outs, and settles what was booked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.refused: set[Identity] = set()
        """Fills that contradict their order; never booked."""

    def on_filled(self, event: ev.OrderFilled) -> Sequence[Command]:
        """Book a fill once; told again, it may only settle."""
        engine = self._engine
        order = engine.life.find(event, event.fill.client_order_id)
        if order is None:
            return NOTHING
        fill = replace(event.fill, leader=order.intent.leader)
        ledger = engine.account.ledger
        known = ledger.settlement_of(fill.identity)
        if known is not None and fill.settlement not in {Settlement.PROVISIONAL, known}:
            self._settle(order, SettledFill(*fill.identity, fill.settlement, engine.now))
        elif fill.identity not in ledger.applied and known is not Settlement.VOID:
            self._take_new(order, fill if known is None else replace(fill, settlement=known))
        return NOTHING

    def _take_new(self, order: Order, fill: Fill) -> None:
        if fill.identity in self.refused:
            return
        doubt = _doubt(order, fill)
        if doubt:
            self.refused.add(fill.identity)
            self._engine.venue.freeze(order.intent.token_id, doubt)
            self._engine.life.tell(order, "fill refused", doubt)
        elif fill.settlement is Settlement.VOID:
            self._settle(order, SettledFill(*fill.identity, fill.settlement, self._engine.now))
        else:
            self._book(order, fill)

    def _book(self, order: Order, fill: Fill) -> None:
        engine, account = self._engine, self._engine.account
        engine.life.arrive(order)
        entry = account.apply_fill(order, fill, engine.now)
        if entry is not None:
            account.moved_at = engine.now
            engine.copier.note_fill(fill, account.ledger.position(fill.token_id).size)
            engine.observer.on_fill(fill, entry)
            engine.life.tell(order, "filled", fill_words(fill))
            self._freeze_if_short(fill.token_id)
            self._pay_out(fill.token_id)

    def on_settled(self, event: ev.FillSettled) -> Sequence[Command]:
        """Make a provisional fill money, or take it out; the first final word counts."""
        order = self._engine.life.find(event, event.client_order_id)
        if order is not None:
            now, reason = self._engine.now, event.reason
            identity = (event.trade_id, event.client_order_id)
            self._settle(order, SettledFill(*identity, event.settlement, now, reason))
        return NOTHING

    def _settle(self, order: Order, told: SettledFill) -> None:
        ledger = self._engine.account.ledger
        known = ledger.settlement_of(told.identity)
        if told.settlement in {Settlement.PROVISIONAL, known}:
            return
        self._engine.account.moved_at = self._engine.now
        if known not in {None, Settlement.PROVISIONAL}:
            words = f"trade {told.trade_id} was {known} and is now said to be {told.settlement}"
            self._engine.venue.freeze(order.intent.token_id, words)
        elif told.settlement is Settlement.VOID:
            self._fail(order, told)
        else:
            ledger.confirm(told.identity)
            self._engine.observer.on_settled(told, None)
            self._engine.life.tell(order, "settled", f"trade {told.trade_id}")

    def _fail(self, order: Order, told: SettledFill) -> None:
        engine, account = self._engine, self._engine.account
        fill = account.ledger.provisional.get(told.identity)
        entry = account.fail(order, told, engine.now)
        engine.observer.on_settled(told, entry)
        words = f"trade {told.trade_id}: {told.reason or FAILED}"
        engine.observer.on_audit(engine.now, FILL_VOID, words)
        if fill is not None:
            engine.copier.note_void(fill.token_id, account.standing_fills(fill.token_id))
            self._freeze_if_short(fill.token_id)
        engine.life.tell(order, "void", words)

    def _freeze_if_short(self, token_id: TokenId) -> None:
        waiting = self._engine.account.ledger.waiting(token_id)
        if waiting:
            size = format_micros(sum(sale.size for sale in waiting))
            self._engine.venue.freeze(token_id, f"{size} shares were sold that are not there")

    def on_resolved(self, event: ev.MarketResolved) -> Sequence[Command]:
        """Pay out positions of a resolved market; the venue closes its open orders."""
        engine = self._engine
        market = engine.markets.get(event.condition_id)
        payouts = dict(event.payouts)
        if market is not None:
            ordered = tuple(payouts[o.token_id] for o in market.outcomes if o.token_id in payouts)
            engine.set_market(replace(market, payouts=ordered, closed=True, accepting_orders=False))
        engine.account.payouts.update(payouts)
        for token_id in payouts:
            engine.account.marks.pop(token_id, None)
            engine.followed.pop(token_id, None)
            self._pay_out(token_id)
        engine.copier.note_resolution(payouts)
        return NOTHING

    def _pay_out(self, token_id: TokenId) -> None:
        """Pay out what is held of a resolved market, also what a late fill brought."""
        entry = self._engine.account.pay_out(token_id, self._engine.now)
        if entry is not None:
            self._engine.observer.on_entry(entry)


def _doubt(order: Order, fill: Fill) -> str:
    """Return why a fill cannot be of its order, empty when it can."""
    intent = order.intent
    if (fill.token_id, fill.side) != (intent.token_id, intent.side) or fill.size <= 0:
        return f"trade {fill.trade_id} is not of its order's token and side"
    over = order.filled + fill.size - intent.size
    if over <= DUST or _within_value(order, fill):
        return ""
    return f"trade {fill.trade_id} fills {format_micros(over)} shares more than were ordered"


def _within_value(order: Order, fill: Fill) -> bool:
    """Return whether an immediate buy got more shares for its money, not for more money.

    Source: ``trading.md`` section 4.3 (such a buy gives dollars), 2026-11.
    """
    intent = order.intent
    if intent.side is not Side.BUY or intent.time_in_force not in _IMMEDIATE:
        return False
    budget = notional_ceil(intent.price, intent.size) + _VALUE_ROUNDING
    return order.filled_value + fill.value <= budget


def fill_words(fill: Fill) -> str:
    """Return a fill for a line of its order's trace."""
    return f"{format_micros(fill.size)} at {format_micros(fill.price)}, trade {fill.trade_id}"
