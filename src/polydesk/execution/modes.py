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
"""Modes of the account or place: only a reading ends them."""


def reason_against(state: State, intent: OrderIntent) -> str:
    """Return why an order must not be sent now, empty when it may."""
    if state.mode is VenueMode.POST_ONLY and not intent.post_only:
        return "the venue takes post-only orders only"
    return _SHUT.get(state.mode, "")


def enter(state: State, mode: VenueMode, reason: str, for_s: float | None) -> None:
    """Take a mode that an answer told; a passing one gives way to what was before."""
    if mode in _LASTING:
        state.mode_after = mode
    _change(state, mode, reason, _end_of(state, mode, for_s))


def note_taken(state: State) -> None:
    """An order was taken: the next restart is a new one.

    It says nothing about the mode. What a mode does not let pass is not sent in it.
    """
    if state.mode is VenueMode.NORMAL:
        state.mode_wait = 0


def told(state: State, mode: VenueMode, reason: str, for_s: float) -> None:
    """Take a mode that was read, for good or until it is read again."""
    if mode in _LASTING or mode is VenueMode.NORMAL:
        state.mode_after = mode
    until = state.now + int(for_s * SECOND) if for_s else 0
    _change(state, mode, reason, until)


def _end_of(state: State, mode: VenueMode, for_s: float | None) -> int:
    patience = state.patience
    if mode in _LASTING:
        return 0
    if for_s:
        return state.now + int(for_s * SECOND)
    if mode is not VenueMode.RESTARTING:
        return state.now + patience.closed_door
    if state.mode is mode and state.mode_until > state.now:
        return state.mode_until
    longer = 2 * state.mode_wait or patience.restart_first
    state.mode_wait = min(longer, patience.restart_longest)
    return state.now + state.mode_wait


def _change(state: State, mode: VenueMode, reason: str, until: int) -> None:
    is_same = mode is state.mode and until == state.mode_until
    state.mode, state.mode_until = mode, until
    if not is_same:
        state.reports.append(ev.VenueModeChanged(mode, state.now, state.now, reason, until))


def end_if_due(state: State) -> bool:
    """Believe a mode no longer than it was stated; return whether one ended."""
    if not state.mode_until or state.now < state.mode_until:
        return False
    _change(state, state.mode_after, "its time is over", 0)
    return True
