"""Trades of the recording as anonymous takers that reach our resting orders.

Source: ``websockets.md`` section 3 (one print per settlement transaction).
"""

from __future__ import annotations

from collections.abc import Sequence

from polydesk.domain.events import TradePrinted
from polydesk.domain.units import ShareMicros
from polydesk.venues.simulation.exchange import settlement
from polydesk.venues.simulation.exchange.accounts import EXTERNAL
from polydesk.venues.simulation.exchange.book import MarketBook
from polydesk.venues.simulation.exchange.filling import fill, leg_of, next_trade_id
from polydesk.venues.simulation.exchange.orders import Order
from polydesk.venues.simulation.exchange.state import State
from polydesk.venues.simulation.exchange.trades import Leg, Match, Trade, build_trade


def on_print(state: State, book: MarketBook, event: TradePrinted) -> None:
    """Let a trade of the recording fill resting orders, never more than its size."""
    if book.displayed.is_repeat(event) or not state.modes.matches(state.now):
        return
    reached = _reached(book, event, state.now)
    if not reached:
        return
    trade = _print_trade(state, book, event, reached)
    for order, size in reached:
        fill(state, order, size, trade.trade_id)
    settlement.begin(state, trade)


def _reached(book: MarketBook, event: TradePrinted, now: int) -> list[tuple[Order, ShareMicros]]:
    """Move the queues by a print and return whom it fills.

    An order that is not filled to the end keeps everybody behind it from being filled.
    """
    is_bid, level = book.displayed.hit_by(event)
    found: list[tuple[Order, ShareMicros]] = []
    left, blocked = int(event.size), False
    for order in book.resting(is_bid):
        beyond = order.level < level if is_bid else order.level > level
        queue = order.queue
        if beyond or queue is None or event.ts_event <= order.seen_ts:
            continue
        volume = min(left, queue.ahead) if blocked else left
        size = queue.on_trade(event.size, volume, now, through=order.level != level)
        blocked = blocked or size < order.remaining
        if size:
            left -= size
            found.append((order, size))
    return found


def _print_trade(
    state: State,
    book: MarketBook,
    event: TradePrinted,
    reached: Sequence[tuple[Order, ShareMicros]],
) -> Trade:
    name = f"0x{state.name('print', len(state.trades), 32)}"
    taker = Leg(name, EXTERNAL, event.token_id, event.side, event.price, event.size)
    matches = [
        Match(leg_of(order, size), book.price_in(event.token_id, order.level))
        for order, size in reached
    ]
    market = book.market
    return build_trade(
        next_trade_id(state), market.condition_id, taker, matches, market.fees, state.now
    )
