"""The exchange of the simulation: the real core, its word about orders and trades, its line."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from polydesk.campaigns.simulation.schedule import MS, SECOND, Schedule
from polydesk.campaigns.simulation.weather import CALM, Weather
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import TradeId, VenueOrderId
from polydesk.domain.units import MICROS, PriceMicros
from polydesk.domain.venue import TradeStatus, VenueFill, VenueOrder, VenueOrderStatus
from polydesk.execution.inputs import Input, UserFillSeen, UserLineChanged, UserOrderSeen
from polydesk.venues.simulation.exchange import ExchangeCore, Settings
from polydesk.venues.simulation.exchange.closing import EXPIRED
from polydesk.venues.simulation.exchange.events import OrderReported, TradeReported
from polydesk.venues.simulation.exchange.orders import Order
from polydesk.venues.simulation.exchange.trades import Leg, Trade
from polydesk.venues.simulation.exchange.trades import TradeStatus as Step
from polydesk.venues.simulation.latency import LatencyModel

ME, RIVAL = "me", "rival"
SETTLED: Final = (Step.MINED, Step.CONFIRMED)
RETRIED: Final = (Step.RETRYING, *SETTLED)
FAILED: Final = (Step.RETRYING, Step.FAILED)
REVERTED: Final = (Step.MINED, *FAILED)
STALLED: Final = (*((Step.RETRYING,) * 40), *SETTLED)


class UserLine:
    """The user stream: it delays, repeats, reorders and loses, and never tells a thing again."""

    def __init__(self, schedule: Schedule, chance: Random, tell: Callable[[Input], None]) -> None:
        self.weather = CALM
        self.is_up = True
        self._schedule = schedule
        self._chance = chance
        self._tell = tell
        self._connection = 0

    def carry(self, told: Input) -> None:
        """Bring a message to the desk, perhaps."""
        chance, weather = self._chance, self.weather
        if not self.is_up or chance.random() < weather.dropped:
            return
        slow = chance.random() < weather.delayed
        delay = chance.randrange(500, 30_000) if slow else chance.randrange(5, 150)
        self._schedule.after(delay * MS, self._deliver, told, self._connection)
        if chance.random() < weather.repeated:
            again = chance.randrange(5, 5_000)
            self._schedule.after((delay + again) * MS, self._deliver, told, self._connection)

    def _deliver(self, told: Input, connection: int) -> None:
        if connection == self._connection:
            self._tell(told)

    def drop(self, seconds: float, noticed_after: float) -> None:
        """Lose the connection; the desk learns it later, what was on its way is gone."""
        if not self.is_up:
            return
        self.is_up = False
        self._connection += 1
        self._schedule.after(int(noticed_after * SECOND), self._notice)
        self._schedule.after(int(seconds * SECOND), self.connect)

    def _notice(self) -> None:
        if not self.is_up:
            self._tell(UserLineChanged(False, "lost"))

    def connect(self) -> None:
        """Open the line again."""
        if not self.is_up:
            self._connection += 1
        self.is_up = True
        self._tell(UserLineChanged(True))


class Venue:
    """The core with its clock, and what it tells the account ``me``."""

    def __init__(self, schedule: Schedule, chance: Random, seed: int, line: UserLine) -> None:
        self.weather: Weather = CALM
        self.core = ExchangeCore(Settings(seed=seed, step=LatencyModel(400 * MS, 2_600 * MS)))
        self.my_trades: dict[TradeId, None] = {}
        """Trades with a leg of ours, oldest first."""
        self.on_order: Callable[[OrderReported], None] = lambda _: None
        self.on_trade: Callable[[Trade], None] = lambda _: None
        self._schedule = schedule
        self._chance = chance
        self._line = line
        for account in (ME, RIVAL):
            self.core.open_account(account)

    def pump(self) -> None:
        """Let happen what is due and tell it."""
        core = self.core
        if not core.state.scripts:
            core.script_settlements(self._script())
        for event in core.advance(self._schedule.now):
            if isinstance(event, OrderReported):
                if event.account == ME:
                    self.on_order(event)
                    self._line.carry(UserOrderSeen(word_of(event)))
            else:
                self._report(event)

    def _report(self, event: TradeReported) -> None:
        trade = event.trade
        legs = legs_of(trade)
        if not legs:
            return
        self.my_trades[trade.trade_id] = None
        self.on_trade(trade)
        for leg in legs:
            self._line.carry(UserFillSeen(leg))

    def _script(self) -> tuple[Step, ...]:
        """Return how the next trade settles."""
        roll, weather = self._chance.random(), self.weather
        for odds, steps in (
            (weather.retried, RETRIED),
            (weather.fails, FAILED),
            (weather.reverts, REVERTED),
            (weather.stalls, STALLED),
        ):
            if roll < odds:
                return steps
            roll -= odds
        return SETTLED

    def order(self, digest: VenueOrderId) -> Order | None:
        """Return one of our orders."""
        order = self.core.state.orders.get(digest)
        return order if order is not None and order.account == ME else None

    def open_orders(self) -> list[Order]:
        """Return our orders that may still be matched."""
        return [order for order in self.core.state.live.values() if order.account == ME]

    def trades_since(self, after_ns: int, until: int) -> list[VenueFill]:
        """Return our legs of trades matched in a time, newest first."""
        found: list[VenueFill] = []
        for trade_id in reversed(self.my_trades):
            trade = self.core.state.trades[trade_id]
            if trade.matched_at < after_ns:
                break
            if trade.matched_at <= until:
                found += legs_of(trade)
        return found


def word_of(order: Order | OrderReported) -> VenueOrder:
    """Return the venue's word about an order."""
    request = order.request
    return VenueOrder(
        venue_order_id=VenueOrderId(request.order_id),
        token_id=request.token_id,
        condition_id=order.condition_id,
        side=request.side,
        price=request.price,
        size=request.size,
        matched=type(request.size)(order.filled),
        status=_status(order.status),
        status_text=order.status,
        time_in_force=request.order_type.value,
        created_ns=order.placed_at,
        trade_ids=tuple(order.trade_ids),
    )


def _status(word: str) -> VenueOrderStatus:
    if word == EXPIRED:
        return VenueOrderStatus.EXPIRED
    return VenueOrderStatus.CANCELED if word.startswith("CANCELED") else VenueOrderStatus(word)


def legs_of(trade: Trade) -> list[VenueFill]:
    """Return our legs of a trade, as the wire's reader makes them."""
    legs = [_leg(trade, leg, Liquidity.MAKER) for leg in trade.makers if leg.account == ME]
    if trade.taker.account == ME:
        legs.insert(0, _leg(trade, trade.taker, Liquidity.TAKER))
    return legs


def _leg(trade: Trade, leg: Leg, liquidity: Liquidity) -> VenueFill:
    is_taker = liquidity is Liquidity.TAKER
    return VenueFill(
        trade_id=trade.trade_id,
        venue_order_id=VenueOrderId(leg.order_id),
        token_id=leg.token_id,
        condition_id=trade.condition_id,
        side=leg.side,
        price=leg.price,
        size=leg.size,
        liquidity=liquidity,
        status=TradeStatus(trade.status.value),
        ts_event=trade.matched_at,
        transaction_hash=trade.transaction_hash,
        parts=tuple((_in_token(maker, leg), maker.size) for maker in trade.makers)
        if is_taker
        else (),
    )


def _in_token(maker: Leg, taker: Leg) -> PriceMicros:
    is_same = maker.token_id == taker.token_id
    return maker.price if is_same else PriceMicros(MICROS - maker.price)
