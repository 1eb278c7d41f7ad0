"""A restart sends nothing again and looks everything up."""

from __future__ import annotations

import pytest
from tests.unit.execution.rig import O1, SHARE, T0, YES, Rig, digest, intent, leg, venue_order

from polydesk.domain import events as ev
from polydesk.domain.fills import Fill, Liquidity, Settlement
from polydesk.domain.ids import TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import Origin
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.execution import inputs as given
from polydesk.execution.actions import AskOrder, AskTrades, Record, Send, SendCancels, Sign
from polydesk.execution.patience import SECOND
from polydesk.execution.reports import GONE
from polydesk.execution.restoring import Remembered


def remembered(state: OrderState, *fills: tuple[Fill, Settlement], **changes: object) -> Remembered:
    order = Order(intent(created_at=T0 - 60 * SECOND), state, updated_at=T0 - 50 * SECOND)
    if state is not OrderState.INTENT:
        order.venue_order_id = digest("o1")
    for name, value in changes.items():
        setattr(order, name, value)
    return Remembered((order,), fills, T0 - 3_600 * SECOND)


def fill(trade: str, size: int, settlement: Settlement) -> tuple[Fill, Settlement]:
    row = Fill(
        trade_id=TradeId(trade),
        client_order_id=O1,
        token_id=YES,
        side=Side.BUY,
        price=PriceMicros(500_000),
        size=ShareMicros(size * SHARE),
        value=UsdMicros(size * SHARE // 2),
        fee=UsdMicros(0),
        liquidity=Liquidity.MAKER,
        ts_event=T0 - 55 * SECOND,
        settlement=Settlement.PROVISIONAL,
    )
    return row, settlement


def restart(what: Remembered) -> Rig:
    return Rig(what, is_looking=True)


def sends(rig: Rig) -> list[object]:
    return [action for action in rig.actions if isinstance(action, (Sign, Record, Send))]


def test_f002_an_intent_without_signature_is_abandoned() -> None:
    rig = restart(remembered(OrderState.INTENT))
    assert rig.kinds() == ["OrderAbandoned"]
    assert not sends(rig)


@pytest.mark.parametrize("state", [OrderState.SIGNED, OrderState.SENT, OrderState.UNKNOWN])
def test_f003_f004_an_order_that_may_have_left_is_unknown_and_asked_about(
    state: OrderState,
) -> None:
    rig = restart(remembered(state))
    expected = [] if state is OrderState.UNKNOWN else ["OrderUnknown"]
    assert rig.kinds() == expected
    assert rig.asked() == [digest("o1")]
    assert not sends(rig)


def test_f003_a_signed_order_that_never_left_is_given_up_by_looks_alone() -> None:
    rig = restart(remembered(OrderState.SIGNED))
    rig.find_nothing()
    assert rig.kinds()[-1] == "OrderAbandoned"
    assert not sends(rig)


def test_f003_the_window_of_a_restored_order_counts_from_when_it_may_have_left() -> None:
    late = remembered(OrderState.SIGNED, updated_at=T0 - 2 * SECOND)
    late.orders[0].intent = intent(created_at=T0 - 3 * SECOND)
    rig = restart(late)
    rig.find_nothing(seconds=40)
    assert rig.is_live()
    rig.find_nothing(seconds=30)
    assert not rig.is_live()


def test_f004_f005_an_order_that_landed_is_adopted_with_its_fills() -> None:
    rig = restart(remembered(OrderState.SENT))
    assert rig.asked()
    rig.answer("o1", "LIVE", 30)
    rig.answer_looks([venue_order("o1", matched=30)], [leg("o1", "t1", 30, at=T0 - 40 * SECOND)])
    assert rig.kinds() == ["OrderUnknown", "OrderAccepted", "OrderFilled"]


def test_f006_a_fill_that_was_booked_before_is_not_told_again() -> None:
    rig = restart(remembered(OrderState.PARTIAL, fill("t1", 30, Settlement.PROVISIONAL)))
    rig.answer("o1", "LIVE", 30)
    rig.answer_looks([], [leg("o1", "t1", 30, at=T0 - 55 * SECOND)])
    assert not rig.told(ev.OrderFilled)


def test_f006_a_settlement_missed_while_away_is_told() -> None:
    rig = restart(remembered(OrderState.MATCHED, fill("t1", 100, Settlement.PROVISIONAL)))
    rig.answer_looks([], [leg("o1", "t1", 100, "FAILED", at=T0 - 55 * SECOND)])
    assert [report.settlement for report in rig.told(ev.FillSettled)] == [Settlement.VOID]


def test_f040_a_settlement_that_was_final_stays_so_over_a_restart() -> None:
    rig = restart(remembered(OrderState.MATCHED, fill("t1", 100, Settlement.CONFIRMED)))
    rig.answer_looks([], [leg("o1", "t1", 100, "FAILED", at=T0 - 55 * SECOND)])
    assert not rig.told(ev.FillSettled)
    assert len(rig.told(ev.MarketFrozen)) == 1


def test_f008_a_cancel_survives_the_restart_and_is_asked_again() -> None:
    rig = restart(remembered(OrderState.LIVE, cancel_asked_at=T0 - 45 * SECOND))
    assert [action.venue_order_ids for action in rig.take(SendCancels)] == [(digest("o1"),)]


def test_the_desk_is_not_ready_before_every_open_order_was_looked_up() -> None:
    rig = restart(remembered(OrderState.LIVE))
    rig.answer_looks([venue_order("o1")])
    assert [report.ready for report in rig.told(ev.ReadinessChanged)] == [False]
    rig.answer("o1", "LIVE")
    assert [report.ready for report in rig.told(ev.ReadinessChanged)] == [False, True]


@pytest.mark.parametrize("state", [OrderState.CANCELED, OrderState.REJECTED, OrderState.MATCHED])
def test_an_order_that_was_over_is_left_alone(state: OrderState) -> None:
    rig = restart(remembered(state))
    assert not rig.is_live()
    assert not rig.take(AskOrder)


def test_f011_a_zombie_given_up_before_the_restart_is_canceled_when_it_shows() -> None:
    rig = restart(remembered(OrderState.ABANDONED))
    rig.see_order("o1", "LIVE")
    assert rig.take(SendCancels)


def test_f020_an_order_taken_for_gone_before_the_restart_is_canceled_when_it_shows() -> None:
    rig = restart(remembered(OrderState.CANCELED, reason=GONE))
    rig.answer_looks([venue_order("o1")])
    assert rig.take(SendCancels)


def test_an_old_frame_does_not_bring_a_canceled_order_back_after_a_restart() -> None:
    rig = restart(remembered(OrderState.CANCELED))
    rig.see_order("o1", "LIVE")
    assert not rig.take(SendCancels)


def test_f048_an_external_order_stays_external() -> None:
    what = remembered(OrderState.LIVE)
    what.orders[0].intent = intent(origin=Origin.EXTERNAL)
    rig = restart(what)
    assert rig.pending().is_external


def test_fills_of_the_time_before_are_not_asked_for_twice() -> None:
    rig = restart(remembered(OrderState.PARTIAL, fill("t1", 30, Settlement.CONFIRMED)))
    rig.answer("o1", "LIVE", 30)
    assert not rig.pending().misses_fills


def test_f007_the_same_memory_gives_the_same_executor() -> None:
    what = remembered(OrderState.SENT)
    assert restart(what).executor.digest() == restart(what).executor.digest()


def test_a_denied_order_needs_nothing() -> None:
    rig = restart(remembered(OrderState.DENIED))
    assert not rig.kinds()
    rig.tell(given.UserLineChanged(up=True))
    assert not rig.take(AskOrder)


def test_a_start_lists_trades_since_the_last_session_had_looked_and_not_for_ever() -> None:
    """A venue's listing has an end; an account's life has none."""
    hour = 3_600 * SECOND
    life = 1_000 * hour
    for ready_at, expected in ((0, T0 - life), (T0 - 10 * hour, T0 - 11 * hour)):
        rig = Rig(Remembered((), (), T0 - life, ready_at), is_looking=True)
        (ask,) = [action for action in rig.actions if isinstance(action, AskTrades)]
        assert ask.after_ns == expected - rig.executor.state.patience.overlap
