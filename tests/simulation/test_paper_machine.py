"""Random markets and orders against the paper venue: what must hold after every step."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from polydesk.domain.approval import Approved
from polydesk.domain.book import L2Book
from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    MarketResolved,
    OrderAccepted,
    OrderClosed,
    OrderFilled,
    OrderRejected,
    QueueMoved,
    TradePrinted,
)
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId
from polydesk.domain.instruments import FeeSchedule, Market, Outcome, Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, UsdMicros, notional_ceil
from polydesk.venues.paper import PaperVenue

YES, NO = TokenId("1"), TokenId("2")
CONDITION = ConditionId("0xc")
SECOND = 1_000_000_000
MARKET = Market(
    CONDITION, "q", "q", (Outcome(YES, "Y", 0), Outcome(NO, "N", 1)), fees=FeeSchedule(50_000)
)
TOKENS = st.sampled_from([YES, NO])
PRICES = st.integers(44, 56).map(lambda cents: cents * 10_000)
SIZES = st.integers(1, 12_000).map(lambda lots: lots * 10_000)
SIDES = st.sampled_from(list(Side))


class PaperMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.now = 1_000 * SECOND
        self.books = {token: L2Book(token) for token in (YES, NO)}
        self.market = MARKET
        self.venues = [
            PaperVenue(book=self.books.get, market=lambda token: self.market, seed=5)
            for _ in range(2)
        ]
        self.orders: dict[str, Order] = {}
        self.shown: dict[tuple[bool, int], int] = defaultdict(int)
        """All size that was ever added to a level of the YES book."""
        self.totals: dict[tuple[bool, int], int] = defaultdict(int)
        self.eaten: dict[tuple[bool, int], int] = defaultdict(int)
        self.printed = 0
        self.maker_filled = 0
        self.trade_ids: set[str] = set()

    # --- the market ---------------------------------------------------------------------

    def _level(self, is_bid: bool, price: int, size: int) -> None:
        level = (is_bid, price)
        self.shown[level] += max(0, size - self.totals[level])
        self.totals[level] = size

    def _tell(self, event) -> list:
        return self._both(lambda venue: venue.on_event(event, self.now))

    def _both(self, act) -> list:
        first, second = (act(venue) for venue in self.venues)
        assert first == second
        assert self.venues[0].digest() == self.venues[1].digest()
        self._apply(first)
        return first

    @initialize(size=SIZES)
    def open_market(self, size):
        self.snapshot([(470_000, size)], [(530_000, size)])

    @rule(
        bids=st.lists(st.tuples(st.integers(44, 49).map(lambda c: c * 10_000), SIZES), max_size=3),
        asks=st.lists(st.tuples(st.integers(51, 56).map(lambda c: c * 10_000), SIZES), max_size=3),
    )
    def snapshot(self, bids, asks):
        self.now += SECOND // 50
        sides = {True: dict(bids), False: dict(asks)}
        for is_bid, price in set(self.totals) | {(b, p) for b in sides for p in sides[b]}:
            self._level(is_bid, price, sides[is_bid].get(price, 0))
        mirrored = {not b: {MICROS - p: s for p, s in side.items()} for b, side in sides.items()}
        for token, both in ((YES, sides), (NO, mirrored)):
            new = (list(both[True].items()), list(both[False].items()))
            self.books[token].apply_snapshot(*new, self.now, self.now)
            self._tell(BookSnapshotReceived(token, CONDITION, self.now, self.now, *new))

    @rule(is_bid=st.booleans(), price=PRICES, size=st.one_of(st.just(0), SIZES))
    def change(self, is_bid, price, size):
        book = self.books[YES]
        if size and (price >= book.best_ask if is_bid else price <= book.best_bid):
            return
        self.now += SECOND // 50
        rows = [(YES, is_bid, price), (NO, not is_bid, MICROS - price)]
        for token, side, at in rows:
            self.books[token].apply_change(side, at, size, self.now, self.now)
        self._level(is_bid, price, size)
        changes = [(*row, size, None, None, "") for row in rows]
        self._tell(BookChanged(CONDITION, self.now, self.now, changes))

    @rule(token=TOKENS, side=SIDES, price=PRICES, size=SIZES)
    def trade(self, token, side, price, size):
        self.now += SECOND // 50
        before = self.maker_filled
        self.printed += size
        event = TradePrinted(token, CONDITION, self.now, self.now, price, size, side)
        self._tell(event)
        assert self.maker_filled - before <= size

    @rule(seconds=st.integers(0, 90))
    def time_passes(self, seconds):
        self.now += seconds * SECOND
        due = self.venues[0].next_due()
        reports = self._both(lambda venue: venue.run_due(self.now))
        assert due is not None or not reports
        times = [report.ts_init for report in reports]
        assert times == sorted(times)
        assert all(time <= self.now for time in times)

    @precondition(lambda self: self.market.payouts is None)
    @rule(sure=st.integers(0, 15))
    def resolve(self, sure):
        if sure:
            return
        payouts = (PriceMicros(MICROS), PriceMicros(0))
        self.market = Market(CONDITION, "q", "q", MARKET.outcomes, payouts=payouts)
        event = MarketResolved(CONDITION, self.now, self.now, ((YES, MICROS), (NO, 0)))
        self._tell(event)
        assert self.venues[0].bracket() == ()

    # --- our orders ---------------------------------------------------------------------

    @rule(
        token=TOKENS,
        side=SIDES,
        price=PRICES,
        size=st.integers(400, 9_000).map(lambda lots: lots * 10_000),
        tif=st.sampled_from(list(TimeInForce)),
        post_only=st.booleans(),
    )
    def submit(self, token, side, price, size, tif, post_only):
        intent = OrderIntent(
            ClientOrderId(f"o{len(self.orders)}"),
            token,
            side,
            price,
            ShareMicros(size),
            tif,
            Origin.MANUAL,
            self.now,
            expires_at=self.now + 200 * SECOND if tif is TimeInForce.GTD else None,
            post_only=post_only,
        )
        order = Order(intent)
        order.move_to(OrderState.SENT, self.now)
        self.orders[intent.client_order_id] = order
        for venue in self.venues:
            venue.submit(Approved(intent, UsdMicros(0), None), self.now)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data):
        name = data.draw(st.sampled_from(sorted(self.orders)))
        for venue in self.venues:
            venue.cancel(ClientOrderId(name), self.now)

    # --- what the engine would do with the reports -----------------------------------------

    def _apply(self, reports) -> None:
        for report in reports:
            match report:
                case OrderFilled():
                    self._fill(report.fill)
                case OrderAccepted(client_order_id=name, resting=resting):
                    assert self.orders[name].state is OrderState.SENT
                    self.orders[name].move_to(OrderState.LIVE, self.now)
                    assert (report.queue_ahead is not None) is resting
                case OrderRejected(client_order_id=name):
                    assert report.reason
                    self.orders[name].move_to(OrderState.REJECTED, self.now)
                case OrderClosed(client_order_id=name, expired=expired):
                    state = OrderState.EXPIRED if expired else OrderState.CANCELED
                    self.orders[name].move_to(state, self.now)
                case QueueMoved(client_order_id=name):
                    assert self.orders[name].open
                    assert self.orders[name].queue_ahead != report.queue_ahead
                    self.orders[name].queue_ahead = report.queue_ahead

    def _fill(self, fill) -> None:
        assert fill.trade_id not in self.trade_ids
        self.trade_ids.add(fill.trade_id)
        order = self.orders[fill.client_order_id]
        intent = order.intent
        assert 0 < fill.size <= order.remaining
        order.filled = ShareMicros(order.filled + fill.size)
        order.move_to(OrderState.PARTIAL if order.remaining else OrderState.MATCHED, self.now)
        better = intent.price - fill.price
        assert better >= 0 if intent.side is Side.BUY else better <= 0
        assert abs(fill.value - notional_ceil(fill.price, fill.size)) <= 1
        if fill.liquidity is Liquidity.MAKER:
            assert fill.fee == 0
            assert fill.price == intent.price
            self.maker_filled += fill.size
            return
        is_bid = intent.side is Side.SELL
        level = (is_bid, fill.price) if fill.token_id == YES else (not is_bid, MICROS - fill.price)
        self.eaten[level] += fill.size
        assert fill.size <= self.totals[level]

    # --- invariants -------------------------------------------------------------------------

    @invariant()
    def displayed_size_is_eaten_at_most_once(self):
        for level, size in self.eaten.items():
            assert size <= self.shown[level]

    @invariant()
    def makers_get_at_most_what_was_printed(self):
        assert self.maker_filled <= self.printed

    @invariant()
    def estimates_keep_their_order(self):
        for row in self.venues[0].bracket():
            order = self.orders[row.client_order_id]
            assert row.pessimistic <= row.expected <= row.optimistic <= order.intent.size
            assert row.pessimistic == order.filled

    @invariant()
    def the_venue_and_the_reports_agree_on_what_is_open(self):
        venue = {order.client_order_id: order.remaining for order in self.venues[0].open_orders()}
        ours = {name: order.remaining for name, order in self.orders.items() if order.open}
        assert venue == ours

    @invariant()
    def immediate_orders_never_rest(self):
        resting = [o.client_order_id for o in self.venues[0].open_orders() if o.resting]
        kinds = {self.orders[name].intent.time_in_force for name in resting}
        assert kinds <= {TimeInForce.GTC, TimeInForce.GTD}


TestPaperMachine = PaperMachine.TestCase
TestPaperMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
