"""Cancels: asked for until the venue says that the rest is gone."""

from __future__ import annotations

from polydesk.domain import events as ev
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.venue import OutcomeKind
from polydesk.execution import inputs as given
from polydesk.execution import modes
from polydesk.execution.actions import SendCancels
from polydesk.execution.pending import IN_HAND, Pending, Phase, State
from polydesk.execution.reports import end_unless_told_more

CANCELED = "canceled"


def cancel(state: State, client_order_id: ClientOrderId) -> None:
    """Want an order gone. One that was not sent yet never will be; the venue is asked else."""
    pending = state.orders.get(client_order_id)
    if pending is None or pending.is_done:
        return
    is_news = not pending.cancel_wanted
    pending.cancel_wanted = True
    if is_news:
        state.reports.append(ev.CancelAsked(client_order_id, state.now, state.now))
        pending.cancel_wait = 0
    if pending.phase not in IN_HAND and pending.phase is not Phase.SENDING:
        pending.cancel_at = state.now


def send_due(state: State) -> None:
    """Ask the venue to cancel what is wanted gone and due, all at once."""
    due = [
        pending
        for pending in state.live.values()
        if pending.cancel_wanted and not pending.cancel_is_out and _is_due(state, pending)
    ]
    if not due:
        return
    for pending in due:
        _note_sent(state, pending)
    ids = tuple(p.venue_order_id for p in due if p.venue_order_id is not None)
    state.actions.append(SendCancels(ids))


def _is_due(state: State, pending: Pending) -> bool:
    if pending.venue_order_id is None or pending.phase in IN_HAND:
        return False
    if pending.phase is Phase.SENDING or pending.ending is not None:
        return False
    return not pending.cancel_at or pending.cancel_at <= state.now


def _note_sent(state: State, pending: Pending) -> None:
    patience = state.patience
    pending.cancel_is_out = True
    pending.cancel_wait = min(
        patience.cancel_longest, 2 * pending.cancel_wait or patience.cancel_again
    )
    pending.cancel_at = state.now + pending.cancel_wait


def on_answered(state: State, told: given.CancelsAnswered) -> None:
    """Take what came of a request to cancel; anything but a clear yes is looked into."""
    outcome = told.outcome
    if outcome.mode is not None:
        modes.enter(state, outcome.mode, outcome.text, outcome.retry_after_s)
    canceled, refused = set(outcome.canceled), dict(outcome.not_canceled)
    for venue_order_id in told.venue_order_ids:
        pending = state.by_digest.get(venue_order_id)
        if pending is None:
            continue
        pending.cancel_is_out = False
        if pending.is_done:
            continue
        if outcome.kind is OutcomeKind.ACCEPTED and venue_order_id in canceled:
            end_unless_told_more(state, pending, CANCELED)
        else:
            words = refused.get(venue_order_id) or outcome.text or "no answer"
            state.note(pending, f"the cancel is not through: {words}")
            state.ask(pending)
