"""What becomes of our orders: every report moves them along the table, or changes nothing.

A report may be late, repeated or out of order, and may name an order nobody here knows. None
of that is an error: what the table does not allow is left out, what is unknown is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from polydesk.domain import events as ev
from polydesk.domain.commands import Command
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.intents import RESTING, OrderIntent, Origin, TimeInForce
from polydesk.domain.orders import TERMINAL, TRANSITIONS, Order, OrderState
from polydesk.domain.venue import VenueOrder, VenueOrderStatus

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

NOTHING: Sequence[Command] = ()
_S = OrderState
_ON_WAY = frozenset({_S.SIGNED, _S.SENT, _S.UNKNOWN})
_LIVE_OR_OVER = {
    VenueOrderStatus.MATCHED: _S.MATCHED,
    VenueOrderStatus.CANCELED: _S.CANCELED,
    VenueOrderStatus.INVALID: _S.CANCELED,
    VenueOrderStatus.EXPIRED: _S.EXPIRED,
}
"""What the venue's word makes of an order that is not ours; any other word leaves it live."""


class OrderLife:
    """Moves orders by what is reported about them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.unknown: Counter[str] = Counter()
        """Reports about orders that nobody here knows, by the name of the event."""

    def find(self, event: ev.OrderReport, key: ClientOrderId) -> Order | None:
        """Return the order a report is about; count the report when there is none."""
        order = self._engine.account.orders.get(key)
        if order is None:
            self.unknown[type(event).__name__] += 1
        return order

    def _find_open(self, event: ev.OrderReport, key: ClientOrderId) -> Order | None:
        order = self.find(event, key)
        return order if order is not None and order.open else None

    def on_external(self, event: ev.ExternalOrderSeen) -> Sequence[Command]:
        """Adopt an order made outside this desk, or take what the venue says of it now."""
        engine, key, told = self._engine, event.client_order_id, event.order
        order = engine.account.orders.get(key)
        if order is None:
            order = Order(_external_intent(event), _LIVE_OR_OVER.get(told.status, _S.LIVE))
            order.venue_order_id = told.venue_order_id
            order.matched, order.updated_at = told.matched, engine.now
            order.reason = "" if order.open else told.status_text
            engine.account.add(order)
            self.tell(order, "external", told.status_text)
            return engine.request_market(told.token_id) if self._is_unlisted(order) else NOTHING
        if order.open and order.intent.origin is Origin.EXTERNAL:
            self._take_external(order, told)
        return NOTHING

    def _take_external(self, order: Order, told: VenueOrder) -> None:
        end = _LIVE_OR_OVER.get(told.status, _S.LIVE)
        if told.matched <= order.matched and end is _S.LIVE:
            return
        order.matched = max(order.matched, told.matched)
        if end in TERMINAL and self.advance(order, end):
            order.reason = told.status_text
        else:
            self._engine.account.move(order, order.state, self._engine.now)
        self.tell(order, "external", told.status_text)

    def _is_unlisted(self, order: Order) -> bool:
        return order.intent.token_id not in self._engine.token_markets

    def on_signed(self, event: ev.OrderSigned) -> Sequence[Command]:
        """The order has its identity at the venue."""
        order = self._find_open(event, event.client_order_id)
        if order is not None and order.venue_order_id is None:
            order.venue_order_id = event.venue_order_id
            self.advance(order, _S.SIGNED)
            self.tell(order, "signed", event.venue_order_id)
        return NOTHING

    def on_sent(self, event: ev.OrderSent) -> Sequence[Command]:
        """The order left the desk."""
        order = self._find_open(event, event.client_order_id)
        if order is not None and self.advance(order, _S.SENT):
            self.tell(order, "sent")
        return NOTHING

    def on_unknown(self, event: ev.OrderUnknown) -> Sequence[Command]:
        """Nobody can say whether the venue has it: what it may cost stays kept aside."""
        order = self._find_open(event, event.client_order_id)
        if order is not None and self.advance(order, _S.UNKNOWN):
            order.reason = event.reason
            self.tell(order, "unknown", event.reason)
        return NOTHING

    def on_abandoned(self, event: ev.OrderAbandoned) -> Sequence[Command]:
        """The order never reached the venue."""
        return self._end(event, event.client_order_id, _S.ABANDONED, event.reason)

    def on_accepted(self, event: ev.OrderAccepted) -> Sequence[Command]:
        """The venue has the order."""
        order = self._find_open(event, event.client_order_id)
        if order is None:
            return NOTHING
        before = (order.state, order.venue_order_id, order.queue_ahead)
        self.arrive(order)
        order.venue_order_id = order.venue_order_id or event.venue_order_id
        if event.queue_ahead is not None:
            order.queue_ahead = event.queue_ahead
        # What may or may not have arrived has: LIVE, even if it will match at once.
        if order.state in _ON_WAY and (event.resting or order.state is _S.UNKNOWN):
            self.advance(order, _S.LIVE)
        if before != (order.state, order.venue_order_id, order.queue_ahead):
            # The venue's user line may call an order live for the moment in which it is matched.
            rests = event.resting and order.intent.time_in_force in RESTING
            self.tell(order, "accepted", "resting" if rests else "to be matched")
        return NOTHING

    def on_rejected(self, event: ev.OrderRejected) -> Sequence[Command]:
        """The venue refused the order."""
        return self._end(event, event.client_order_id, _S.REJECTED, event.reason)

    def on_closed(self, event: ev.OrderClosed) -> Sequence[Command]:
        """The rest of the order is gone."""
        state = _S.EXPIRED if event.expired else _S.CANCELED
        return self._end(event, event.client_order_id, state, event.reason)

    def _end(
        self, event: ev.OrderReport, key: ClientOrderId, state: OrderState, reason: str
    ) -> Sequence[Command]:
        order = self._find_open(event, key)
        if order is None:
            return NOTHING
        if state is not _S.ABANDONED:
            self.arrive(order)
        if state is _S.REJECTED and state not in TRANSITIONS[order.state]:
            # The venue had it, so this is the end of its rest.
            state = _S.CANCELED
        if self.advance(order, state):
            order.reason = reason
            self.tell(order, state.lower(), reason)
        else:
            order.note(self._engine.now, "note", f"told {state.lower()}: {reason}")
        return NOTHING

    def on_cancel_asked(self, event: ev.CancelAsked) -> Sequence[Command]:
        """A cancel is on its way; the first time counts."""
        order = self._find_open(event, event.client_order_id)
        if order is not None and not order.cancel_asked_at:
            order.cancel_asked_at = self._engine.now
            self.tell(order, "cancel asked")
        return NOTHING

    def on_noted(self, event: ev.OrderNoted) -> Sequence[Command]:
        """Something was learned: a line of the trace, also after the end."""
        order = self.find(event, event.client_order_id)
        if order is not None:
            order.note(self._engine.now, "note", event.words)
            self._engine.account.version += 1
        return NOTHING

    def on_queue_moved(self, event: ev.QueueMoved) -> Sequence[Command]:
        """Update the estimate of the size ahead of a resting order."""
        order = self._find_open(event, event.client_order_id)
        if order is not None:
            order.queue_ahead = event.queue_ahead
            self._engine.account.version += 1
        return NOTHING

    def arrive(self, order: Order) -> None:
        """Take what the venue says of an order as proof that it was sent."""
        if order.state in {_S.INTENT, _S.SIGNED}:
            self.advance(order, _S.SENT)

    def advance(self, order: Order, state: OrderState) -> bool:
        """Move an order if the table allows it; return whether it moved."""
        if state not in TRANSITIONS[order.state]:
            return False
        self._engine.account.move(order, state, self._engine.now)
        return True

    def tell(self, order: Order, step: str, words: str = "") -> None:
        """Put a step into the trace and tell whoever listens that the order changed."""
        order.note(self._engine.now, step, words)
        self._engine.account.version += 1
        if not order.open:
            self._engine.copier.note_closed(order.intent)
        self._engine.observer.on_order(order)


def _external_intent(event: ev.ExternalOrderSeen) -> OrderIntent:
    told = event.order
    known = told.time_in_force in set(TimeInForce)
    return OrderIntent(
        client_order_id=event.client_order_id,
        token_id=told.token_id,
        side=told.side,
        price=told.price,
        size=told.size,
        time_in_force=TimeInForce(told.time_in_force) if known else TimeInForce.GTC,
        origin=Origin.EXTERNAL,
        created_at=told.created_ns or event.ts_event,
        expires_at=told.expires_ns,
    )
