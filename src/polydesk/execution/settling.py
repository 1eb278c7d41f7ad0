"""Fills and their settlement: each leg is told once, and ends once."""

from __future__ import annotations

from dataclasses import replace

from polydesk.domain import events as ev
from polydesk.domain.fills import Fill, Liquidity, Settlement
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros, notional_floor
from polydesk.domain.venue import (
    FINAL_TRADES,
    TradeStatus,
    VenueFill,
    VenueOrder,
    VenueOrderStatus,
)
from polydesk.execution.actions import AskOrder
from polydesk.execution.pending import IN_HAND, Pending, State
from polydesk.execution.reports import (
    adopt,
    close_when_filled,
    on_venue_order,
    revive,
    take_as_arrived,
)

_SETTLEMENT = {
    TradeStatus.CONFIRMED: Settlement.CONFIRMED,
    TradeStatus.FAILED: Settlement.VOID,
}


def on_venue_fill(state: State, leg: VenueFill) -> None:
    """Take a leg of ours, from wherever it comes. It may repeat or be an old word."""
    pending = state.by_digest.get(leg.venue_order_id)
    if pending is None:
        if is_news(state, leg):
            _keep_stranger(state, leg)
        return
    if pending.phase in IN_HAND:
        state.note(pending, "the venue tells a fill of it before it was sent")
        return
    known = pending.fills.get(leg.trade_id)
    if known is not None:
        _next_word(state, pending, leg, known[1])
    elif pending.is_external:
        _first_word_of_external(state, pending, leg)
    else:
        _first_word(state, pending, leg)


def is_news(state: State, leg: VenueFill) -> bool:
    """Return whether a leg is of a fill that was not told yet."""
    pending = state.by_digest.get(leg.venue_order_id)
    if pending is None:
        return leg.ts_event >= state.opened_at and leg.ts_event > state.forgotten_until
    return leg.trade_id not in pending.fills


def _first_word_of_external(state: State, pending: Pending, leg: VenueFill) -> None:
    """Book a leg unless it is older than the account, whose opening balance holds it then."""
    if leg.ts_event >= state.opened_at:
        _first_word(state, pending, leg)
    else:
        pending.has_older_fills = True
        pending.fills[leg.trade_id] = (leg.size, TradeStatus.CONFIRMED)
        close_when_filled(state, pending)
    if pending.has_older_fills:
        _tell_count(state, pending, leg)


def _tell_count(state: State, pending: Pending, leg: VenueFill) -> None:
    """Tell how much of an order is matched: legs that are never booked use up its size too."""
    intent, key, now = pending.intent, pending.client_order_id, state.now
    order = replace(
        order_of_legs([leg]),
        price=intent.price,
        size=intent.size,
        matched=pending.filled,
        status=VenueOrderStatus.MATCHED if pending.is_filled else VenueOrderStatus.LIVE,
        status_text="counted by its fills",
    )
    state.reports.append(ev.ExternalOrderSeen(key, order, now, now))


def _first_word(state: State, pending: Pending, leg: VenueFill) -> None:
    pending.fills[leg.trade_id] = (leg.size, leg.status)
    if not pending.is_done:
        take_as_arrived(state, pending, resting=leg.liquidity is Liquidity.MAKER)
    elif pending.is_given_up:
        revive(state, pending)
        state.ask(pending)
    fill = _fill(state, pending, leg)
    state.reports.append(ev.OrderFilled(fill, leg.ts_event, state.now))
    if leg.status is TradeStatus.FAILED:
        _tell_settlement(state, pending, leg)
    elif leg.status not in FINAL_TRADES:
        state.unsettled[leg.trade_id, leg.venue_order_id] = leg.ts_event
    close_when_filled(state, pending)


def _next_word(state: State, pending: Pending, leg: VenueFill, last: TradeStatus) -> None:
    size = pending.fills[leg.trade_id][0]
    if last in FINAL_TRADES:
        is_new = leg.trade_id not in pending.doubted
        if leg.status in FINAL_TRADES and leg.status is not last and is_new:
            pending.doubted.add(leg.trade_id)
            words = f"trade {leg.trade_id} was {last} and is now said to be {leg.status}"
            state.reports.append(ev.MarketFrozen(leg.token_id, leg.ts_event, state.now, words))
        return
    pending.fills[leg.trade_id] = (size, leg.status)
    if leg.status in FINAL_TRADES:
        state.unsettled.pop((leg.trade_id, leg.venue_order_id), None)
        _tell_settlement(state, pending, leg)
    elif leg.status is TradeStatus.RETRYING and last is not TradeStatus.RETRYING:
        state.note(pending, f"settlement of trade {leg.trade_id} is being tried again")


def _tell_settlement(state: State, pending: Pending, leg: VenueFill) -> None:
    state.reports.append(
        ev.FillSettled(
            leg.trade_id,
            pending.client_order_id,
            _SETTLEMENT[leg.status],
            leg.ts_event,
            state.now,
            "the venue gave up settling it" if leg.status is TradeStatus.FAILED else "",
        )
    )


def _fill(state: State, pending: Pending, leg: VenueFill) -> Fill:
    is_final = leg.status is TradeStatus.CONFIRMED
    return Fill(
        trade_id=leg.trade_id,
        client_order_id=pending.client_order_id,
        token_id=leg.token_id,
        side=leg.side,
        price=leg.price,
        size=leg.size,
        value=_value(leg),
        fee=_fee(state, leg),
        liquidity=leg.liquidity,
        ts_event=leg.ts_event,
        leader=pending.intent.leader,
        settlement=Settlement.CONFIRMED if is_final else Settlement.PROVISIONAL,
    )


def _value(leg: VenueFill) -> UsdMicros:
    """Return the money of a match, rounded as the exchange moves it: down, on both sides.

    The contract derives what one side gets from what the other gives by a whole division, so a
    buyer pays exactly what the seller receives.
    """
    return UsdMicros(sum(notional_floor(price, size) for price, size in _parts(leg)))


def _parts(leg: VenueFill) -> tuple[tuple[PriceMicros, ShareMicros], ...]:
    return leg.parts or ((leg.price, leg.size),)


def _fee(state: State, leg: VenueFill) -> UsdMicros:
    """Return the fee by the market's schedule: trades on the wire do not carry the sum.

    Source: ``trading.md`` section 6, 2026-11.
    """
    market = state.market(leg.token_id)
    if market is None or (leg.liquidity is Liquidity.MAKER and market.fees.taker_only):
        return UsdMicros(0)
    return UsdMicros(sum(market.fees.taker(size, price) for price, size in _parts(leg)))


def _keep_stranger(state: State, leg: VenueFill) -> None:
    """Keep a fill of an order nobody here made until the order itself was read."""
    legs = state.strangers.setdefault(leg.venue_order_id, [])
    same = [at for at, other in enumerate(legs) if other.trade_id == leg.trade_id]
    if not same:
        legs.append(leg)
    elif legs[same[0]].status not in FINAL_TRADES:
        legs[same[0]] = leg
    if len(legs) == 1 and not same:
        state.plan_look()
        state.actions.append(AskOrder(leg.venue_order_id))


def take_order(state: State, order: VenueOrder, read_at: int = 0) -> None:
    """Take the venue's word about one order, and book the fills that came before it.

    Args:
        state: The executor's.
        order: The venue's word.
        read_at: When the reading was begun that brought it; 0 for the user stream.
    """
    on_venue_order(state, order, read_at)
    settle_stranger(state, order)


def settle_stranger(state: State, order: VenueOrder) -> None:
    """Book the fills that waited for this order to be read."""
    legs = state.strangers.get(order.venue_order_id)
    if legs is None:
        return
    if order.venue_order_id not in state.by_digest:
        adopt(state, order)
    del state.strangers[order.venue_order_id]
    for leg in legs:
        on_venue_fill(state, leg)


def order_of_legs(legs: list[VenueFill]) -> VenueOrder:
    """Return what the fills alone tell about an order the venue no longer shows."""
    first = legs[0]
    size = sum(leg.size for leg in legs)
    order = VenueOrder(
        venue_order_id=first.venue_order_id,
        token_id=first.token_id,
        condition_id=first.condition_id,
        side=first.side,
        price=first.price,
        size=type(first.size)(size),
        matched=type(first.size)(size),
        status=VenueOrderStatus.MATCHED,
        status_text="known by its fills only",
        created_ns=first.ts_event,
    )
    return replace(order, trade_ids=tuple(leg.trade_id for leg in legs))
