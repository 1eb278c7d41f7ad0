"""From what the venue says about an order to what the engine is told, once."""

from __future__ import annotations

from polydesk.domain import events as ev
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.orders import DUST
from polydesk.domain.units import ShareMicros
from polydesk.domain.venue import VenueOrder, VenueOrderStatus
from polydesk.execution.patience import SECOND
from polydesk.execution.pending import IN_HAND, Ending, Pending, Phase, State

GONE = "the venue no longer knows it"
OVERFILLED = "the venue's trades come to more than its size"
BACK = "the venue has it after all"
STILL_THERE = "the venue said that it is gone, and still has it"
TIME_OVER = "its time is over"
CLOCKS_DIFFER = SECOND
"""How much earlier than ours the venue's clock may end an order."""
CAME_ALIVE = "the venue has it after all; it is being canceled"
_S = VenueOrderStatus
_AT_VENUE = frozenset({_S.LIVE, _S.MATCHED, _S.CANCELED, _S.EXPIRED, _S.DELAYED})
_OPEN = frozenset({_S.LIVE, _S.DELAYED})
_GONE = frozenset({_S.CANCELED, _S.EXPIRED, _S.UNMATCHED, _S.INVALID})
_REST_NEVER_RESTS = frozenset({TimeInForce.FOK, TimeInForce.FAK})


def take_as_arrived(state: State, pending: Pending, *, resting: bool) -> None:
    """Take that the venue has the order, or had it, and tell the engine so once.

    That it rests is told once too: an answer may prove an order without saying where it is.
    """
    if pending.phase in {Phase.SENDING, Phase.UNKNOWN}:
        pending.phase = Phase.LIVE
    _note_found(pending)
    is_news = not pending.is_accepted or (resting and pending.is_place_open)
    if not is_news or pending.is_over or pending.venue_order_id is None:
        return
    pending.is_accepted = True
    pending.is_place_open = not resting
    now = state.now
    state.reports.append(
        ev.OrderAccepted(pending.client_order_id, pending.venue_order_id, now, now, resting)
    )


def on_venue_order(state: State, order: VenueOrder, read_at: int = 0) -> None:
    """Take the venue's word about one order, from wherever it comes. It may be an old word.

    Args:
        state: The executor's.
        order: The venue's word.
        read_at: When the reading was begun that brought it; 0 for the user stream.
    """
    pending = state.by_digest.get(order.venue_order_id)
    if pending is None:
        pending = adopt(state, order)
        if pending is None:
            return
    if pending.phase in IN_HAND:
        state.note(pending, "the venue tells of it before it was sent")
        return
    if pending.is_done:
        is_news = pending.is_given_up or read_at > pending.done_at
        if order.status not in _OPEN or not is_news:
            return
        revive(state, pending)
    pending.matched = max(pending.matched, order.matched)
    _note_found(pending)
    if pending.ending is not None and order.status in _OPEN:
        _doubt_end(state, pending, pending.ending, read_at)
    _take_status(state, pending, order)


def _note_found(pending: Pending) -> None:
    pending.not_found = pending.missing_since = 0


def _doubt_end(state: State, pending: Pending, ending: Ending, read_at: int) -> None:
    """Take back that the rest is gone when a reading that is late enough still shows it."""
    if read_at > ending.since + state.patience.gone_after:
        pending.ending = None
        pending.cancel_at = state.now
        state.note(pending, STILL_THERE)


def _take_status(state: State, pending: Pending, order: VenueOrder) -> None:
    status = order.status
    if status in _AT_VENUE or order.matched:
        take_as_arrived(state, pending, resting=status is _S.LIVE)
    if status in _GONE:
        _take_end(state, pending, order)
    elif status is _S.MATCHED:
        _take_matched(state, pending, order)
    elif status is _S.DELAYED:
        state.ask_after_pause(pending)
    if pending.misses_fills:
        state.want_fills()
    close_if_complete(state, pending)


def _take_matched(state: State, pending: Pending, order: VenueOrder) -> None:
    """All of it was matched, or the rest of an order that never rests is gone."""
    is_whole = order.size - order.matched < DUST
    if is_whole or pending.intent.time_in_force in _REST_NEVER_RESTS:
        _end(state, pending, order.matched, expired=False, reason=_rest_words(pending, order))


def _rest_words(pending: Pending, order: VenueOrder) -> str:
    rest_is_gone = pending.intent.time_in_force in _REST_NEVER_RESTS
    return f"rest of {pending.intent.time_in_force} order" if rest_is_gone else order.status_text


def _take_end(state: State, pending: Pending, order: VenueOrder) -> None:
    words = order.status_text or order.status.value
    if pending.is_accepted:
        expired = order.status is _S.EXPIRED
        if order.status is _S.CANCELED and _is_time_over(state, pending):
            expired, words = True, TIME_OVER
        _end(state, pending, order.matched, expired=expired, reason=words)
        return
    now = state.now
    state.finish(pending, ev.OrderRejected(pending.client_order_id, now, now, words))


def _is_time_over(state: State, pending: Pending) -> bool:
    """Return whether an order ended because its time did: the user line calls it a cancel only.

    Source: ``trading.md`` section 5.1, 2026-11.
    """
    end = pending.intent.off_book_at
    return end is not None and not pending.cancel_wanted and state.now >= end - CLOCKS_DIFFER


def _end(
    state: State,
    pending: Pending,
    matched: ShareMicros | None,
    *,
    expired: bool,
    reason: str,
    is_gone: bool = False,
) -> None:
    if pending.ending is None:
        pending.ending = Ending(matched, expired, reason, state.now, is_gone)
    elif matched is not None:
        known = pending.ending.matched
        pending.ending.matched = matched if known is None else max(matched, known)


def end_unless_told_more(state: State, pending: Pending, reason: str) -> None:
    """Take that the rest is gone; how much was matched before, the venue shall say next."""
    take_as_arrived(state, pending, resting=True)
    _end(state, pending, None, expired=False, reason=reason)
    pending.ask_wait = 0
    state.ask(pending)


def end_as_gone(state: State, pending: Pending) -> None:
    """Take that the venue knows the order no longer: what was told of it is all there is."""
    _end(state, pending, pending.matched, expired=False, reason=GONE, is_gone=True)
    close_if_complete(state, pending)


def close_if_complete(state: State, pending: Pending) -> None:
    """Close an order whose rest is gone once every fill of it was told."""
    ending = pending.ending
    if pending.is_done or ending is None or ending.matched is None:
        return
    if ending.matched - pending.filled > DUST:
        state.want_fills()
        return
    report = None
    if not pending.is_filled:
        key, now = pending.client_order_id, state.now
        report = ev.OrderClosed(key, now, now, ending.expired, ending.reason)
    state.finish(pending, report, is_given_up=ending.is_gone)


def close_when_filled(state: State, pending: Pending) -> None:
    """Finish an order whose whole size was filled, less dust."""
    if pending.is_done or not pending.is_filled:
        close_if_complete(state, pending)
        return
    report = None
    if pending.filled - pending.intent.size > DUST:
        now = state.now
        report = ev.OrderClosed(pending.client_order_id, now, now, False, OVERFILLED)
    state.finish(pending, report)


def revive(state: State, pending: Pending) -> None:
    """Watch an order again that was taken for over, and cancel it if it is ours.

    To the engine it stays ended.
    """
    pending.phase = Phase.LIVE
    pending.is_accepted = True
    pending.is_given_up = False
    _note_found(pending)
    pending.cancel_wanted = not pending.is_external
    pending.cancel_at = state.now
    pending.cancel_wait = 0
    state.live[pending.client_order_id] = pending
    state.note(pending, BACK if pending.is_external else CAME_ALIVE)


def adopt(state: State, order: VenueOrder) -> Pending | None:
    """Take up an order that nobody here made; one that is over already is of no matter."""
    has_fills = order.venue_order_id in state.strangers
    if order.status not in _OPEN and not has_fills:
        return None
    key = ClientOrderId(f"ext-{order.venue_order_id}")
    intent = OrderIntent(
        client_order_id=key,
        token_id=order.token_id,
        side=order.side,
        price=order.price,
        size=order.size,
        time_in_force=_time_in_force(order.time_in_force),
        origin=Origin.EXTERNAL,
        created_at=order.created_ns or state.now,
        expires_at=order.expires_ns,
    )
    pending = Pending(
        key,
        intent,
        Phase.LIVE,
        order.venue_order_id,
        created_at=order.created_ns or state.now,
        is_accepted=True,
        is_external=True,
    )
    state.keep(pending)
    state.reports.append(ev.ExternalOrderSeen(key, order, state.now, state.now))
    return pending


def _time_in_force(text: str) -> TimeInForce:
    try:
        return TimeInForce(text)
    except ValueError:
        return TimeInForce.GTC
