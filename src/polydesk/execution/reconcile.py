"""Looking at the venue: at the start, from time to time, and whenever something is missing.

Absence is a question. An order is given up or taken for gone only when several looks at the
order itself, a listing of open orders and one of trades, all begun late enough, show nothing.
"""

from __future__ import annotations

from polydesk.domain import events as ev
from polydesk.domain.text import clean
from polydesk.domain.venue import VenueOrder
from polydesk.execution import inputs as given
from polydesk.execution import modes
from polydesk.execution.actions import AskBalance, AskOpenOrders, AskOrder, AskTrades
from polydesk.execution.pending import Pending, Phase, State
from polydesk.execution.reports import end_as_gone
from polydesk.execution.settling import (
    on_venue_fill,
    order_of_legs,
    settle_stranger,
    take_order,
)

NEVER_ARRIVED = "the venue does not know it, by every look after its time was over"


def look_now(state: State) -> None:
    """Plan a full look at once."""
    state.orders_at = state.trades_at = state.balance_at = state.now


def run_due(state: State) -> None:
    """Ask what is due to be asked."""
    if modes.end_if_due(state):
        look_now(state)
    for pending in list(state.live.values()):
        if pending.ask_at and pending.ask_at <= state.now:
            state.ask(pending)
    _list_due(state)


def _list_due(state: State) -> None:
    now = state.now
    if state.orders_at and state.orders_at <= now and not state.orders_out:
        state.orders_at, state.orders_out = 0, True
        state.actions.append(AskOpenOrders())
        state.actions.extend(AskOrder(digest) for digest in state.strangers)
    if state.trades_at and state.trades_at <= now and not state.trades_out:
        state.trades_at, state.trades_out = 0, True
        state.actions.append(AskTrades(_trades_after(state)))
    if state.balance_at and state.balance_at <= now and not state.balance_out:
        state.balance_at, state.balance_out = 0, True
        tokens = dict.fromkeys(pending.intent.token_id for pending in state.live.values())
        state.actions.append(AskBalance(tuple(tokens)))


def _trades_after(state: State) -> int:
    """Return from when on trades are listed: before the oldest thing that is not settled."""
    listed = state.trades_read_at or max(state.known_since, state.opened_at)
    times = [listed, *state.unsettled.values()]
    times += [p.created_at for p in state.live.values() if p.created_at and _is_in_doubt(p)]
    return max(0, min(times) - state.patience.overlap)


def _is_in_doubt(pending: Pending) -> bool:
    """Whether older listings may not have told all of an order: one that rests in peace has."""
    rests = pending.phase is Phase.LIVE and pending.ending is None
    return not rests or pending.misses_fills


def on_order_answered(state: State, told: given.OrderAnswered) -> None:
    """Take what the venue says when asked about one order."""
    pending = state.by_digest.get(told.venue_order_id)
    if pending is None:
        _answered_about_stranger(state, told)
        return
    pending.ask_is_out = False
    if not told.is_read:
        state.ask_after_pause(pending)
        _tell_why_not_ready(state, "an order", told.reason)
        return
    pending.is_looked_up = True
    if told.order is not None:
        _take_found(state, pending, told.order, told.started_at)
    elif not pending.is_done:
        _take_missing(state, pending, told.started_at)
    check_ready(state)


def _answered_about_stranger(state: State, told: given.OrderAnswered) -> None:
    if told.order is not None:
        take_order(state, told.order, told.started_at)
    elif told.is_read and told.venue_order_id in state.strangers:
        _take_stranger_missing(state, told)


def _take_stranger_missing(state: State, told: given.OrderAnswered) -> None:
    """An order the venue no longer shows is what its fills tell, once all of them were listed."""
    legs = state.strangers[told.venue_order_id]
    settled_by = max(leg.ts_event for leg in legs) + state.patience.stranger_grace
    if min(told.started_at, state.trades_read_at) >= settled_by:
        settle_stranger(state, order_of_legs(legs))
    else:
        state.want_trades(state.patience.stranger_grace)
        state.orders_at = min(state.orders_at or told.started_at, state.trades_at)


def _take_found(state: State, pending: Pending, order: VenueOrder, read_at: int) -> None:
    take_order(state, order, read_at)
    is_open_question = pending.misses_fills or pending.ending is not None
    # A word that says nothing about where it is leaves an order as unknown as it was.
    if not pending.is_done and (is_open_question or not pending.is_accepted):
        state.ask_after_pause(pending)


def _take_missing(state: State, pending: Pending, started_at: int) -> None:
    """The venue shows nothing: look again and everywhere, late enough, before believing it."""
    since = pending.sent_at + state.patience.unknown_window
    if pending.phase is not Phase.UNKNOWN:
        pending.missing_since = pending.missing_since or started_at
        since = pending.missing_since + state.patience.gone_after
    if started_at >= since:
        pending.not_found += 1
        if pending.not_found >= state.patience.not_found_looks and _listed_since(state, since):
            _believe_absence(state, pending)
            return
        _list_if_not_since(state, since)
    state.ask_after_pause(pending)


def _listed_since(state: State, since: int) -> bool:
    return min(state.orders_read_at, state.trades_read_at) >= since


def _list_if_not_since(state: State, since: int) -> None:
    if state.orders_read_at < since:
        state.orders_at = state.now
    if state.trades_read_at < since:
        state.trades_at = state.now


def _believe_absence(state: State, pending: Pending) -> None:
    now = state.now
    if pending.phase is Phase.UNKNOWN:
        report = ev.OrderAbandoned(pending.client_order_id, now, now, NEVER_ARRIVED)
        state.finish(pending, report, is_given_up=True)
    else:
        end_as_gone(state, pending)


def on_open_orders(state: State, told: given.OpenOrdersListed) -> None:
    """Take a listing of open orders; those it should show and does not are asked for."""
    state.orders_out = False
    state.orders_read_at = told.started_at
    listed = set()
    for order in told.orders:
        listed.add(order.venue_order_id)
        take_order(state, order, told.started_at)
    for pending in list(state.live.values()):
        is_old = pending.sent_at < told.started_at and pending.is_accepted
        if is_old and pending.venue_order_id not in listed and pending.ending is None:
            state.ask(pending)
    state.plan_look()
    check_ready(state)


def on_trades(state: State, told: given.TradesListed) -> None:
    """Take a listing of trades."""
    state.trades_out = False
    state.trades_read_at = told.started_at
    for leg in told.fills:
        on_venue_fill(state, leg)
    if any(pending.misses_fills for pending in state.live.values()):
        longer = 2 * state.fills_wait or state.patience.look_again
        state.fills_wait = min(longer, state.patience.fills_longest)
        state.want_fills()
    else:
        state.fills_wait = 0
    state.plan_look()
    check_ready(state)


def on_balance(state: State, told: given.BalanceRead) -> None:
    """Pass the venue's count of the account on."""
    state.balance_out = False
    state.balance_read_at = told.started_at
    state.reports.append(
        ev.BalanceReported(told.started_at, state.now, told.cash, told.allowance, told.shares)
    )
    state.plan_look()
    check_ready(state)


def on_read_failed(state: State, told: given.ReadFailed) -> None:
    """Ask again after a while for a listing that could not be read."""
    at = state.now + state.patience.look_again
    if told.what == "orders":
        state.orders_out, state.orders_at = False, at
    elif told.what == "trades":
        state.trades_out, state.trades_at = False, at
    else:
        state.balance_out, state.balance_at = False, at
    _tell_why_not_ready(state, f"the venue's {told.what}", told.reason)


def _tell_why_not_ready(state: State, what: str, reason: str) -> None:
    """Say what keeps the desk from sending orders, each reason once."""
    if not state.is_ready and state.not_ready_because.get(what) != reason:
        state.not_ready_because[what] = reason
        words = clean(f"{what} cannot be read: {reason}")
        state.reports.append(ev.ReadinessChanged(False, state.now, state.now, words))


def on_line(state: State, told: given.UserLineChanged) -> None:
    """The user stream came or went: what it missed is looked up, nothing is sent again."""
    is_news = told.up is not state.line_is_up
    state.line_is_up = told.up
    if is_news:
        look_now(state)


def begin(state: State) -> None:
    """Look at everything before the first order of a session."""
    state.is_ready = False
    now = state.now
    state.reports.append(ev.ReadinessChanged(False, now, now, "looking at the venue"))
    for pending in list(state.live.values()):
        state.ask(pending)
    look_now(state)


def check_ready(state: State) -> None:
    """Say that the desk knows where its orders are, once it does."""
    if state.is_ready:
        return
    is_listed = state.orders_read_at and state.trades_read_at and state.balance_read_at
    if not is_listed or any(not pending.is_looked_up for pending in state.live.values()):
        return
    state.is_ready = True
    words = f"{len(state.live)} open orders, {state.unknown} of them unknown"
    state.reports.append(ev.ReadinessChanged(True, state.now, state.now, words))
