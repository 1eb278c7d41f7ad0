"""Random sessions go through the journal and back; random texts through the search."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.fills import Fill, Liquidity
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import Market, Outcome, Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.ledger import Ledger
from polydesk.domain.orders import TRANSITIONS, Order
from polydesk.domain.reasons import SkipCode
from polydesk.domain.text import clean
from polydesk.domain.units import (
    PriceMicros,
    ShareMicros,
    UsdMicros,
    notional_ceil,
    notional_floor,
    payout_price,
)
from polydesk.store.history import HistoryReader, HistoryWriter
from polydesk.store.journal import SqliteJournal
from polydesk.store.restore import AuditRow, load_session

TOKENS = [TokenId(str(n) * 70) for n in range(1, 4)]
WALLETS = [Wallet("0x" + f"{n:02x}" * 20) for n in range(3)]
PRICES = st.integers(1_000, 999_000).map(PriceMicros)
SIZES = st.integers(1, 10**12).map(ShareMicros)
TIMES = st.integers(0, 2**62)
TEXTS = st.text(max_size=40).map(clean)


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    return Decision(
        seq=draw(st.integers(1, 10**9)),
        trade_id=TradeId(draw(TEXTS)),
        leader=draw(st.sampled_from(WALLETS)),
        leader_name=draw(TEXTS),
        token_id=draw(st.sampled_from(TOKENS)),
        side=draw(st.sampled_from(Side)),
        leader_price=draw(PRICES),
        leader_size=draw(SIZES),
        verdict=draw(st.sampled_from(Verdict)),
        skip=draw(st.none() | st.sampled_from(SkipCode)),
        facts=tuple(draw(st.lists(st.tuples(TEXTS, TEXTS), max_size=3))),
        traded_at=draw(TIMES),
        seen_at=draw(TIMES),
        decided_at=draw(TIMES),
        copy_price=draw(st.none() | PRICES),
        copy_size=draw(st.none() | SIZES),
        client_order_id=draw(st.none() | TEXTS.map(ClientOrderId)),
        title=draw(TEXTS),
        outcome=draw(TEXTS),
    )


@st.composite
def intents(draw: st.DrawFn, name: str) -> OrderIntent:
    return OrderIntent(
        client_order_id=ClientOrderId(name),
        token_id=draw(st.sampled_from(TOKENS)),
        side=draw(st.sampled_from(Side)),
        price=draw(PRICES),
        size=draw(SIZES),
        time_in_force=draw(st.sampled_from(TimeInForce)),
        origin=draw(st.sampled_from(Origin)),
        created_at=draw(TIMES),
        leader=draw(st.none() | st.sampled_from(WALLETS)),
        leader_trade=draw(st.none() | TEXTS.map(TradeId)),
        expires_at=draw(st.none() | TIMES),
        post_only=draw(st.booleans()),
        confirmed=draw(st.booleans()),
    )


class Session:
    """Does random things and records them as the engine would."""

    def __init__(self, data: st.DataObject, journal: SqliteJournal) -> None:
        self.data = data
        self.journal = journal
        self.ledger = Ledger()
        self.orders: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.decisions: list[Decision] = []
        self.audit: list[AuditRow] = []

    def step(self) -> None:
        steps = (
            self.deposit,
            self.trade,
            self.trade,
            self.pay_out,
            self.order,
            self.decide,
            self.say,
        )
        self.data.draw(st.sampled_from(steps))()

    def deposit(self) -> None:
        amount = self.data.draw(st.integers(-(10**12), 10**12))
        self.journal.entry(self.ledger.deposit(UsdMicros(amount), self.data.draw(TEXTS), 1))

    def trade(self) -> None:
        token = self.data.draw(st.sampled_from(TOKENS))
        held = self.ledger.position(token).size
        sell = held > 0 and self.data.draw(st.booleans())
        price = self.data.draw(PRICES)
        size = ShareMicros(self.data.draw(st.integers(1, held))) if sell else self.data.draw(SIZES)
        value = notional_floor(price, size) if sell else notional_ceil(price, size)
        fill = Fill(
            TradeId(f"t{len(self.fills)}"), ClientOrderId(self.data.draw(TEXTS)), token,
            Side.SELL if sell else Side.BUY, price, size, value,
            UsdMicros(self.data.draw(st.integers(0, 10**6))),
            self.data.draw(st.sampled_from(Liquidity)), self.data.draw(TIMES),
            self.data.draw(st.none() | st.sampled_from(WALLETS)),
        )  # fmt: skip
        entry = self.ledger.apply_fill(fill)
        assert entry is not None
        self.journal.fill(fill, entry)
        self.fills.append(fill)

    def pay_out(self) -> None:
        token = self.data.draw(st.sampled_from(TOKENS))
        price = self.data.draw(st.integers(0, 1_000_000).map(PriceMicros))
        entry = self.ledger.pay_out(token, price, self.data.draw(TIMES))
        if entry is not None:
            self.journal.entry(entry)

    def order(self) -> None:
        open_orders = [order for order in self.orders.values() if order.open]
        if open_orders and self.data.draw(st.booleans()):
            order = self.data.draw(st.sampled_from(open_orders))
            choices = sorted(TRANSITIONS[order.state])
            order.move_to(self.data.draw(st.sampled_from(choices)), order.updated_at + 1)
            order.filled = ShareMicros(order.filled + 1)
            order.reason = self.data.draw(TEXTS)
        else:
            name = f"o{len(self.orders)}"
            order = self.orders[name] = Order(self.data.draw(intents(name)))
        self.journal.order(order)

    def decide(self) -> None:
        decision = self.data.draw(decisions())
        self.journal.decision(decision)
        self.decisions.append(decision)

    def say(self) -> None:
        row = AuditRow(self.data.draw(TIMES), "note", self.data.draw(TEXTS))
        self.journal.audit(*row)
        self.audit.append(row)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_folding_the_journal_gives_the_session_that_was(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = SqliteJournal(Path(folder))
        session = Session(data, journal)
        for _ in range(data.draw(st.integers(0, 30))):
            session.step()
        journal.close()
        restored = load_session(journal.path)
    assert restored.ledger() == session.ledger
    assert list(restored.fills) == session.fills
    assert list(restored.orders) == list(session.orders.values())
    assert list(restored.decisions) == session.decisions
    assert sum(restored.decision_counts.values()) == len(session.decisions)
    assert list(restored.audit) == session.audit
    assert restored.head == journal.head()


@given(st.integers(1, 10**15), st.integers(0, 1_000_000))
def test_a_payout_price_reproduces_the_value_booked(size: int, price: int) -> None:
    shares = ShareMicros(size)
    value = notional_floor(PriceMicros(price), shares)
    again = payout_price(value, shares)
    assert again <= price
    assert notional_floor(again, shares) == value


QUERY_BITS = st.sampled_from(
    ['"', "'", "*", "(", ")", "AND", "OR", "NOT", "NEAR", ":", "^", "-", "+", "{", "}", "\x00",
     "\ud800", "\u202e", "words", "gold", "é", "e\u0301", "हिन्दी", " ", "\n", "😀", "_"]
)  # fmt: skip


def test_no_text_can_break_the_search() -> None:
    market = Market(
        ConditionId("0x01"), "Golden हिन्दी words", "slug",
        (Outcome(TOKENS[0], "Yes", 0), Outcome(TOKENS[1], "No", 1)),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        writer = HistoryWriter(Path(folder))
        writer.market(market)
        writer.flush()
        reader = HistoryReader(writer.path)

        @settings(max_examples=300, deadline=None)
        @given(st.text(max_size=30) | st.lists(QUERY_BITS, max_size=8).map("".join))
        def search(text: str) -> None:
            assert reader.search_markets(text, 3) in ((), (market,))

        search()
        assert reader.search_markets("हिन्दी gold", 3) == (market,)
        reader.close()
        writer.close()
