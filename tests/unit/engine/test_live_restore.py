"""A live session goes on where the last one ended: nothing is taken for over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.builders import (
    LEADER,
    MS,
    SECOND,
    T0,
    YES,
    leader_trade,
    levels,
    market,
    micros,
    snapshot,
)
from tests.unit.engine.test_external import KEY, seen
from tests.unit.engine.test_orders import fill, place
from tests.unit.engine.test_restore import follow, left_behind, ready_engine
from tests.unit.engine.test_settlement import P, matched

from polydesk.domain import events as ev
from polydesk.domain.fills import SettledFill, Settlement
from polydesk.domain.ids import TradeId, VenueOrderId
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.engine.engine import Engine
from polydesk.engine.restore import Earlier, restore
from polydesk.errors import InvariantError, StoreError
from polydesk.store.restore import fold

DIGEST = VenueOrderId("0xd1")


def reopened(earlier: Earlier, *, at: int = T0 + SECOND) -> Engine:
    engine = Engine()
    engine.copier.follow(follow())
    ledger = fold(earlier.entries, earlier.fills, earlier.settlements)
    restore(engine, earlier, ledger, at, is_live=True)
    engine.process(ev.MarketsListed(at, [market()]))
    return engine


def record_of(order: Order) -> SignedRecord:
    key = order.intent.client_order_id
    return SignedRecord(key, DIGEST, 1, 2, 3, 4, "ab", T0 + MS)


@pytest.mark.parametrize("state", ["SIGNED", "SENT", "UNKNOWN", "LIVE"])
def test_open_orders_come_back_as_they_were_with_their_money(state: str) -> None:
    engine, kept = ready_engine()
    order = place(engine, price="0.40")
    key = order.intent.client_order_id
    engine.process(ev.OrderSigned(key, DIGEST, T0, T0))
    if state != "SIGNED":
        engine.process(ev.OrderSent(key, T0, T0))
    if state == "UNKNOWN":
        engine.process(ev.OrderUnknown(key, T0, T0, "lost"))
    if state == "LIVE":
        engine.process(ev.OrderAccepted(key, DIGEST, T0, T0, resting=True))

    later = reopened(left_behind(engine, kept))

    restored = later.account.orders[key]
    assert (str(restored.state), restored.venue_order_id) == (state, DIGEST)
    assert later.account.free_cash == engine.account.free_cash < micros("1000")
    assert not later.ready
    assert place(later, ref="new").reason == "NOT_RECONCILED"


@pytest.mark.parametrize(("is_recorded", "state"), [(True, "SIGNED"), (False, "INTENT")])
def test_a_signature_on_disk_tells_more_than_the_orders_own_row(
    is_recorded: bool, state: str
) -> None:
    """F002, F003: without it nothing was sent, with it something may have been."""
    engine, kept = ready_engine()
    order = place(engine, price="0.40")
    earlier = left_behind(engine, kept)
    if is_recorded:
        earlier = replace(earlier, signed=(record_of(order),))

    restored = reopened(earlier).account.orders[order.intent.client_order_id]

    assert str(restored.state) == state
    assert restored.venue_order_id == (DIGEST if is_recorded else None)
    assert [step for _, step, _ in restored.trace] == (
        ["intent", "signed", "signed"] if is_recorded else ["intent"]
    )


def test_an_external_order_comes_back_and_still_counts() -> None:
    engine, kept = ready_engine()
    engine.process(seen(matched="5"))

    later = reopened(left_behind(engine, kept))

    assert later.account.orders[KEY] == engine.account.orders[KEY]
    assert later.account.free_cash == engine.account.free_cash


def test_a_fill_that_may_fail_is_still_one_that_may_fail() -> None:
    engine, kept = ready_engine()
    order = place(engine)
    engine.process(matched(order, "10", "5"))

    later = reopened(left_behind(engine, kept))

    assert later.account.free_shares(YES) == 0
    told = ev.FillSettled(TradeId("f1"), order.intent.client_order_id, Settlement.VOID, T0, T0)
    later.process(told)
    assert later.account.ledger.cash == micros("1000")
    assert later.account.orders[order.intent.client_order_id].voided == micros("10")


def test_a_copy_on_its_way_still_counts_for_its_leader() -> None:
    engine, kept = ready_engine()
    engine.process(leader_trade(size="100"))
    (order,) = engine.account.orders.values()
    engine.process(fill(order, "10", "5"))

    later = reopened(left_behind(engine, kept))

    before, after = engine.copier.leaders[LEADER].open, later.copier.leaders[LEADER].open
    assert dict(after) == dict(before) != {}
    assert after.cost == before.cost > 0
    assert later.copier.leaders[LEADER].lots == engine.copier.leaders[LEADER].lots


def test_the_trace_is_written_again_in_brief() -> None:
    engine, kept = ready_engine()
    order = place(engine)
    key = order.intent.client_order_id
    engine.process(ev.OrderSigned(key, DIGEST, T0, T0))
    engine.process(ev.CancelAsked(key, T0 + 2 * MS, T0 + 2 * MS))
    event = matched(order, "10", "5")
    engine.process(replace(event, fill=replace(event.fill, ts_event=T0 + 3 * MS)))
    settled = SettledFill(TradeId("f1"), key, Settlement.CONFIRMED, T0 + 4 * MS)
    earlier = replace(left_behind(engine, kept), signed=(record_of(order),), settlements=(settled,))

    trace = reopened(earlier).account.orders[key].trace

    assert [step for _, step, _ in trace] == [
        "intent", "signed", "cancel asked", "matched", "filled", "settled"
    ]  # fmt: skip


def test_the_orders_of_the_last_minute_still_count_towards_the_rate() -> None:
    engine, kept = ready_engine()
    place(engine, price="0.40")
    place(engine, size="1", ref="denied")
    engine.process(seen())

    later = reopened(left_behind(engine, kept), at=T0 + 59 * SECOND)

    assert later.orders.approved_lately() == 1
    later.process(ev.TimePassed(T0 + 60 * SECOND))
    assert later.orders.approved_lately() == 0


def test_a_frozen_market_stays_frozen() -> None:
    engine, kept = ready_engine()
    earlier = replace(left_behind(engine, kept), frozen=((YES, "it lies"),))

    later = reopened(earlier)
    later.process(ev.ReadinessChanged(True, T0, T0))

    assert place(later, ref="new").reason == "MARKET_FROZEN: reason=it lies"


def test_shares_held_before_the_first_session_are_part_of_what_was_put_in() -> None:
    """F056."""
    engine, kept = ready_engine()
    engine = Engine(observer=kept)
    kept.entries.clear()
    shares, cost = ShareMicros(micros("30")), UsdMicros(micros("12"))

    engine.open_account(UsdMicros(micros("100")), T0, [(YES, shares, cost)])

    totals = engine.account.totals()
    assert (totals.equity, totals.net_deposits, totals.result) == (
        micros("112"), micros("112"), 0
    )  # fmt: skip
    assert engine.account.free_shares(YES) == shares
    assert fold(tuple(kept.entries), ()) == engine.account.ledger


def test_what_was_held_before_the_first_session_is_no_loss_of_its_first_day() -> None:
    engine = Engine()
    held = [(YES, ShareMicros(micros("100")), UsdMicros(micros("90")))]
    engine.open_account(UsdMicros(micros("100")), T0, held)
    engine.process(ev.MarketsListed(T0, [market()]))

    book = levels(("0.29", "9")), levels(("0.31", "9"))
    engine.process(snapshot(*book, at=T0 + SECOND))
    engine.process(ev.TimePassed(T0 + 2 * SECOND))

    assert engine.account.totals().unrealised == -micros("60")
    assert engine.account.day_loss() == 0


def test_a_resolved_token_needs_no_book_to_have_its_price() -> None:
    engine, kept = ready_engine()
    engine.process(fill(place(engine), "10", "5"))
    later = reopened(left_behind(engine, kept))
    payouts = (PriceMicros(1_000_000), PriceMicros(0))

    later.process(ev.MarketsListed(T0 + 2 * SECOND, [market(payouts=payouts, closed=True)]))
    later.process(ev.TimePassed(T0 + 4 * SECOND))

    assert later.account.totals().positions_value == micros("10")
    assert not later.account.unmarked
    assert YES not in later.wanted_tokens()


def test_a_failure_that_was_never_booked_out_is_not_believed() -> None:
    engine, kept = ready_engine()
    order = place(engine)
    engine.process(fill(order, "10", "5"))
    told = SettledFill(TradeId("f1"), order.intent.client_order_id, Settlement.VOID, T0)

    with pytest.raises(StoreError, match=r"f1/.* failed and is still in the books"):
        fold(tuple(kept.entries), tuple(kept.fills), (told,))


def test_money_that_is_settled_cannot_fail() -> None:
    engine, _ = ready_engine()
    order = place(engine)
    engine.process(fill(order, "10", "5"))

    with pytest.raises(InvariantError, match="settled and cannot fail"):
        engine.account.ledger.fail((TradeId("f1"), order.intent.client_order_id), T0)
    assert P not in {f.settlement for f in engine.account.fills}
    assert engine.account.orders[order.intent.client_order_id].state is OrderState.MATCHED


@pytest.mark.parametrize(("size", "state", "left"), [("10", "MATCHED", "0"), ("4", "PARTIAL", "6")])
def test_f007_a_fill_on_disk_tells_more_than_the_orders_own_row(
    size: str, state: str, left: str
) -> None:
    """The desk was killed between the two rows."""
    engine, kept = ready_engine()
    order = place(engine, price="0.40", size="10")
    engine.process(ev.OrderAccepted(order.intent.client_order_id, DIGEST, T0, T0, resting=True))
    row = replace(order)
    value = PriceMicros(micros("0.40")) * int(size)
    engine.process(fill(order, size, str(value / 1_000_000)))

    later = reopened(replace(left_behind(engine, kept), orders=(row,)))

    restored = later.account.orders[order.intent.client_order_id]
    assert (str(restored.state), restored.filled) == (state, micros(size))
    assert (restored.remaining, restored.filled_value) == (micros(left), value)
    assert later.account.reserved == engine.account.reserved
    assert later.account.free_cash == engine.account.free_cash


@pytest.mark.parametrize("state", ["INTENT", "SIGNED", "SENT"])
def test_f007_a_fill_proves_that_its_order_was_sent(state: str) -> None:
    engine, kept = ready_engine()
    order = place(engine, price="0.40", size="10")
    row = replace(order, state=OrderState(state))
    engine.process(fill(order, "10", "4"))

    later = reopened(replace(left_behind(engine, kept), orders=(row,), signed=(record_of(order),)))

    restored = later.account.orders[order.intent.client_order_id]
    assert (str(restored.state), restored.venue_order_id) == ("MATCHED", DIGEST)
    assert not later.account.reserved


def test_f038_a_failed_trade_on_disk_tells_more_than_the_orders_own_row() -> None:
    engine, kept = ready_engine()
    order = place(engine, price="0.40", size="10")
    key = order.intent.client_order_id
    engine.process(matched(order, "4", "1.6"))
    row = replace(order)
    engine.process(ev.FillSettled(TradeId("f1"), key, Settlement.VOID, T0, T0))

    later = reopened(replace(left_behind(engine, kept), orders=(row,)))

    restored = later.account.orders[key]
    assert (restored.filled, restored.voided) == (0, micros("4"))
    assert later.account.reserved == engine.account.reserved
