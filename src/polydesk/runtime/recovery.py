"""What the start of a live session found out about the orders of earlier ones."""

from __future__ import annotations

from collections.abc import Callable

from polydesk.domain import events as ev
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.intents import Origin
from polydesk.domain.orders import Order, OrderState
from polydesk.engine.engine import Engine
from polydesk.engine.restore import Earlier
from polydesk.views.models import RecoveryRow, RecoveryView

_WORDS = {
    OrderState.UNKNOWN: "nobody knows yet whether it arrived; it is being looked for and stays "
    "reserved until that is proven",
    OrderState.ABANDONED: "it never reached the venue",
    OrderState.LIVE: "it rests at the venue",
    OrderState.PARTIAL: "part of it was filled, the rest is at the venue",
    OrderState.MATCHED: "it was filled",
    OrderState.CANCELED: "it is gone from the venue",
    OrderState.EXPIRED: "it has expired",
    OrderState.REJECTED: "the venue refused it",
}


class Recovery:
    """Follows the orders that an earlier session left open."""

    def __init__(
        self, engine: Engine, earlier: Earlier, names: Callable[[Order], tuple[str, str]]
    ) -> None:
        """Remember how things stood.

        Args:
            engine: The session's engine.
            earlier: What the journal held.
            names: Title and outcome of an order's market.
        """
        self._engine = engine
        self._names = names
        self._before = {
            order.intent.client_order_id: order.state for order in earlier.orders if order.open
        }
        self._known_fills = len(earlier.fills)
        self._started_at = 0
        self._ready_at = 0
        self._ready_words = ""
        self._hindrance = ""
        """Why the looking does not come to an end."""
        self._external = 0
        self._new_fills = 0
        self._version = 0

    def on_event(self, event: ev.Event) -> None:
        """Take note of what moves while the start is being looked at, and after."""
        if isinstance(event, ev.ReadinessChanged):
            self._on_readiness(event)
        elif not self._ready_at:
            if isinstance(event, ev.ExternalOrderSeen):
                self._external += 1
            elif isinstance(event, ev.OrderFilled):
                self._new_fills += 1
        if isinstance(event, _MOVES) and event.client_order_id in self._before:
            self._version += 1

    def _on_readiness(self, event: ev.ReadinessChanged) -> None:
        if not event.ready:
            self._hindrance = event.reason if self._started_at else ""
            self._started_at = self._started_at or event.ts_init
        elif not self._ready_at:
            self._ready_at = event.ts_init
            self._ready_words = event.reason
        self._version += 1

    @property
    def took_ms(self) -> int | None:
        """How long the start was looked at; None while it still is."""
        return (self._ready_at - self._started_at) // 1_000_000 if self._ready_at else None

    def view(self) -> RecoveryView:
        """Return what is known by now."""
        account = self._engine.account
        rows = tuple(
            self._row(key, before, account.orders[key])
            for key, before in self._before.items()
            if key in account.orders
        )
        return RecoveryView(
            version=self._version,
            started_at=self._started_at,
            ready_at=self._ready_at,
            words=self._words(rows),
            rows=rows,
            external=self._external,
            new_fills=self._new_fills,
            drift=self._engine.account.drift or 0,
        )

    def _words(self, rows: tuple[RecoveryRow, ...]) -> str:
        if not self._ready_at:
            words = "Looking at the venue; nothing is sent before every order was looked up"
            return f"{words} ({self._hindrance})." if self._hindrance else f"{words}."
        if not rows and not self._new_fills and not self._external:
            return "Nothing was left open; the desk and the venue agree."
        unknown = sum(row.now is OrderState.UNKNOWN for row in rows)
        parts = [f"{len(rows)} orders of earlier sessions were looked up"]
        if unknown:
            parts.append(f"{unknown} of them are still being looked for")
        if self._new_fills:
            parts.append(f"{self._new_fills} fills happened meanwhile")
        if self._external:
            parts.append(f"{self._external} open orders were made elsewhere")
        return "; ".join(parts) + "."

    def _row(self, key: ClientOrderId, before: OrderState, order: Order) -> RecoveryRow:
        title, outcome = self._names(order)
        words = _WORDS.get(order.state, order.reason)
        if order.intent.origin is Origin.EXTERNAL:
            words += "; it was made outside this desk"
        if order.reason and order.state in {OrderState.REJECTED, OrderState.CANCELED}:
            words += f" ({order.reason})"
        return RecoveryRow(
            client_order_id=key,
            title=title,
            outcome=outcome,
            side=order.intent.side,
            price=order.intent.price,
            size=order.intent.size,
            before=before,
            now=order.state,
            filled=order.filled,
            words=words,
        )


_MOVES = (
    ev.OrderAccepted,
    ev.OrderRejected,
    ev.OrderClosed,
    ev.OrderAbandoned,
    ev.OrderUnknown,
    ev.OrderNoted,
)
