"""What must hold when nothing goes wrong any more and everything had its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polydesk.campaigns.simulation.venue import ME, Venue
from polydesk.campaigns.simulation.violation import demand
from polydesk.campaigns.simulation.wire import WEB, WireCheck
from polydesk.domain.fills import Settlement
from polydesk.domain.ids import TradeId, VenueOrderId
from polydesk.domain.orders import DUST, Order, OrderState
from polydesk.domain.units import MICROS
from polydesk.venues.simulation.exchange.accounts import CASH, CLEARING
from polydesk.venues.simulation.exchange.trades import Trade
from polydesk.venues.simulation.exchange.trades import TradeStatus as Step

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine

Leg = tuple[TradeId, str]
"""(trade, order at the venue)."""


def check(engine: Engine, venue: Venue, wire: WireCheck, *, moved: int, is_alone: bool) -> None:
    """Compare the desk with the exchange's truth.

    Args:
        engine: The desk's.
        venue: The exchange.
        wire: What was sent.
        moved: Cash that came to the account from outside less what left, micro-dollars.
        is_alone: Whether nobody but the desk used the account.
    """
    demand(engine.venue.ready, "I-21", "not ready:", engine.venue.ready_reason)
    if is_alone:
        demand(not engine.venue.frozen, "I-20", "frozen:", engine.venue.frozen)
    by_digest = {o.venue_order_id: o for o in engine.account.orders.values() if o.venue_order_id}
    _check_orders(engine, venue, wire, by_digest)
    _check_fills(engine, venue)
    _check_balances(engine, venue, moved)


def _check_orders(
    engine: Engine, venue: Venue, wire: WireCheck, by_digest: dict[VenueOrderId, Order]
) -> None:
    for key, order in engine.account.orders.items():
        demand(order.state is not OrderState.UNKNOWN, "I-21", key, "is still unknown")
    for digest in wire.taken:
        demand(VenueOrderId(digest) in by_digest, "I-19", "lost:", digest)
    # What a match leaves of an order below a hundredth of a share counts as nothing.
    there = {o.order_id: o.remaining for o in venue.open_orders() if o.remaining >= DUST}
    here = {order.venue_order_id: order.remaining for order in engine.account.open_orders.values()}
    demand(there == here, "I-10", "open there", there, "open here", here)
    if engine.killed:
        own = [digest for digest in there if not digest.startswith(WEB)]
        demand(not own, "I-26", "live while killed:", own)


def _check_fills(engine: Engine, venue: Venue) -> None:
    """Compare every fill to the micro-share and micro-dollar."""
    truth = _true_legs(venue)
    ledger = engine.account.ledger
    here = {
        (fill.trade_id, str(engine.account.orders[fill.client_order_id].venue_order_id)): fill
        for fill in engine.account.fills
        if fill.identity not in ledger.void
    }
    demand(here.keys() <= truth.keys(), "I-20", "ghost fills:", here.keys() - truth.keys())
    demand(truth.keys() <= here.keys(), "I-20", "lost fills:", truth.keys() - here.keys())
    for leg, (trade, size, value, fee) in truth.items():
        fill = here[leg]
        demand(fill.size == size, "I-20", leg, fill.size, "and in truth", size)
        demand(fill.value == value, "I-07", leg, fill.value, "and in truth", value)
        demand(fill.fee == fee, "I-11", leg, fill.fee, "and in truth", fee)
        settled = ledger.settlement_of(fill.identity)
        is_final = trade.status is not Step.CONFIRMED or settled is Settlement.CONFIRMED
        demand(is_final, "I-20", leg, "is confirmed there and here", settled)


def _true_legs(venue: Venue) -> dict[Leg, tuple[Trade, int, int, int]]:
    """Return (trade, size, value, fee) of our legs that did not fail, from the exchange's books."""
    found: dict[Leg, tuple[Trade, int, int, int]] = {}
    for trade_id in venue.my_trades:
        trade = venue.core.state.trades[trade_id]
        if trade.status is Step.FAILED:
            continue
        if trade.taker.account == ME:
            taker = trade.taker
            leg = (trade, int(taker.size), int(trade.value), int(trade.fee))
            found[trade_id, taker.order_id] = leg
        for maker in trade.makers:
            if maker.account == ME:
                found[trade_id, maker.order_id] = (trade, maker.size, maker.value, 0)
    return found


def _check_balances(engine: Engine, venue: Venue, moved: int) -> None:
    """Compare shares of every token, and cash, exactly."""
    state, ledger = venue.core.state, engine.account.ledger
    for asset in [CASH, *state.condition_of]:
        total = sum(n for (_, name), n in state.accounts.balances.items() if name == asset)
        demand(total == 0, "I-09", asset, "adds up to", total)
    is_settled = not any(
        n for (account, _), n in state.accounts.balances.items() if account == CLEARING
    )
    if not is_settled:
        return
    for token in state.condition_of:
        here, there = ledger.position(token).size, state.accounts.balance(ME, token)
        demand(here == there, "I-10", token, "here", here, "there", there)
    drift = state.accounts.balance(ME, CASH) - ledger.cash - moved
    demand(drift == 0, "I-10", "cash differs by", drift)
    claim = sum(
        ledger.position(token).size * payout // MICROS
        for token, payout in engine.account.payouts.items()
    )
    demand(claim == engine.account.redeemable, "I-09", claim, engine.account.redeemable)
