"""Sample records and a child process that is killed, for the store's tests."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.fills import Fill, Liquidity
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId, VenueOrderId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.ledger import Ledger
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.store.journal import SqliteJournal

TOKEN = TokenId("7" * 78)
LEADER = Wallet("0x" + "ab" * 20)


def intent(name: str = "order-1") -> OrderIntent:
    return OrderIntent(
        ClientOrderId(name), TOKEN, Side.BUY, PriceMicros(530_000), ShareMicros(10_000_000),
        TimeInForce.GTD, Origin.COPY, 1_700_000_000_000_000_000, LEADER, TradeId("t-1"),
        1_700_000_100_000_000_000, True, True,
    )  # fmt: skip


def decision(seq: int, verdict: Verdict = Verdict.SKIPPED) -> Decision:
    skipped = verdict is Verdict.SKIPPED
    return Decision(
        seq=seq, trade_id=TradeId(f"trade-{seq}"), leader=LEADER, leader_name="kestrel",
        token_id=TOKEN, side=Side.SELL, leader_price=PriceMicros(610_000),
        leader_size=ShareMicros(2_000_000_000), verdict=verdict,
        skip=SkipCode.SLIPPAGE if skipped else None,
        facts=(("slippage", "0.012"), ("max", "0.010")) if skipped else (),
        traded_at=10, seen_at=20, decided_at=30,
        copy_price=None if skipped else PriceMicros(600_000),
        copy_size=None if skipped else ShareMicros(5),
        client_order_id=None if skipped else ClientOrderId("order-1"),
        title="Knights v Hurricanes 🏒", outcome="Hurricanes",
    )  # fmt: skip


def fill(number: int, side: Side = Side.BUY, size: int = 10_000_000) -> Fill:
    return Fill(
        TradeId(f"fill-{number}"), ClientOrderId("order-1"), TOKEN, side, PriceMicros(530_000),
        ShareMicros(size), UsdMicros(size * 53 // 100), UsdMicros(1_230), Liquidity.TAKER,
        1_700_000_000_000_000_000 + number, LEADER,
    )  # fmt: skip


def record_all_kinds(journal: SqliteJournal) -> Ledger:
    """Record a small session with every kind of record and return its books."""
    ledger = Ledger()
    journal.entry(ledger.deposit(UsdMicros(1_000_000_000), "opening", 1))
    journal.decision(decision(1))
    journal.decision(decision(2, Verdict.COPIED))
    order = Order(intent())
    journal.order(order)
    order.move_to(OrderState.SENT, 40)
    order.venue_order_id = VenueOrderId("0xfeed")
    order.queue_ahead = ShareMicros(9)
    journal.order(order)
    bought = fill(1)
    entry = ledger.apply_fill(bought)
    assert entry is not None
    journal.fill(bought, entry)
    paid = ledger.pay_out(TOKEN, PriceMicros(1_000_000), 50)
    assert paid is not None
    journal.entry(paid)
    journal.audit(60, "kill", "asked by the person\x1b[31m")
    return ledger


def write_until_killed(directory: Path, durable: int) -> None:
    """Record fills for ever; die without warning once ``durable`` of them are on disk."""
    journal = SqliteJournal(directory)
    ledger = Ledger()
    journal.entry(ledger.deposit(UsdMicros(10**15), "opening", 1))
    for number in range(1, 1_000_000):
        bought = replace(fill(number), client_order_id=ClientOrderId(f"order-{number}"))
        entry = ledger.apply_fill(bought)
        assert entry is not None
        journal.fill(bought, entry)
        if number < durable and number % 5 == 0:
            journal.flush()
        if number == durable:
            journal.flush()
            print(journal.head().n, flush=True)
        if number == durable + 4_000:
            os._exit(9)


if __name__ == "__main__":
    write_until_killed(Path(sys.argv[1]), int(sys.argv[2]))
