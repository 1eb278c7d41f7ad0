"""What the venue lets the account do now, and how long that is believed.

Source: ``trading.md`` sections 5.4, 5.10 and 11, 2026-11.
"""

from __future__ import annotations

from polydesk.domain import events as ev
from polydesk.domain.intents import OrderIntent
from polydesk.domain.venue import VenueMode
from polydesk.execution.patience import SECOND
from polydesk.execution.pending import State

_SHUT = {
    VenueMode.RESTARTING: "the venue's matching engine is restarting",
    VenueMode.CANCEL_ONLY: "the venue takes cancels only",
    VenueMode.DISABLED: "the venue has disabled trading",
    VenueMode.GEOBLOCKED: "the venue does not take orders from this place",
}
_LASTING = frozenset({VenueMode.CLOSED_ONLY, VenueMode.GEOBLOCKED})
"""Modes of the account or place, which no answer to an order ends."""


def reason_against(state: State, intent: OrderIntent) -> str:
    """Return why an order must not be sent now, empty when it may."""
    if state.mode is VenueMode.POST_ONLY and not intent.post_only:
        return "the venue takes post-only orders only"
    return _SHUT.get(state.mode, "")


def enter(state: State, mode: VenueMode, reason: str, for_s: float | None) -> None:
    """Take a mode that an answer told."""
    if mode is VenueMode.NORMAL:
        if state.mode not in _LASTING:
            _change(state, mode, reason, 0)
        return
    _change(state, mode, reason, _end_of(state, mode, for_s))


def told(state: State, mode: VenueMode, reason: str, for_s: float) -> None:
    """Take a mode that was read, for good or until it is read again."""
    until = state.now + int(for_s * SECOND) if for_s else 0
    _change(state, mode, reason, until)


def _end_of(state: State, mode: VenueMode, for_s: float | None) -> int:
    patience = state.patience
    if mode in _LASTING:
        return 0
    if for_s:
        return state.now + int(for_s * SECOND)
    if mode is VenueMode.RESTARTING:
        longer = 2 * state.mode_wait if state.mode is mode else patience.restart_first
        state.mode_wait = min(longer, patience.restart_longest)
        return state.now + state.mode_wait
    return state.now + patience.closed_door


def _change(state: State, mode: VenueMode, reason: str, until: int) -> None:
    is_same = mode is state.mode and until == state.mode_until
    state.mode, state.mode_until = mode, until
    if mode is VenueMode.NORMAL:
        state.mode_wait = 0
    if not is_same:
        state.reports.append(ev.VenueModeChanged(mode, state.now, state.now, reason, until))


def end_if_due(state: State) -> bool:
    """Believe a mode no longer than it was stated; return whether one ended."""
    if not state.mode_until or state.now < state.mode_until:
        return False
    wait = state.mode_wait
    _change(state, VenueMode.NORMAL, "its time is over", 0)
    state.mode_wait = wait
    return True
