"""From approval to the venue's answer: sign, record, send once."""

from __future__ import annotations

from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.refusals import explain_refusal
from polydesk.domain.venue import OutcomeKind, PlaceOutcome
from polydesk.errors import InvariantError
from polydesk.execution import inputs as given
from polydesk.execution import modes
from polydesk.execution.actions import Record, Send, Sign
from polydesk.execution.patience import SECOND
from polydesk.execution.pending import IN_HAND, Pending, Phase, State
from polydesk.execution.reports import take_as_arrived

CANCELED_IN_HAND = "canceled before it was sent"
TOO_OLD = "not sent: it waited too long after its approval"
NOT_WAITING = "not sent: it is not waiting to be sent"


def submit(state: State, approved: Approved) -> None:
    """Take an approved order.

    Raises:
        InvariantError: An order of this identity was taken before.
    """
    intent = approved.intent
    key = intent.client_order_id
    if key in state.orders:
        raise InvariantError(f"order {key} was submitted twice")
    pending = Pending(key, intent, Phase.SIGNING, approved=approved, created_at=state.now)
    state.keep(pending)
    state.actions.append(Sign(approved))


def on_signed(state: State, told: given.Signed) -> None:
    """Remember the order's identity and have it recorded."""
    pending = state.orders.get(told.client_order_id)
    if pending is None or pending.phase is not Phase.SIGNING:
        return
    if told.venue_order_id in state.by_digest:
        _abandon(state, pending, "its signature repeats another order's")
        return
    pending.venue_order_id = told.venue_order_id
    pending.approved = None
    pending.phase = Phase.RECORDING
    state.by_digest[told.venue_order_id] = pending
    now = state.now
    state.reports.append(ev.OrderSigned(pending.client_order_id, told.venue_order_id, now, now))
    state.actions.append(Record(pending.client_order_id))


def on_recorded(state: State, told: given.Recorded) -> None:
    """Send what is on disk, unless there is a reason by now not to."""
    pending = state.orders.get(told.client_order_id)
    if pending is None or pending.phase is not Phase.RECORDING:
        return
    reason = reason_not_to_send(state, pending, state.now)
    if reason:
        _abandon(state, pending, reason)
        return
    pending.phase = Phase.SENDING
    pending.sent_at = state.now
    state.reports.append(ev.OrderSent(pending.client_order_id, state.now, state.now))
    state.actions.append(Send(pending.client_order_id))


def reason_not_to_send(state: State, pending: Pending, now: int) -> str:
    """Return why an order that is on disk must not leave at this time, empty when it may."""
    if pending.cancel_wanted:
        return CANCELED_IN_HAND
    if now - pending.created_at > state.patience.fresh:
        return TOO_OLD
    return modes.reason_against(state, pending.intent)


def on_in_hand_failed(
    state: State, told: given.NotSigned | given.NotRecorded | given.Withheld
) -> None:
    """Give up an order of which not one byte has left."""
    pending = state.orders.get(told.client_order_id)
    if pending is None or pending.is_done:
        return
    may_end = pending.phase in IN_HAND or (
        isinstance(told, given.Withheld) and pending.phase is Phase.SENDING
    )
    if may_end:
        _abandon(state, pending, told.reason)


def _abandon(state: State, pending: Pending, reason: str) -> None:
    now = state.now
    report = ev.OrderAbandoned(pending.client_order_id, now, now, reason)
    state.finish(pending, report, is_given_up=True)


def on_placed(state: State, told: given.Placed) -> None:
    """Take the venue's answer, or the lack of one."""
    pending = state.orders.get(told.client_order_id)
    if pending is None:
        return
    outcome = told.outcome
    if outcome.mode is not None:
        modes.enter(state, outcome.mode, outcome.text, outcome.retry_after_s)
    elif outcome.kind is OutcomeKind.ACCEPTED:
        modes.note_taken(state)
    if pending.is_done or pending.phase is not Phase.SENDING:
        _overtaken(state, pending, outcome)
    elif outcome.is_duplicate:
        _landed_before(state, pending, outcome)
    else:
        _ANSWERS[outcome.kind](state, pending, outcome)


def _overtaken(state: State, pending: Pending, outcome: PlaceOutcome) -> None:
    """The user stream or a question was faster than the reply."""
    if outcome.kind is not OutcomeKind.ACCEPTED and outcome.text:
        state.note(pending, f"the reply came late: {outcome.text}")
    if outcome.status == "matched":
        state.ask_soon(pending, state.patience.fill_grace)


def _landed_before(state: State, pending: Pending, outcome: PlaceOutcome) -> None:
    """An earlier copy is at the venue: that it was there is certain, and nothing else."""
    state.note(pending, outcome.text or "the venue had it already")
    take_as_arrived(state, pending, resting=False)
    state.ask(pending)


def _accepted(state: State, pending: Pending, outcome: PlaceOutcome) -> None:
    pending.phase = Phase.LIVE
    if outcome.status == "delayed":
        state.note(pending, "the venue holds it for the market's taker delay")
        state.ask_soon(pending, 2 * SECOND)
        return
    take_as_arrived(state, pending, resting=outcome.status == "live")
    if outcome.status != "live":
        state.ask_soon(pending, state.patience.fill_grace)


def _rejected(state: State, pending: Pending, outcome: PlaceOutcome) -> None:
    if pending.is_accepted or pending.fills:
        _unknown(state, pending, outcome)
        return
    now = state.now
    words = explain_refusal(outcome.refusal, outcome.text)
    report = ev.OrderRejected(pending.client_order_id, now, now, words)
    state.finish(pending, report, is_given_up=True)


def _unavailable(state: State, pending: Pending, outcome: PlaceOutcome) -> None:
    if pending.is_accepted or pending.fills:
        _unknown(state, pending, outcome)
        return
    _abandon(state, pending, outcome.text or "the venue did not take it")


def _unknown(state: State, pending: Pending, outcome: PlaceOutcome) -> None:
    """Look for evidence at once and go on until there is some."""
    if pending.is_accepted:
        pending.phase = Phase.LIVE
    else:
        pending.phase = Phase.UNKNOWN
        words = outcome.text or "no answer"
        now = state.now
        state.reports.append(ev.OrderUnknown(pending.client_order_id, now, now, words))
    if pending.cancel_wanted:
        pending.cancel_at = state.now
    pending.ask_wait = 0
    state.ask(pending)


_ANSWERS = {
    OutcomeKind.ACCEPTED: _accepted,
    OutcomeKind.REJECTED: _rejected,
    OutcomeKind.UNAVAILABLE: _unavailable,
    OutcomeKind.UNKNOWN: _unknown,
}
