"""The account's books: I-01, I-02, I-03, I-06 and I-08 after every step."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from polydesk.domain.fills import Fill, Liquidity
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.ledger import CASH, DEPOSITS, FEES, Ledger, cost_account
from polydesk.domain.units import MICROS, notional_ceil, notional_floor, taker_fee

TOKENS = [TokenId(str(n)) for n in range(3)]
TOKEN = st.sampled_from(TOKENS)
PRICE = st.integers(1, MICROS - 1)
SIZE = st.integers(1, 50 * MICROS)


def make_fill(number, token, side, price, size, rate=70_000) -> Fill:
    value = notional_ceil if side is Side.BUY else notional_floor
    return Fill(
        TradeId(f"t{number}"),
        ClientOrderId(f"o{number}"),
        token,
        side,
        price,
        size,
        value(price, size),
        taker_fee(size, price, rate, 1),
        Liquidity.TAKER,
        ts_event=number,
    )


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.ledger = Ledger()
        self.entries = []
        self.fills = []
        self.deposited = self.fees = 0
        self.held = dict.fromkeys(TOKENS, 0)
        self.marks = {}

    def _book(self, entry) -> None:
        assert entry.seq == len(self.entries) + 1
        self.entries.append(entry)

    @initialize(amount=st.integers(0, 1_000 * MICROS))
    def open_account(self, amount):
        self.deposit(amount)

    @rule(amount=st.integers(0, 1_000 * MICROS))
    def deposit(self, amount):
        self._book(self.ledger.deposit(amount, "note", len(self.entries)))
        self.deposited += amount

    @rule(part=st.integers(0, 100))
    def withdraw(self, part):
        amount = self.ledger.cash * part // 100
        self._book(self.ledger.deposit(-amount, "note", len(self.entries)))
        self.deposited -= amount

    @rule(token=TOKEN, price=PRICE, size=SIZE)
    def buy(self, token, price, size):
        fill = make_fill(len(self.fills), token, Side.BUY, price, size)
        if fill.value + fill.fee > self.ledger.cash:
            return
        self._apply(fill)
        self.held[token] += size

    @rule(token=TOKEN, price=PRICE, part=st.integers(1, 100))
    def sell(self, token, price, part):
        size = self.held[token] * part // 100
        if not size:
            return
        fill = make_fill(len(self.fills), token, Side.SELL, price, size)
        if fill.value - fill.fee + self.ledger.cash < 0:
            return
        self._apply(fill)
        self.held[token] -= size

    def _apply(self, fill) -> None:
        self.fees += fill.fee
        self.fills.append(fill)
        self._book(self.ledger.apply_fill(fill))

    @precondition(lambda self: self.fills)
    @rule(data=st.data())
    def repeat_a_fill(self, data):
        fill = data.draw(st.sampled_from(self.fills))
        before = dict(self.ledger.accounts)
        assert self.ledger.apply_fill(fill) is None
        assert before == self.ledger.accounts

    @rule(token=TOKEN, payout=st.sampled_from([0, MICROS // 2, MICROS]))
    def pay_out(self, token, payout):
        held, cash = self.held[token], self.ledger.cash
        entry = self.ledger.pay_out(token, payout, len(self.entries))
        assert (entry is None) is (held == 0)
        if entry is not None:
            self._book(entry)
            assert self.ledger.cash - cash == held * payout // MICROS
        self.held[token] = 0
        assert self.ledger.pay_out(token, payout, 0) is None

    @rule(token=TOKEN, mark=st.one_of(st.none(), PRICE))
    def mark(self, token, mark):
        self.marks = {**self.marks, token: mark}
        if mark is None:
            del self.marks[token]

    @invariant()
    def every_entry_balances(self):
        """I-01."""
        assert all(sum(amount for _, amount in entry.postings) == 0 for entry in self.entries)

    @invariant()
    def all_accounts_together_are_zero(self):
        """I-02: and they are the sum of the entries, nothing else."""
        assert sum(self.ledger.accounts.values()) == 0
        folded = {}
        for entry in self.entries:
            for account, amount in entry.postings:
                folded[account] = folded.get(account, 0) + amount
        assert folded == self.ledger.accounts

    @invariant()
    def nothing_is_negative(self):
        """I-03."""
        assert self.ledger.cash >= 0
        for token in TOKENS:
            position = self.ledger.position(token)
            assert position.size == self.held[token]
            assert position.cost >= 0
            assert position.size or not position.cost

    @invariant()
    def money_is_conserved(self):
        """I-06."""
        accounts = self.ledger.accounts
        positions = self.ledger.positions.values()
        cost = sum(position.cost for position in positions)
        realised = sum(position.realised for position in positions)
        assert accounts.get(CASH, 0) + cost - realised == self.deposited
        assert -accounts.get(DEPOSITS, 0) == self.deposited
        assert accounts.get(FEES, 0) == self.fees == sum(p.fees for p in positions)
        assert all(accounts.get(cost_account(p.token_id), 0) == p.cost for p in positions)

    @invariant()
    def profit_is_equity_less_deposits(self):
        """I-08, at the marks and without any mark."""
        for marks in (self.marks, {}):
            totals = self.ledger.totals(marks)
            assert totals.equity == totals.net_deposits + totals.realised + totals.unrealised
            assert totals.net_deposits == self.deposited
        assert self.ledger.totals({}).unrealised == 0


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
