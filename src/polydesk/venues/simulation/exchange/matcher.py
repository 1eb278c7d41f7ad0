"""What happens to an arriving order: refused, matched, held, or left to rest.

Source: ``trading.md`` sections 4.3 (match price), 5.1 (order types), 5.3 (answers), 5.7
(funds) and 5.11 (taker delay).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from polydesk.domain.ids import TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import RESTING
from polydesk.domain.units import ShareMicros, notional_ceil
from polydesk.venues.simulation.exchange import settlement
from polydesk.venues.simulation.exchange.accounts import EXTERNAL
from polydesk.venues.simulation.exchange.book import MarketBook, Take
from polydesk.venues.simulation.exchange.closing import TIMED_OUT, UNFUNDED, close
from polydesk.venues.simulation.exchange.events import OrderChange
from polydesk.venues.simulation.exchange.filling import (
    fill,
    fill_maker,
    leg_of,
    next_trade_id,
)
from polydesk.venues.simulation.exchange.orders import NewOrder, Order, OrderState
from polydesk.venues.simulation.exchange.refusals import (
    BAD_PAYLOAD,
    NO_FUNDS,
    Refusal,
    account_refusal,
    expiration_refusal,
    form_refusal,
    kill_reason,
    market_refusal,
)
from polydesk.venues.simulation.exchange.state import State, TimerKind
from polydesk.venues.simulation.exchange.trades import (
    Leg,
    Match,
    Trade,
    build_trade,
    taker_cost,
)
from polydesk.venues.simulation.order_rules import marketable_refusal


@dataclass(frozen=True, slots=True)
class Placement:
    """The answer to a placement."""

    order_id: str = ""
    status: str = ""
    """``live``, ``matched`` or ``delayed``; empty when refused."""
    refusal: Refusal | None = None
    making_amount: int = 0
    """What the order gave in the immediate match, before fees, micros."""
    taking_amount: int = 0
    """What it got in it, micros."""
    trade_ids: tuple[TradeId, ...] = ()

    @property
    def success(self) -> bool:
        """Whether the order was taken."""
        return self.refusal is None


def place(state: State, account: str, request: NewOrder) -> Placement:
    """Take an order or refuse it.

    Args:
        state: The exchange; its time is the time of arrival.
        account: Whose order it is.
        request: The order.
    """
    refusal = state.modes.refuses_order(state.now, post_only=request.post_only)
    if refusal is not None:
        return Placement(refusal=refusal)
    condition_id = state.condition_of.get(request.token_id)
    if condition_id is None:
        return Placement(refusal=Refusal(BAD_PAYLOAD))
    book = state.markets[condition_id]
    text = (
        account_refusal(request, account, state.accounts)
        or market_refusal(book.market)
        or form_refusal(request, book.market, known=request.order_id in state.orders)
    )
    if text:
        return Placement(refusal=Refusal(text))
    return _place_in(state, book, account, request)


def _place_in(state: State, book: MarketBook, account: str, request: NewOrder) -> Placement:
    is_bid, level = book.place_of(request)
    takes = book.takes(is_bid, level, request.size)
    order = Order(
        request,
        account,
        book.market.condition_id,
        len(state.orders) + 1,
        is_bid,
        level,
        state.now,
    )
    delay = state.settings.taker_delay(book.market) if takes else 0
    if delay:
        order.state, order.status = OrderState.DELAYED, OrderState.DELAYED.value
    text = (
        (
            marketable_refusal(
                request.side, request.price, request.size, post_only=request.post_only
            )
            if takes
            else ""
        )
        or _funds_refusal(state, order, takes)
        or expiration_refusal(request, state.now)
    )
    if text:
        return Placement(refusal=Refusal(text))
    _register(state, order)
    if delay:
        state.timers.set(state.now + delay, TimerKind.RELEASE, order.order_id)
        state.report(OrderChange.PLACEMENT, order)
        return Placement(order.order_id, "delayed")
    return _arrive(state, order, takes, OrderChange.PLACEMENT)


def _register(state: State, order: Order) -> None:
    state.orders[order.order_id] = order
    state.track(order)
    if order.request.expiration:
        state.timers.set(order.request.drop_at, TimerKind.EXPIRE, order.order_id)


def _funds_refusal(state: State, order: Order, takes: Sequence[Take]) -> str:
    """Return a text unless the account can pay the order at its limit and as it would match."""
    if order.account in state.accounts.not_allowed:
        return NO_FUNDS
    room = state.accounts.free(order.account, order.gives) + order.reserved
    return NO_FUNDS if room < _needed(state, order, takes) else ""


def _needed(state: State, order: Order, takes: Sequence[Take]) -> int:
    book = state.book_of(order)
    now = taker_cost(order.request.side, _matches(state, order, takes), book.market.fees)
    left = ShareMicros(order.remaining - sum(take.size for take in takes))
    buys = order.request.side is Side.BUY
    later: int = notional_ceil(order.request.price, left) if buys else left
    return max(now + later, order.worst_case(book.market.fees))


def release(state: State, order_id: str) -> None:
    """Match an order whose taker delay is over."""
    order = state.orders[order_id]
    if order.state is not OrderState.DELAYED:
        return
    if not state.modes.matches(state.now):
        close(state, order, TIMED_OUT)
        return
    takes = state.book_of(order).takes(order.is_bid, order.level, order.remaining)
    if _funds_refusal(state, order, takes):
        close(state, order, UNFUNDED)
        return
    order.move_to(OrderState.LIVE, OrderState.LIVE.value)
    state.track(order)
    _arrive(state, order, takes, OrderChange.UPDATE)


def _arrive(state: State, order: Order, takes: Sequence[Take], change: OrderChange) -> Placement:
    """Match an order that was taken, and leave the rest in the book or cancel it.

    Args:
        state: The exchange.
        order: The order.
        takes: What it can have now.
        change: How its arrival is reported; a killed order is reported as canceled only.
    """
    killed = kill_reason(order.request, sum(take.size for take in takes))
    if killed:
        close(state, order, f"CANCELED_{killed}")
        return Placement(order.order_id, refusal=Refusal(killed))
    state.report(change, order)
    trade = _match_taker(state, order, takes) if takes else None
    if order.open and order.request.order_type not in RESTING:
        close(state, order)
    elif order.open:
        state.book_of(order).add(order)
    return _answer(order, trade)


def _answer(order: Order, trade: Trade | None) -> Placement:
    if trade is None:
        return Placement(order.order_id, "live")
    value, size = trade.value, trade.taker.size
    amounts = (value, size) if order.request.side is Side.BUY else (size, value)
    return Placement(
        order.order_id,
        "matched",
        making_amount=amounts[0],
        taking_amount=amounts[1],
        trade_ids=(trade.trade_id,),
    )


def _match_taker(state: State, order: Order, takes: Sequence[Take]) -> Trade:
    trade = _trade_of(state, order, takes)
    book = state.book_of(order)
    for take in takes:
        if take.maker is None:
            book.consume(not order.is_bid, take.level, take.size)
        else:
            fill_maker(state, take.maker, take.size, trade.trade_id)
    fill(state, order, trade.taker.size, trade.trade_id)
    settlement.begin(state, trade)
    return trade


def _trade_of(state: State, order: Order, takes: Sequence[Take]) -> Trade:
    market = state.book_of(order).market
    taker = leg_of(order, order.remaining)
    matches = _matches(state, order, takes)
    return build_trade(
        next_trade_id(state), market.condition_id, taker, matches, market.fees, state.now
    )


def _matches(state: State, order: Order, takes: Sequence[Take]) -> list[Match]:
    """Return the makers a taker meets; anonymous ones hold the taker's own token."""
    book, token_id = state.book_of(order), order.request.token_id
    found: list[Match] = []
    for number, take in enumerate(takes):
        price = book.price_in(token_id, take.level)
        if take.maker is None:
            name = f"0x{state.name('anonymous', f'{order.order_id}:{number}', 32)}"
            side = order.request.side.opposite
            maker = Leg(name, EXTERNAL, token_id, side, price, take.size)
        else:
            maker = leg_of(take.maker, take.size)
        found.append(Match(maker, price))
    return found
