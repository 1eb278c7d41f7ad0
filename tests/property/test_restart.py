"""Live orders and fills in any order, with restarts between: the journal gives it all back.

Every event is told twice; the second time must change nothing. After every step the account is
checked from scratch, and a restart must bring back the very same account (I-36).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.builders import (
    CONDITION,
    LEADER,
    NO,
    SECOND,
    T0,
    YES,
    follow,
    leader_trade,
    levels,
    market,
    snapshot,
)

from polydesk.domain import events as ev
from polydesk.domain.commands import PlaceOrder
from polydesk.domain.fills import Fill, Liquidity, Settlement
from polydesk.domain.ids import ClientOrderId, TradeId, VenueOrderId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.orders import DUST, OrderState
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import MICROS, notional_ceil, notional_floor, taker_fee
from polydesk.domain.venue import VenueOrder, VenueOrderStatus
from polydesk.engine.engine import Engine
from polydesk.engine.observer import SilentObserver
from polydesk.engine.restore import restore
from polydesk.engine.state_hash import account_hash
from polydesk.risk.reservation import worst_case_cost
from polydesk.runtime.earlier import earlier_of
from polydesk.runtime.observers import StoringObserver
from polydesk.store.journal import SqliteJournal
from polydesk.store.restore import load_session

S = OrderState
RANK = {S.INTENT: 0, S.SIGNED: 1, S.SENT: 2, S.UNKNOWN: 2, S.LIVE: 3, S.PARTIAL: 4}
FEES = FeeSchedule(rate=70_000)
MARKET = market(fees=FEES)
CASH = 1_000 * MICROS
REASONS = ("", "it was so", "the answer was lost")
STEPS = st.sampled_from(["sent", "unknown", "abandoned", "accepted", "closed", "rejected", "asked"])


class NoHistory:
    """The catalogue is of no interest here."""

    def market(self, market) -> None:
        """Keep nothing."""


class RestartMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.journal = SqliteJournal(self.folder)
        self.engine = Engine(observer=StoringObserver(self.journal, NoHistory()))
        self.now = T0
        self.placed = self.trades = 0
        self.ranks = {}
        self.told = []

    def teardown(self):
        self.journal.close()
        shutil.rmtree(self.folder)

    @initialize()
    def open(self):
        self.engine.copier.follow(follow())
        self.engine.open_account(CASH, self.now - SECOND)
        self._show_the_market()

    def _show_the_market(self) -> None:
        at = self.engine.now
        self.engine.process(ev.MarketsListed(at, [MARKET]))
        for token in (YES, NO):
            book = levels(("0.49", "9000")), levels(("0.50", "9000"))
            self.engine.process(snapshot(*book, at=at, token=token))

    def _tell(self, event) -> None:
        """Tell an event twice: the second time is no news."""
        self.engine.process(event)
        before = account_hash(self.engine.account), dict(self.engine.venue.frozen)
        self.engine.process(event)
        assert before == (account_hash(self.engine.account), dict(self.engine.venue.frozen))

    def _order(self, data):
        orders = list(self.engine.account.orders.values())
        return data.draw(st.sampled_from(orders)) if orders else None

    @rule(side=st.sampled_from(Side), price=st.integers(1, 99), size=st.integers(5, 60))
    def place(self, side, price, size):
        self.placed += 1
        command = PlaceOrder(
            YES, side, price * 10_000, size * MICROS, ref=f"k{self.placed}", confirmed=True
        )
        self.engine.process(ev.UserCommandGiven(self.now, command))

    @rule(side=st.sampled_from(Side))
    def a_leader_trades(self, side):
        self.placed += 1
        self.engine.process(leader_trade(side, "0.50", at=self.now, ref=f"l{self.placed}"))

    @rule(data=st.data(), journaled_only=st.booleans())
    def sign(self, data, journaled_only):
        order = self._order(data)
        if order is None or order.state is not S.INTENT:
            return
        key = order.intent.client_order_id
        digest = VenueOrderId(f"0x{key}")
        self.journal.signed(SignedRecord(key, digest, 7, 8, 9, 10, "ab", self.engine.now))
        if journaled_only:
            # The desk ends here: the record is on disk and the order's own row is not.
            self.engine.observer = SilentObserver()
        self._tell(ev.OrderSigned(key, digest, self.now, self.now))
        if journaled_only:
            self.restart()

    @rule(data=st.data(), step=STEPS, reason=st.sampled_from(REASONS), flag=st.booleans())
    def report(self, data, step, reason, flag):
        order = self._order(data)
        key = ClientOrderId("nobody") if order is None else order.intent.client_order_id
        at = (self.now, self.now)
        self._tell(
            {
                "sent": lambda: ev.OrderSent(key, *at),
                "unknown": lambda: ev.OrderUnknown(key, *at, reason),
                "abandoned": lambda: ev.OrderAbandoned(key, *at, reason),
                "accepted": lambda: ev.OrderAccepted(key, VenueOrderId(f"0x{key}"), *at, flag),
                "closed": lambda: ev.OrderClosed(key, *at, flag, reason),
                "rejected": lambda: ev.OrderRejected(key, *at, reason),
                "asked": lambda: ev.CancelAsked(key, *at),
            }[step]()
        )

    @rule(data=st.data(), part=st.integers(1, 120), settlement=st.sampled_from(Settlement))
    def fill(self, data, part, settlement):
        order = self._order(data)
        if order is None or order.state is S.DENIED:
            return
        self.trades += 1
        intent, size = order.intent, order.intent.size * part // 100
        value = notional_ceil if intent.side is Side.BUY else notional_floor
        fill = Fill(
            TradeId(f"t{self.trades}"), intent.client_order_id, intent.token_id, intent.side,
            intent.price, size, value(intent.price, size), taker_fee(size, intent.price, 70_000, 1),
            Liquidity.TAKER, self.now, settlement=settlement,
        )  # fmt: skip
        self.told.append(fill)
        self._tell(ev.OrderFilled(fill, self.now, self.now))

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def tell_an_old_fill_again(self, data):
        fill = data.draw(st.sampled_from(self.told))
        if fill.identity in self.engine.account.ledger.applied:
            before = account_hash(self.engine.account)
            if fill.settlement is Settlement.PROVISIONAL:
                self.engine.process(ev.OrderFilled(fill, self.now, self.now))
                assert account_hash(self.engine.account) == before

    @precondition(lambda self: self.engine.account.orders)
    @rule(data=st.data(), settlement=st.sampled_from([Settlement.CONFIRMED, Settlement.VOID]))
    def settle(self, data, settlement):
        names = [*self.engine.account.ledger.provisional]
        order = self._order(data)
        names.append((TradeId(f"t{self.trades + 1}"), order.intent.client_order_id))
        trade, key = data.draw(st.sampled_from(names))
        self._tell(ev.FillSettled(trade, key, settlement, self.now, self.now, "so they say"))

    @rule(
        number=st.integers(0, 2), matched=st.integers(0, 20), side=st.sampled_from(Side),
        status=st.sampled_from([VenueOrderStatus.LIVE, VenueOrderStatus.CANCELED]),
    )  # fmt: skip
    def see_an_external_order(self, number, matched, side, status):
        digest = VenueOrderId(f"0xe{number}")
        order = VenueOrder(
            digest, NO, CONDITION, side, 400_000, 20 * MICROS, matched * MICROS, status, str(status)
        )
        key = ClientOrderId(f"ext-{digest}")
        self._tell(ev.ExternalOrderSeen(key, order, self.now, self.now))

    @rule()
    def time_passes(self):
        self.now += SECOND // 2
        self.engine.process(ev.TimePassed(self.now))

    @rule()
    def restart(self):
        """The same account, the same frozen markets, the same lots."""
        before = self.engine
        self.journal.close()
        restored = load_session(self.journal.path)
        self.journal = SqliteJournal(self.folder)
        self.engine = Engine(observer=StoringObserver(self.journal, NoHistory()))
        self.engine.copier.follow(follow())
        earlier = earlier_of(restored)
        restore(self.engine, earlier, restored.ledger(), before.now, is_live=True)
        self._show_the_market()
        after = self.engine
        assert after.account.ledger == before.account.ledger
        assert account_hash(after.account) == account_hash(before.account)
        assert after.venue.frozen == before.venue.frozen
        assert list(after.account.open_orders) == list(before.account.open_orders)
        assert after.account.free_cash == before.account.free_cash
        assert after.account.exposures(after.account.bound(YES, MARKET)) == (
            before.account.exposures(before.account.bound(YES, MARKET))
        )
        mine, theirs = (engine.copier.leaders[LEADER] for engine in (after, before))
        assert (mine.lots, dict(mine.open)) == (theirs.lots, dict(theirs.open))
        assert mine.open.cost == theirs.open.cost
        assert not after.ready
        after.process(ev.ReadinessChanged(True, self.now, self.now))

    @invariant()
    def the_money_adds_up(self):
        """I-02, I-03, I-08."""
        account = self.engine.account
        assert sum(account.ledger.accounts.values()) == 0
        totals = account.totals()
        assert totals.equity == totals.net_deposits + totals.realised + totals.unrealised
        assert totals.result == totals.settled_result + totals.at_risk_result
        assert all(p.size >= 0 and p.cost >= 0 for p in account.ledger.positions.values())
        assert account.ledger.spendable_cash <= account.ledger.settled_cash

    @invariant()
    def what_open_orders_may_cost_is_kept_aside(self):
        """I-04, I-05."""
        account, expected = self.engine.account, {}
        for key, order in account.open_orders.items():
            assert order.open
            intent = order.intent
            if intent.side is Side.BUY:
                rest = worst_case_cost(intent.price, order.remaining, FEES)
                whole = worst_case_cost(intent.price, intent.size, FEES)
                expected[key] = max(0, min(rest, whole - order.filled_value - order.fees))
        assert account.reserved == expected
        assert set(account.open_orders) == {k for k, o in account.orders.items() if o.open}

    @invariant()
    def every_order_is_the_sum_of_its_standing_fills(self):
        """I-13, I-14."""
        account = self.engine.account
        names = [fill.identity for fill in account.fills]
        assert len(names) == len(set(names))
        for key, order in account.orders.items():
            mine = [fill for fill in account.fills if fill.client_order_id == key]
            stands = [f for f in mine if f.identity not in account.ledger.void]
            assert order.filled == sum(fill.size for fill in stands)
            assert order.filled_value == sum(fill.value for fill in stands)
            assert order.fees == sum(fill.fee for fill in stands)
            assert order.voided == sum(fill.size for fill in mine) - order.filled
            if order.intent.leader is None:
                assert order.filled <= order.intent.size + DUST

    @invariant()
    def no_rank_ever_falls(self):
        """I-15."""
        for key, order in self.engine.account.orders.items():
            rank = RANK.get(order.state, 9)
            assert rank >= self.ranks.get(key, 0)
            assert order.open or self.ranks.get(key) != 9 or rank == 9
            self.ranks[key] = rank

    @invariant()
    def what_is_sold_twice_freezes_the_market(self):
        ledger = self.engine.account.ledger
        assert all(t in self.engine.venue.frozen for t in (YES, NO) if ledger.waiting(t))


TestRestart = RestartMachine.TestCase
TestRestart.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
