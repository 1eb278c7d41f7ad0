"""What the fills on disk say of an order whose own row did not get there any more.

A fill and the state of its order are two rows, and a desk can be killed between them. The fill is
the older one of the two, so it tells more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from polydesk.domain.fills import Fill, Identity, SettledFill, Settlement
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import ShareMicros, UsdMicros

_NOT_SENT = frozenset({OrderState.INTENT, OrderState.SIGNED})


class Recount:
    """Counts the fills of restored orders again."""

    def __init__(self, fills: Iterable[Fill], settlements: Iterable[SettledFill]) -> None:
        """Take all fills and what became of them, oldest first."""
        self._fills: defaultdict[ClientOrderId, list[Fill]] = defaultdict(list)
        for fill in fills:
            self._fills[fill.client_order_id].append(fill)
        self._void: set[Identity] = {
            settled.identity for settled in settlements if settled.settlement is Settlement.VOID
        }

    def correct(self, order: Order) -> bool:
        """Give an order the counts and the state of its fills; return whether its row was older."""
        fills = self._fills.get(order.intent.client_order_id, [])
        standing = [fill for fill in fills if fill.identity not in self._void]
        filled = ShareMicros(sum(fill.size for fill in standing))
        voided = ShareMicros(sum(fill.size for fill in fills) - filled)
        if (filled, voided) == (order.filled, order.voided):
            return False
        order.filled, order.voided = filled, voided
        order.filled_value = UsdMicros(sum(fill.value for fill in standing))
        order.fees = UsdMicros(sum(fill.fee for fill in standing))
        if order.open:
            _advance(order, max(order.updated_at, *(fill.ts_event for fill in fills)))
        return True


def _advance(order: Order, at: int) -> None:
    if order.state in _NOT_SENT:
        order.move_to(OrderState.SENT, at)
    order.move_to(order.state_filled, at)
