"""Random traders, faults and a recording against the exchange: what holds after every step."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.simulation.exchange.venue import CONDITION, MARKET, NO, SECOND, START, YES

from polydesk.domain.events import BookSnapshotReceived, TradePrinted
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, notional_ceil
from polydesk.venues.simulation.exchange import ExchangeCore, NewOrder, Settings
from polydesk.venues.simulation.exchange.accounts import CASH, HOUSE, ROUNDING, TREASURY
from polydesk.venues.simulation.exchange.events import TradeReported
from polydesk.venues.simulation.exchange.orders import RANK, OrderState
from polydesk.venues.simulation.exchange.settlement import FAILED, NORMAL, RETRIED, REVERTED
from polydesk.venues.simulation.exchange.trades import TradeStatus

ACCOUNTS = ["ann", "bob", "cid"]
PEOPLE = st.sampled_from(ACCOUNTS)
TOKENS = st.sampled_from([YES, NO])
SIDES = st.sampled_from(list(Side))
PRICES = st.integers(46, 54).map(lambda cents: cents * 10_000) | st.integers(4_600, 5_400).map(
    lambda ticks: ticks * 100
)
LOTS = st.integers(500, 6_000).map(lambda lots: lots * 10_000)
FUNDS = {CASH: 60 * MICROS, YES: 50 * MICROS, NO: 20 * MICROS}
BOOK_SIDE = st.dictionaries(st.integers(0, 4), LOTS, max_size=3)
GTC, FAK, FOK, GTD = TimeInForce.GTC, TimeInForce.FAK, TimeInForce.FOK, TimeInForce.GTD
KINDS = st.sampled_from([GTC, GTC, GTC, GTC, FAK, FOK, GTD])
RARELY = st.sampled_from([False, False, False, True])
ORDERS = st.tuples(PEOPLE, TOKENS, SIDES, PRICES, LOTS, st.integers(0, 9_999), KINDS, RARELY)
LISTED = replace(MARKET, tick=PriceMicros(100), fees=FeeSchedule(70_000))


def fresh(delay: int) -> ExchangeCore:
    core = ExchangeCore(Settings(seed=7, taker_delay=lambda market: delay))
    core.list_market(LISTED)
    for account in ACCOUNTS:
        core.open_account(account)
        for asset, amount in FUNDS.items():
            core.deposit(account, asset, amount, START)
    return core


class ExchangeMachine(RuleBasedStateMachine):
    @initialize(delay=st.sampled_from([0, 0, 3 * SECOND]))
    def begin(self, delay):
        self.delay = delay
        self.cores = [fresh(delay), fresh(delay)]
        self.core = self.cores[0]
        self.state = self.core.state
        self.now = START
        self.outside = defaultdict(int)
        for account in ACCOUNTS:
            for asset, amount in FUNDS.items():
                self.outside[account, asset] = amount
        self.ids = []
        self.ranks = {}
        self.steps = {}
        self.redeemed = False

    def both(self, call):
        """Do the same on both exchanges and demand the same answer."""
        before = self.resting()
        first, second = (call(core) for core in self.cores)
        assert first == second
        self.check_priority(before)
        return first

    def resting(self):
        book = self.state.markets[CONDITION]
        return {
            is_bid: [(order, order.filled) for order in book.resting(is_bid)]
            for is_bid in (True, False)
        }

    def check_priority(self, before):
        """Whoever was filled, nobody with a better claim was passed over."""
        for is_bid, rows in before.items():
            rows = [row for row in rows if row[0].state is not OrderState.CANCELED]
            for order, filled in rows:
                if order.filled > filled:
                    for other, _ in rows:
                        if self.goes_first(other, order, is_bid):
                            assert other.remaining == 0

    def goes_first(self, one, other, is_bid):
        if one.level != other.level:
            return (one.level > other.level) is is_bid
        return not self.delay and one.sequence < other.sequence

    @rule(orders=st.lists(ORDERS, min_size=2, max_size=5))
    def place(self, orders):
        for account, token, side, price, size, odd, kind, post_only in orders:
            self.ids.append(f"0x{len(self.ids):x}")
            market_buy = side is Side.BUY and kind in {TimeInForce.FAK, TimeInForce.FOK}
            order = NewOrder(
                self.ids[-1],
                token,
                side,
                PriceMicros(price),
                ShareMicros(size + odd if market_buy else size),
                kind,
                post_only,
                self.now // SECOND + 200 if kind is TimeInForce.GTD else 0,
            )
            self.place_one(account, order)

    def place_one(self, account, order):
        answer = self.both(lambda core: core.place(account, order, self.now))
        assert answer.success or answer.refusal.text

    @precondition(lambda self: self.ids)
    @rule(account=PEOPLE, data=st.data())
    def cancel(self, account, data):
        name = data.draw(st.sampled_from(self.ids))
        self.both(lambda core: core.cancel(account, [name], self.now))

    @rule(account=PEOPLE)
    def cancel_all(self, account):
        answer = self.both(lambda core: core.cancel_all(account, self.now))
        if answer.refusal is None and not self.delay:
            assert not [o for o in self.state.open_orders() if o.account == account]

    @rule(token=TOKENS, middle=st.integers(47, 53), bids=BOOK_SIDE, asks=BOOK_SIDE)
    def show(self, token, middle, bids, asks):
        self.now += SECOND
        below = [((middle - 1 - d) * 10_000, size) for d, size in bids.items()]
        above = [((middle + 1 + d) * 10_000, size) for d, size in asks.items()]
        event = BookSnapshotReceived(token, CONDITION, self.now, self.now, below, above)
        self.both(lambda core: core.on_market_event(event, self.now))

    @rule(token=TOKENS, side=SIDES, price=PRICES, size=LOTS)
    def print_trade(self, token, side, price, size):
        self.now += SECOND
        event = TradePrinted(
            token, CONDITION, self.now, self.now, PriceMicros(price), ShareMicros(size), side
        )
        self.both(lambda core: core.on_market_event(event, self.now))

    @rule(seconds=st.sampled_from([0, 1, 3, 10, 200]))
    def advance(self, seconds):
        self.now += seconds * SECOND
        for event in self.both(lambda core: core.advance(self.now)):
            if isinstance(event, TradeReported):
                self.steps.setdefault(event.trade.trade_id, []).append(event.trade.status)

    @rule(script=st.sampled_from([NORMAL, RETRIED, FAILED, REVERTED, REVERTED]))
    def script(self, script):
        self.both(lambda core: core.script_settlements(script))

    @precondition(lambda self: self.state.trades)
    @rule(data=st.data())
    def revert(self, data):
        name = data.draw(st.sampled_from(list(self.state.trades)))
        self.both(lambda core: core.revert(name, self.now))

    @rule(account=PEOPLE, amount=st.integers(0, 10 * MICROS))
    def withdraw(self, account, amount):
        self.both(lambda core: core.advance(self.now) and None)
        if amount <= self.state.accounts.balance(account, CASH):
            self.both(lambda core: core.withdraw(account, CASH, amount, self.now))
            self.outside[account, CASH] -= amount

    @precondition(lambda self: len(self.ids) % 10 == 9)
    @rule(wipe=RARELY)
    def restart(self, wipe):
        self.both(lambda core: core.restart(self.now, 2, 5, wipe=wipe))

    @precondition(lambda self: len(self.ids) > 40)
    @rule(yes=st.sampled_from([0, MICROS // 2, MICROS]))
    def resolve(self, yes):
        if self.state.markets[CONDITION].market.payouts is None:
            payouts = (PriceMicros(yes), PriceMicros(MICROS - yes))
            self.both(lambda core: core.resolve(CONDITION, payouts, self.now))
            assert not self.state.open_orders()

    @precondition(lambda self: self.state.markets[CONDITION].market.payouts is not None)
    @rule(account=PEOPLE)
    def redeem(self, account):
        held = {token: self.state.accounts.balance(account, token) for token in (YES, NO)}
        paid = self.both(lambda core: core.redeem(account, CONDITION, self.now))
        self.redeemed = True
        self.outside[account, CASH] += paid
        for token, amount in held.items():
            self.outside[account, token] -= amount

    @invariant()
    def nothing_is_made_or_lost(self):
        sums = defaultdict(int)
        for (_, asset), amount in self.state.accounts.balances.items():
            sums[asset] += amount
        assert not any(sums.values())

    @invariant()
    def balances_are_outside_transfers_and_trades_that_did_not_fail(self):
        expected = defaultdict(int, self.outside)
        for trade in self.state.trades.values():
            if trade.status is not TradeStatus.FAILED:
                for account, asset, amount in trade.gives:
                    expected[account, asset] -= amount
                for account, asset, amount in trade.gets if trade.delivered else ():
                    expected[account, asset] += amount
        for account in ACCOUNTS:
            for asset in (CASH, YES, NO):
                assert self.state.accounts.balance(account, asset) == expected[account, asset]

    @invariant()
    def nobody_owes_and_everything_reserved_is_owned(self):
        accounts = self.state.accounts
        for account, asset in accounts.balances.keys() | accounts.reserved.keys():
            if account not in HOUSE:
                assert accounts.balance(account, asset) >= 0
                assert accounts.free(account, asset) >= 0

    @invariant()
    def reservations_are_the_worst_case_of_open_orders(self):
        expected = defaultdict(int)
        for order in self.state.orders.values():
            if order.state in {OrderState.LIVE, OrderState.DELAYED}:
                expected[order.account, order.gives] += worst_case(order)
        reserved = {key: total for key, total in self.state.accounts.reserved.items() if total}
        assert reserved == dict(expected)

    @invariant()
    def fills_are_the_trades_and_never_exceed_the_size(self):
        matched = defaultdict(int)
        for trade in self.state.trades.values():
            for leg in (trade.taker, *trade.makers):
                matched[leg.order_id] += leg.size
        for name, order in self.state.orders.items():
            assert order.filled == matched[name] <= order.request.size
            assert (order.state is OrderState.MATCHED) == (order.filled == order.request.size)

    @invariant()
    def nobody_trades_beyond_the_limit(self):
        for trade in self.state.trades.values():
            for maker in trade.makers:
                order = self.state.orders.get(maker.order_id)
                if order is not None:
                    better = order.request.price - maker.price
                    assert better >= 0 if maker.side is Side.BUY else better <= 0
            self.the_taker_got_its_price(trade)

    def the_taker_got_its_price(self, trade):
        """Each level's money is rounded down, so a sale over several may lose a micro at each."""
        order = self.state.orders.get(trade.taker.order_id)
        if order is None:
            return
        at_limit = order.request.price * trade.taker.size
        if trade.taker.side is Side.BUY:
            assert trade.value * MICROS <= at_limit
        else:
            assert (trade.value + len(trade.makers)) * MICROS > at_limit

    @invariant()
    def sets_are_backed_and_rounding_is_small(self):
        accounts = self.state.accounts
        makers = sum(len(trade.makers) for trade in self.state.trades.values())
        assert abs(accounts.balance(ROUNDING, CASH)) <= makers
        if not self.redeemed:
            for token in (YES, NO):
                assert accounts.balance(TREASURY, CASH) == -accounts.balance(TREASURY, token)

    @invariant()
    def displayed_size_is_taken_at_most_once(self):
        displayed = self.state.markets[CONDITION].displayed
        for _, is_bid, price, taken in displayed.consumed.digest():
            side = displayed.book.bids if is_bid else displayed.book.asks
            assert taken <= side.get(price, 0)

    @invariant()
    def states_never_go_back(self):
        for name, order in self.state.orders.items():
            rank, state = self.ranks.get(name, (0, order.state))
            assert RANK[order.state] >= rank
            assert rank < 2 or order.state is state
            self.ranks[name] = (RANK[order.state], order.state)
        for seen in self.steps.values():
            assert TradeStatus.MATCHED not in seen[1:]
            assert not {TradeStatus.CONFIRMED, TradeStatus.FAILED} & set(seen[:-1])

    @invariant()
    def the_same_calls_give_the_same_truth(self):
        assert self.cores[0].digest() == self.cores[1].digest()

    def teardown(self):
        """Let everything settle: clearing is empty and every trade is final."""
        if hasattr(self, "core"):
            self.core.advance(self.now + 10_000 * SECOND)
            assert all(trade.final for trade in self.state.trades.values())
            clearing = self.core.truth()["balances"].get("@clearing", {})
            assert not clearing


def worst_case(order):
    left = ShareMicros(order.request.size - order.filled)
    if order.request.side is Side.SELL:
        return left
    cost = notional_ceil(order.request.price, left)
    delayed = order.state is OrderState.DELAYED
    return cost + (LISTED.fees.taker(left, order.request.price) if delayed else 0)


TestExchangeMachine = ExchangeMachine.TestCase
TestExchangeMachine.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
