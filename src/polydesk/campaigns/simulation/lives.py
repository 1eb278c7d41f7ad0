"""Invariants of orders: where they are, what they hold back, what they have filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polydesk.campaigns.simulation.money import Money
from polydesk.campaigns.simulation.violation import demand
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.orders import DUST, TRANSITIONS, Order, OrderState
from polydesk.domain.units import notional_ceil
from polydesk.engine.observer import SilentObserver

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

_IMMEDIATE = frozenset({TimeInForce.FAK, TimeInForce.FOK})


def _reachable() -> dict[OrderState, frozenset[OrderState]]:
    """Return every state that can follow each, over any number of steps."""
    found = {state: set(following) for state, following in TRANSITIONS.items()}
    for _ in OrderState:
        for following in found.values():
            following.update(*(found[state] for state in tuple(following)))
    return {state: frozenset(following) for state, following in found.items()}


REACHABLE = _reachable()


class Lives(SilentObserver):
    """Watches the orders of one life of the desk."""

    def __init__(self, engine: Engine, money: Money) -> None:
        self._engine = engine
        self._money = money
        self._states = {key: order.state for key, order in engine.account.orders.items()}
        self._touched: dict[ClientOrderId, None] = {}

    def on_order(self, order: Order) -> None:
        """An order's rank never falls, and its end is the end."""
        key = order.intent.client_order_id
        before = self._states.get(key, OrderState.INTENT)
        is_next = order.state is before or order.state in REACHABLE[before]
        demand(is_next, "I-15", key, before, "became", order.state)
        self._states[key] = order.state
        self._touched[key] = None

    def check(self) -> None:
        """Check the orders that a step has touched."""
        if self._touched:
            for key in self._touched:
                self._check_order(self._engine.account.orders[key])
            self._touched.clear()

    def check_all(self) -> None:
        """Check every order there is."""
        account = self._engine.account
        for key, order in account.orders.items():
            demand(self._states.get(key) is order.state, "I-36", key, "moved unseen", order.state)
            self._check_order(order)
        buys = {k for k, order in account.open_orders.items() if order.intent.side is Side.BUY}
        demand(set(account.reserved) == buys, "I-05", set(account.reserved) ^ buys)

    def _check_order(self, order: Order) -> None:
        account, key = self._engine.account, order.intent.client_order_id
        demand((key in account.open_orders) is order.open, "I-05", key, order.state)
        filled, voided = self._money.sums.get(key, (0, 0))
        demand(order.filled == filled, "I-13", key, "filled", order.filled, "fills", filled)
        demand(order.voided == voided, "I-14", key, "voided", order.voided, "voids", voided)
        over = filled + voided - order.intent.size
        is_by_value = order.intent.time_in_force in _IMMEDIATE
        demand(over <= DUST or is_by_value, "I-14", key, "overfilled by", over)
        self._check_reservation(order)

    def _check_reservation(self, order: Order) -> None:
        """Enough is kept aside for the rest at its worst, and nothing for what is over."""
        account, intent = self._engine.account, order.intent
        reserved = account.reserved.get(intent.client_order_id)
        if not order.open or intent.side is Side.SELL:
            demand(reserved is None, "I-04", intent.client_order_id, order.state, reserved)
            return
        market = self._engine.token_markets.get(intent.token_id)
        if market is not None:
            worst: int = notional_ceil(intent.price, order.remaining)
            worst += market.fees.taker(order.remaining, intent.price)
            enough = reserved is not None and reserved >= worst
            demand(enough, "I-04", intent.client_order_id, reserved, "for", worst)
