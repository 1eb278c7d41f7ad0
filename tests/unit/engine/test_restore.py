from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from tests.builders import LEADER, SECOND, T0, YES, follow, leader_trade, market, micros
from tests.builders import ready_engine as new_engine
from tests.unit.copying.test_decisions import copy, intents, skip_of
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.commands import PlaceOrder, TradingState
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.instruments import Side
from polydesk.domain.ledger import Entry
from polydesk.domain.orders import OrderState
from polydesk.domain.reasons import SkipCode
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.engine.engine import Engine
from polydesk.engine.observer import SilentObserver
from polydesk.engine.restore import INTERRUPTED, Earlier, restore
from polydesk.errors import InvariantError
from polydesk.store.restore import fold

TOMORROW = T0 + 86_400 * SECOND


class Kept(SilentObserver):
    """Keeps what a journal would."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.fills: list[Fill] = []
        self.settlements: list[SettledFill] = []

    def on_settled(self, settled: SettledFill, entry: Entry | None) -> None:
        self.settlements.append(settled)
        self.entries += [] if entry is None else [entry]

    def on_fill(self, fill: Fill, entry: Entry) -> None:
        self.fills.append(fill)
        self.entries.append(entry)

    def on_entry(self, *entries: Entry) -> None:
        self.entries += entries


def ready_engine() -> tuple[Engine, Kept]:
    """Return an engine with an account whose records are kept."""
    engine, kept = new_engine(), Kept()
    engine.observer = kept
    kept.entries.append(Entry(1, "deposit", "opening balance", T0 - SECOND, _OPENING))
    return engine, kept


_OPENING = (("cash", micros("1000")), ("deposits", -micros("1000")))


def left_behind(engine: Engine, kept: Kept) -> Earlier:
    return Earlier(
        entries=tuple(kept.entries),
        fills=tuple(kept.fills),
        settlements=tuple(kept.settlements),
        orders=tuple(replace(order) for order in engine.account.orders.values()),
        decisions=tuple(engine.decisions),
        day=engine.account.day,
        day_start_equity=engine.account.day_start_equity,
        decision_counts=tuple(
            (*key, n) for key, n in Counter((d.leader, d.verdict) for d in engine.decisions).items()
        ),
    )


def reopened(earlier: Earlier, at: int = T0 + 60 * SECOND) -> Engine:
    engine = Engine()
    engine.copier.follow(follow())
    restore(engine, earlier, fold(earlier.entries, earlier.fills, earlier.settlements), at)
    return engine


def again(engine: Engine, kept: Kept, at: int = T0 + 60 * SECOND) -> Engine:
    return reopened(left_behind(engine, kept), at)


def test_account_orders_and_decisions_are_as_they_were() -> None:
    engine, kept = ready_engine()
    copy(engine, leader_trade())

    later = again(engine, kept)

    assert later.account.ledger == engine.account.ledger
    assert later.account.orders == engine.account.orders
    assert later.account.fills == engine.account.fills
    assert later.decisions == engine.decisions
    leader = later.copier.leaders[LEADER]
    assert leader.lots == engine.copier.leaders[LEADER].lots
    assert (leader.trades, leader.copied, leader.skipped) == (1, 1, 0)


def test_counts_are_those_of_all_decisions_not_of_the_kept_ones() -> None:
    engine, kept = ready_engine()
    copy(engine, leader_trade())
    earlier = replace(left_behind(engine, kept), decisions=())

    assert reopened(earlier).copier.leaders[LEADER].copied == 1


def test_the_same_trade_told_again_after_a_restart_is_not_copied_again() -> None:
    engine, kept = ready_engine()
    copy(engine, leader_trade())
    later = again(engine, kept)

    assert not later.process(leader_trade(repair=True, at=T0 + 61 * SECOND))
    assert len(later.decisions) == 1


def test_a_leader_who_sells_a_part_after_a_restart_is_followed_in_proportion() -> None:
    engine, kept = ready_engine()
    copy(engine, leader_trade(size="100"))
    later = again(engine, kept)
    at = T0 + 61 * SECOND
    later.process(ev.MarketsListed(at, [market()]))
    later.process(_book(at))

    (sale,) = intents(later.process(leader_trade(Side.SELL, "0.49", "20", at=at, ref="t2")))

    assert (sale.side, sale.size) == (Side.SELL, micros("10"))


def _book(at: int) -> ev.BookSnapshotReceived:
    sides = [[(micros("0.49"), micros("300"))], [(micros("0.50"), micros("300"))]]
    return ev.BookSnapshotReceived(YES, market().condition_id, at, at, *sides, "h", True)


def test_an_order_that_was_open_is_over_and_frees_its_money() -> None:
    engine, kept = ready_engine()
    order = place(engine, price="0.40")
    engine.process(ev.OrderSent(order.intent.client_order_id, T0, T0))

    later = again(engine, kept)

    restored = later.account.orders[order.intent.client_order_id]
    assert (restored.state, restored.reason) == (OrderState.CANCELED, INTERRUPTED)
    assert later.account.free_cash == micros("1000")


def test_the_days_start_survives_the_day_and_ends_with_it() -> None:
    engine, kept = ready_engine()
    engine.process(fill(place(engine), "10", "5", fee="1"))

    assert again(engine, kept).account.day_loss() == micros("1")
    assert again(engine, kept, TOMORROW).account.day_loss() == 0


def test_what_was_latched_stays_latched() -> None:
    engine, kept = ready_engine()
    earlier = replace(
        left_behind(engine, kept), killed_because="by hand", trading_state=TradingState.REDUCING
    )

    later = reopened(earlier)

    assert (later.killed, later.kill_reason) == (True, "by hand")
    assert later.trading_state is TradingState.REDUCING


def test_an_account_is_restored_once() -> None:
    engine, kept = ready_engine()
    earlier = left_behind(engine, kept)
    later = reopened(earlier)

    with pytest.raises(InvariantError, match="fresh engine"):
        restore(later, earlier, fold(earlier.entries, ()), T0)


def sell_by_hand(engine: Engine, size: str) -> None:
    command = PlaceOrder(
        YES, Side.SELL, PriceMicros(micros("0.49")), ShareMicros(micros(size)), ref="hand"
    )
    engine.process(ev.UserCommandGiven(engine.now, command))
    order = list(engine.account.orders.values())[-1]
    engine.process(fill(order, size, str(int(size) * 49 / 100), ref="hand"))


def test_a_sale_by_hand_leaves_the_leaders_lot_at_what_is_held() -> None:
    engine, kept = ready_engine()
    copy(engine, leader_trade(size="100"))
    sell_by_hand(engine, "30")

    for present in (engine, again(engine, kept)):
        assert present.copier.leaders[LEADER].free_lot(YES) == micros("20")


def test_a_leader_leaves_after_a_sale_by_hand_and_the_rest_is_sold() -> None:
    engine, _ = ready_engine()
    copy(engine, leader_trade(size="100"))
    sell_by_hand(engine, "30")

    (sale,) = intents(engine.process(leader_trade(Side.SELL, "0.49", "100", ref="t2")))
    assert sale.size == micros("20")


def test_nothing_is_left_to_sell_when_all_was_sold_by_hand() -> None:
    engine, _ = ready_engine()
    copy(engine, leader_trade(size="100"))
    sell_by_hand(engine, "50")

    engine.process(leader_trade(Side.SELL, "0.49", "100", ref="t2"))

    assert skip_of(engine) is SkipCode.NOTHING_TO_SELL
