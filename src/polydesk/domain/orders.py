"""An order and its state machine. The transition table is data; rank never falls.

    INTENT > SIGNED > SENT > UNKNOWN? > LIVE > PARTIAL > MATCHED, CANCELED, EXPIRED, REJECTED
    INTENT > DENIED, ABANDONED (never sent, or proven never to have arrived)

``UNKNOWN`` moves to any later state, on evidence only. A fill that comes after the end changes
the quantity, not the state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from polydesk.domain.ids import VenueOrderId
from polydesk.domain.intents import OrderIntent
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.errors import InvariantError


class OrderState(StrEnum):
    """Where an order is in its life."""

    INTENT = "INTENT"
    DENIED = "DENIED"
    SIGNED = "SIGNED"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"
    """Sent, and the answer was lost: it may be at the venue or not."""
    LIVE = "LIVE"
    PARTIAL = "PARTIAL"
    MATCHED = "MATCHED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    ABANDONED = "ABANDONED"
    """Never reached the venue, proven."""


_S = OrderState
TERMINAL: frozenset[OrderState] = frozenset(
    {_S.DENIED, _S.MATCHED, _S.CANCELED, _S.EXPIRED, _S.REJECTED, _S.ABANDONED}
)
_AT_VENUE = frozenset({_S.LIVE, _S.PARTIAL, _S.MATCHED, _S.CANCELED, _S.EXPIRED, _S.REJECTED})
TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    _S.INTENT: frozenset({_S.DENIED, _S.SIGNED, _S.SENT, _S.ABANDONED}),
    _S.SIGNED: frozenset({_S.SENT, _S.UNKNOWN, _S.ABANDONED}) | _AT_VENUE,
    _S.SENT: frozenset({_S.UNKNOWN, _S.ABANDONED}) | _AT_VENUE,
    _S.UNKNOWN: frozenset({_S.ABANDONED}) | _AT_VENUE,
    _S.LIVE: frozenset({_S.PARTIAL, _S.MATCHED, _S.CANCELED, _S.EXPIRED}),
    _S.PARTIAL: frozenset({_S.MATCHED, _S.CANCELED, _S.EXPIRED}),
    **{state: frozenset() for state in TERMINAL},
}
"""Allowed next states."""
DUST = ShareMicros(10_000)
"""What the venue's rounding may leave of an order, or add to it: less than this is nothing.

Source: ``trading.md`` section 11 (dust: up to 0.01 share), 2026-11."""
LATE_NS = 600_000_000_000
"""How long after its end an order is still expected to be named by the venue, nanoseconds."""
TRACE_KEPT = 64
"""Lines of a trace; beyond them the middle is left out."""


@dataclass(slots=True)
class Order:
    """One order of ours. Owned by the engine; everyone else sees views."""

    intent: OrderIntent
    state: OrderState = OrderState.INTENT
    filled: ShareMicros = ShareMicros(0)
    filled_value: UsdMicros = UsdMicros(0)
    fees: UsdMicros = UsdMicros(0)
    venue_order_id: VenueOrderId | None = None
    reason: str = ""
    """Denial or rejection in words."""
    updated_at: int = 0
    """Engine time of the last change, nanoseconds UTC."""
    queue_ahead: ShareMicros | None = None
    """Estimated size before us at our price, when resting."""
    cancel_asked_at: int = 0
    """When its cancel was first asked for; 0 when it was not."""
    trace: list[tuple[int, str, str]] = field(default_factory=list, compare=False)
    """(engine time, step, words): how it came to where it is, oldest first."""
    voided: ShareMicros = ShareMicros(0)
    """Fills that failed to settle: they used up size of the order and gave nothing."""
    matched: ShareMicros = ShareMicros(0)
    """The venue's own count for an order made elsewhere; its fills may be known later or never."""

    @property
    def remaining(self) -> ShareMicros:
        """Size that may still be filled."""
        used = max(self.filled + self.voided, self.matched)
        return ShareMicros(max(0, self.intent.size - used))

    @property
    def complete(self) -> bool:
        """Whether nothing but dust is left to fill."""
        return self.remaining < DUST

    @property
    def state_filled(self) -> OrderState:
        """Where a fill brings an open order."""
        return OrderState.MATCHED if self.complete else OrderState.PARTIAL

    def note(self, at: int, step: str, words: str = "") -> None:
        """Add a line to the trace, unless it only repeats the last one."""
        if self.trace and self.trace[-1][1:] == (step, words):
            return
        self.trace.append((at, step, words))
        if len(self.trace) > TRACE_KEPT:
            del self.trace[TRACE_KEPT // 2]

    @property
    def open(self) -> bool:
        """Whether the order may still change."""
        return self.state not in TERMINAL

    def move_to(self, state: OrderState, at: int) -> None:
        """Take the next state; staying is allowed, going back is a bug."""
        if state is not self.state:
            if state not in TRANSITIONS[self.state]:
                raise InvariantError(
                    f"order {self.intent.client_order_id}: {self.state} cannot become {state}"
                )
            self.state = state
        self.updated_at = at
