"""Fills that settle, fail, repeat and come in any order: the books follow, to the micro-dollar.

The reference books every token anew from the list of what counts, without any of the ledger's
shortcuts.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from polydesk.domain.fills import Fill, Liquidity, Settlement
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.ledger import CASH, FEES, Ledger, cost_account
from polydesk.domain.settling import walk
from polydesk.domain.units import MICROS, notional_ceil, notional_floor, share_of, taker_fee

TOKENS = [TokenId(str(n)) for n in range(2)]
TOKEN = st.sampled_from(TOKENS)
PRICE = st.integers(1, MICROS - 1)
SIZE = st.integers(1, 50 * MICROS)
P, C, V = Settlement.PROVISIONAL, Settlement.CONFIRMED, Settlement.VOID


def make_fill(number, token, side, price, size, settlement) -> Fill:
    value = notional_ceil if side is Side.BUY else notional_floor
    return Fill(
        TradeId(f"t{number}"), ClientOrderId(f"o{number % 3}"), token, side, price, size,
        value(price, size), taker_fee(size, price, 70_000, 1), Liquidity.TAKER,
        ts_event=number, settlement=settlement,
    )  # fmt: skip


class Reference:
    """One token booked from scratch: plain numbers and a queue of sales without shares."""

    def __init__(self, steps, counts) -> None:
        self.size = self.cost = self.cash = self.fees = 0
        waiting = []
        for step in steps:
            if isinstance(step, int):
                self.cash += self.size * step // MICROS
                self.size = self.cost = 0
            elif not counts(step):
                continue
            elif step.side is Side.BUY:
                self.size, self.cost = self.size + step.size, self.cost + step.value
                self.cash, self.fees = self.cash - step.value - step.fee, self.fees + step.fee
                waiting = [sale for sale in waiting if not self._sell(sale)]
            elif not self._sell(step):
                waiting.append(step)
        self.waiting = [sale.identity for sale in waiting]

    def _sell(self, sale) -> bool:
        if sale.size > self.size:
            return False
        self.cost -= share_of(self.cost, sale.size, self.size)
        self.size -= sale.size
        self.cash, self.fees = self.cash + sale.value - sale.fee, self.fees + sale.fee
        return True


class SettlementMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.ledger = Ledger()
        self.entries = []
        self.steps = {token: [] for token in TOKENS}
        self.fills = []
        self.status = {}
        self.early = {}
        self.deposited = 0

    def _book(self, entry) -> None:
        assert entry.seq == len(self.entries) + 1
        self.entries.append(entry)

    @initialize(amount=st.integers(0, 1_000 * MICROS))
    def open_account(self, amount):
        self._book(self.ledger.deposit(amount, "note", 0))
        self.deposited = amount

    @rule(token=TOKEN, side=st.sampled_from(Side), price=PRICE, size=SIZE, now=st.booleans())
    def trade(self, token, side, price, size, now):
        self._trade(token, side, price, size, C if now else P)

    @rule(token=TOKEN, price=PRICE, part=st.integers(1, 100), now=st.booleans())
    def sell_a_part(self, token, price, part, now):
        size = self.ledger.position(token).size * part // 100
        if size:
            self._trade(token, Side.SELL, price, size, C if now else P)

    def _trade(self, token, side, price, size, settlement) -> None:
        fill = make_fill(len(self.fills), token, side, price, size, settlement)
        self.fills.append(fill)
        told = self.early.get(fill.identity)
        entry = self.ledger.apply_fill(replace(fill, settlement=C) if told is C else fill)
        assert (entry is None) is (told is V)
        if entry is not None:
            self._book(entry)
            self.steps[token].append(fill)
            self.status[fill.identity] = told or settlement

    def _known(self, data, *states):
        names = [name for name, state in self.status.items() if state in states]
        return data.draw(st.sampled_from(names)) if names else None

    @rule(data=st.data())
    def confirm(self, data):
        name = self._known(data, P)
        if name is not None:
            self.ledger.confirm(name)
            self.status[name] = C

    @rule(data=st.data())
    def fail(self, data):
        name = self._known(data, P)
        if name is not None:
            self._book(self.ledger.fail(name, len(self.entries)))
            self.status[name] = V

    @rule(settlement=st.sampled_from([C, V]), ahead=st.integers(0, 3))
    def settle_before_it_is_seen(self, settlement, ahead):
        fill = make_fill(len(self.fills) + ahead, TOKENS[0], Side.BUY, 1, 1, P)
        if fill.identity not in self.early:
            self.early[fill.identity] = settlement
            if settlement is C:
                self.ledger.confirm(fill.identity)
            else:
                assert self.ledger.fail(fill.identity, 0) is None
        assert self.ledger.settlement_of(fill.identity) is self.early[fill.identity]

    @precondition(lambda self: self.fills)
    @rule(data=st.data())
    def repeat(self, data):
        fill = data.draw(st.sampled_from(self.fills))
        before = dict(self.ledger.accounts)
        assert self.ledger.apply_fill(fill) is None
        if self.ledger.settlement_of(fill.identity) is C:
            self.ledger.confirm(fill.identity)
        assert before == self.ledger.accounts

    @rule(token=TOKEN, payout=st.sampled_from([0, MICROS // 2, MICROS]))
    def pay_out(self, token, payout):
        held = self.ledger.position(token).size
        entry = self.ledger.pay_out(token, payout, len(self.entries))
        assert (entry is None) is (held == 0)
        if entry is not None:
            self._book(entry)
            self.steps[token].append(payout)

    def _stands(self, fill) -> bool:
        return self.status[fill.identity] is not V

    def _is_final(self, fill) -> bool:
        return self.status[fill.identity] is C

    @invariant()
    def every_entry_balances_and_none_changes(self):
        """I-01, I-02."""
        folded = {}
        for entry in self.entries:
            assert sum(amount for _, amount in entry.postings) == 0
            for account, amount in entry.postings:
                folded[account] = folded.get(account, 0) + amount
        kept = {account: amount for account, amount in self.ledger.accounts.items() if amount}
        assert {account: amount for account, amount in folded.items() if amount} == kept
        assert sum(kept.values()) == 0

    @invariant()
    def the_books_are_those_of_the_fills_that_stand(self):
        """A failed fill is as if it had never been; I-03, I-06, I-11, I-13."""
        accounts, cash, fees = self.ledger.accounts, self.deposited, 0
        for token in TOKENS:
            anew = Reference(self.steps[token], self._stands)
            position = self.ledger.position(token)
            assert (position.size, position.cost) == (anew.size, anew.cost)
            assert position.size >= 0
            assert accounts.get(cost_account(token), 0) == anew.cost
            assert [sale.identity for sale in self.ledger.waiting(token)] == anew.waiting
            cash, fees = cash + anew.cash, fees + anew.fees
        assert accounts.get(CASH, 0) == cash
        assert accounts.get(FEES, 0) == fees

    @invariant()
    def what_is_settled_is_what_stays_if_all_else_fails(self):
        cash = self.deposited
        for token in TOKENS:
            anew = Reference(self.steps[token], self._is_final)
            settled = self.ledger.settled(token)
            assert (settled.size, settled.cost) == (anew.size, anew.cost)
            cash += anew.cash
            assert (
                0 <= self.ledger.sellable(token) <= min(anew.size, self.ledger.position(token).size)
            )
        assert self.ledger.settled_cash == cash
        assert self.ledger.spendable_cash <= min(cash, self.ledger.cash)

    @invariant()
    def no_single_failure_takes_more_than_is_left_aside(self):
        """F029: what counts as free stays there whatever fails or does not."""
        for token in TOKENS:
            steps = self.steps[token]
            for name in [n for n, state in self.status.items() if state is P]:
                left = Reference(steps, lambda f, n=name: self._stands(f) and f.identity != n)
                is_of_token = any(not isinstance(s, int) and s.identity == name for s in steps)
                if is_of_token and not left.waiting and not self.ledger.waiting(token):
                    assert left.size >= self.ledger.sellable(token)

    @invariant()
    def profit_is_equity_less_deposits_settled_and_not(self):
        """I-08, with what is at risk shown apart."""
        marks = {TOKENS[0]: 400_000}
        totals = self.ledger.totals(marks)
        assert totals.equity == totals.net_deposits + totals.realised + totals.unrealised
        assert totals.result == totals.settled_result + totals.at_risk_result
        settled = [self.ledger.settled(token) for token in TOKENS]
        value = sum(p.value_at(marks.get(p.token_id)) for p in settled)
        assert totals.settled_result == self.ledger.settled_cash + value - self.deposited
        provisional = [f for f in self.fills if self.status.get(f.identity) is P]
        assert totals.at_risk_value == sum(fill.value for fill in provisional)

    @invariant()
    def nothing_is_kept_that_is_over(self):
        open_tokens = {f.token_id for f in self.fills if self.status.get(f.identity) is P}
        for token in TOKENS:
            unsettled = self.ledger.unsettled.get(token)
            if token not in open_tokens and not self.ledger.waiting(token):
                assert unsettled is None
            elif unsettled is not None:
                assert walk(unsettled.base, unsettled.steps) == (unsettled.now, unsettled.waiting)


TestSettlement = SettlementMachine.TestCase
TestSettlement.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_f029_shares_that_a_final_sale_may_still_need_are_not_free():
    """Bought 1 for good and 2 that may fail, sold 2 for good, bought 1 that may fail: when the 2
    fail, the sale takes what else there is."""
    ledger = Ledger()
    token = TOKENS[0]
    for number, (side, size, settlement) in enumerate(
        [(Side.BUY, 1, C), (Side.BUY, 2, P), (Side.SELL, 2, C), (Side.BUY, 1, P)]
    ):
        ledger.apply_fill(make_fill(number, token, side, MICROS // 2, size, settlement))

    assert ledger.position(token).size == 2
    assert ledger.sellable(token) == 0
    ledger.fail(("t1", "o1"), 9)
    assert ledger.position(token).size == 0
