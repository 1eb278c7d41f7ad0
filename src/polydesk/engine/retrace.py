"""The trace of a restored order, in brief, from what the journal holds of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from polydesk.domain.fills import Fill, SettledFill, Settlement
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.orders import TRACE_KEPT, Order, OrderState
from polydesk.domain.signed import SignedRecord
from polydesk.engine.fill_desk import FAILED, fill_words

Line = tuple[int, str, str]


class Retrace:
    """Writes the lines of orders again."""

    def __init__(
        self,
        fills: Iterable[Fill],
        settlements: Iterable[SettledFill],
        signed: Iterable[SignedRecord],
    ) -> None:
        self._lines: defaultdict[ClientOrderId, list[Line]] = defaultdict(list)
        for record in signed:
            self._add(record.client_order_id, record.ts, "signed", record.venue_order_id)
        for fill in fills:
            self._add(fill.client_order_id, fill.ts_event, "filled", fill_words(fill))
        for settled in settlements:
            is_money = settled.settlement is Settlement.CONFIRMED
            reason = settled.reason or ("" if is_money else FAILED)
            words = f"trade {settled.trade_id}: {reason}".removesuffix(": ")
            step = "settled" if is_money else "void"
            self._add(settled.client_order_id, settled.ts, step, words)

    def _add(self, key: ClientOrderId, at: int, step: str, words: str) -> None:
        self._lines[key].append((at, step, words))

    def write(self, order: Order) -> None:
        """Give an order its trace, oldest line first."""
        intent = order.intent
        lines = self._lines.get(intent.client_order_id, [])
        if order.cancel_asked_at:
            lines = [*lines, (order.cancel_asked_at, "cancel asked", "")]
        if order.state is not OrderState.INTENT:
            lines = [*lines, (order.updated_at, order.state.lower(), order.reason)]
        first = (intent.created_at, "intent", str(intent.origin))
        order.trace = [first, *sorted(lines, key=_time)[-TRACE_KEPT + 1 :]]


def _time(line: Line) -> int:
    return line[0]
