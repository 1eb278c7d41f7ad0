"""The end of a market: orders go, shares become what the pay-out vector says.

Source: ``trading.md`` sections 7 (resolution) and 10.3 (redeeming).
"""

from __future__ import annotations

from dataclasses import replace

from polydesk.domain.ids import ConditionId, EventId
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, notional_floor
from polydesk.venues.simulation.exchange.accounts import CASH, TREASURY
from polydesk.venues.simulation.exchange.closing import RESOLVED, close
from polydesk.venues.simulation.exchange.state import State

Payouts = tuple[PriceMicros, ...]
"""Pay-out per share in the order of the outcomes; sums to one."""


def resolve(state: State, condition_id: ConditionId, payouts: Payouts) -> None:
    """End a market; its open orders are canceled.

    Raises:
        ValueError: The pay-outs do not sum to one, or the market ended otherwise before.
    """
    book = state.markets[condition_id]
    if len(payouts) != 2 or sum(payouts) != MICROS or min(payouts) < 0:
        raise ValueError(f"not a pay-out vector: {payouts}")
    if book.market.payouts is not None:
        if book.market.payouts != payouts:
            raise ValueError(f"{condition_id} is resolved as {book.market.payouts}")
        return
    book.market = replace(book.market, payouts=payouts, closed=True, accepting_orders=False)
    for order in state.open_orders():
        if order.condition_id == condition_id:
            close(state, order, RESOLVED)


def resolve_event(state: State, event_id: EventId, winner: ConditionId) -> None:
    """End all markets of a negative-risk event: the winner pays its first outcome, others not.

    Raises:
        ValueError: The winner is no negative-risk market of the event.
    """
    ends = [
        book.market.condition_id
        for book in state.markets.values()
        if book.market.neg_risk and book.market.event_id == event_id
    ]
    if winner not in ends:
        raise ValueError(f"{winner} is no negative-risk market of event {event_id}")
    for condition_id in ends:
        first = MICROS if condition_id == winner else 0
        resolve(state, condition_id, (PriceMicros(first), PriceMicros(MICROS - first)))


def redeem(state: State, account: str, condition_id: ConditionId) -> int:
    """Turn an account's shares of a resolved market into money; return micro-dollars paid.

    Raises:
        ValueError: The market is not resolved, or the account is unknown.
    """
    market = state.markets[condition_id].market
    if market.payouts is None or account not in state.accounts.names:
        raise ValueError(f"{condition_id} pays nothing to {account!r}")
    paid = 0
    for outcome, payout in zip(market.outcomes, market.payouts, strict=True):
        held = ShareMicros(state.accounts.balance(account, outcome.token_id))
        value = notional_floor(payout, held)
        state.accounts.move(outcome.token_id, held, account, TREASURY)
        state.accounts.move(CASH, value, TREASURY, account)
        paid += value
    return paid
