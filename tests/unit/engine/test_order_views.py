"""Rows and details of orders, and what the account shows as settled, at risk and total."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import SECOND, T0, YES, levels, micros, ready_engine, snapshot
from tests.unit.engine.test_order_life import DIGEST, accepted, ordered, sent, signed, unknown
from tests.unit.engine.test_orders import fill, place
from tests.unit.engine.test_readmodel import views

from polydesk.domain import events as ev
from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, TradeId
from polydesk.domain.orders import Order, OrderState
from polydesk.engine.engine import Engine
from polydesk.engine.readmodel.orders import OrderViews
from polydesk.ui.screens.words import state_help
from polydesk.views.models import OrderDetail, OrderRow, PortfolioView

P, C, V = Settlement.PROVISIONAL, Settlement.CONFIRMED, Settlement.VOID


def provisional(order: Order, size: str, value: str, *, ref: str = "f1") -> ev.OrderFilled:
    told = fill(order, size, value, ref=ref)
    return replace(told, fill=replace(told.fill, settlement=P))


def settle(order: Order, what: Settlement, *, ref: str = "f1", reason: str = "") -> ev.FillSettled:
    return ev.FillSettled(TradeId(ref), order.intent.client_order_id, what, T0, T0, reason)


def detail(engine: Engine, key: ClientOrderId) -> OrderDetail:
    shown = OrderViews(engine, views(engine)[1]).detail(key)
    assert shown is not None
    return shown


def row(engine: Engine, key: ClientOrderId) -> OrderRow:
    return detail(engine, key).row


def test_the_trace_of_an_order_goes_from_intent_to_settlement() -> None:
    engine, order, key, _ = ordered()
    for event in (
        signed(key),
        sent(key),
        accepted(key),
        provisional(order, "10", "5"),
        settle(order, C),
    ):
        engine.process(event)

    steps = [line.step for line in detail(engine, key).trace]

    assert steps == ["intent", "approved", "signed", "sent", "accepted", "filled", "settled"]


def test_a_row_tells_what_was_last_learned_of_an_order() -> None:
    engine, _, key, _ = ordered()
    engine.process(signed(key))
    assert row(engine, key).evidence == f"signed: {DIGEST}"
    engine.process(replace(sent(key), ts_init=T0 + SECOND))
    assert (row(engine, key).evidence, row(engine, key).updated_at) == ("sent", T0 + SECOND)
    engine.process(unknown(key))
    assert row(engine, key).evidence == "unknown: the answer was lost"
    engine.process(ev.OrderNoted(key, T0, T0, "looked up by digest: not found yet"))

    shown = row(engine, key)

    assert shown.evidence == "looked up by digest: not found yet"
    assert (shown.state, shown.venue_order_id) == (OrderState.UNKNOWN, DIGEST)


def test_an_order_of_which_nothing_is_known_has_no_detail() -> None:
    engine = ready_engine()
    assert OrderViews(engine, views(engine)[1]).detail(ClientOrderId("nobody")) is None


def test_fills_show_the_settlement_they_have_now() -> None:
    engine, order, key, _ = ordered()
    for ref in ("a", "b", "c"):
        engine.process(provisional(order, "2", "1", ref=ref))
    engine.process(settle(order, C, ref="a"))
    engine.process(settle(order, V, ref="b", reason="reverted"))

    shown = detail(engine, key)

    assert [line.settlement for line in shown.fills] == [C, V, P]
    assert shown.row.at_risk == micros("2")
    assert shown.row.filled == micros("4")
    assert shown.trace[-1].step == "void"
    assert "reverted" in shown.trace[-1].words


def test_a_closed_order_shown_is_written_again_when_its_fill_settles() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    portfolio = views(engine)[2]
    (before,) = portfolio.portfolio().orders
    assert (before.state, before.at_risk) == (OrderState.MATCHED, micros("10"))

    engine.process(settle(order, C))

    (after,) = portfolio.portfolio().orders
    assert (after.at_risk, after.evidence) == (0, "settled: trade f1")


def shown_of(engine: Engine) -> PortfolioView:
    return views(engine)[2].portfolio()


def test_settled_and_at_risk_make_the_total_and_the_parts_move_when_a_fill_settles() -> None:
    engine = ready_engine()
    order = place(engine)
    engine.process(provisional(order, "10", "5"))
    engine.process(snapshot(levels(("0.59", "1")), levels(("0.61", "1")), at=T0 + SECOND))

    risky = shown_of(engine)
    engine.process(settle(order, C))
    safe = shown_of(engine)

    assert (risky.settled, risky.at_risk, risky.at_risk_value) == (0, micros("1"), micros("5"))
    assert (safe.settled, safe.at_risk, safe.at_risk_value) == (micros("1"), 0, 0)
    assert [p.settled_size for p in (*risky.positions, *safe.positions)] == [0, micros("10")]


def test_a_sale_at_risk_leaves_a_row_also_when_nothing_is_held_any_more() -> None:
    engine = ready_engine()
    engine.process(fill(place(engine), "10", "5"))
    position = engine.account.ledger.position(YES)
    sale = fill(place(engine, ref="k2"), "10", "7", ref="f2").fill
    sale = replace(sale, side=type(sale.side).SELL, settlement=P)
    engine.account.ledger.apply_fill(sale)
    engine.account.version += 1

    shown = shown_of(engine)

    assert position.size == micros("10")
    (held,) = shown.positions
    # Sold at 0.70; should the sale fail, the shares are still marked at the midpoint, 0.495.
    assert (held.size, held.settled_size) == (0, micros("10"))
    assert (held.at_risk, shown.at_risk) == (micros("2.05"), micros("2.05"))


SETTLED = st.sampled_from([None, C, V])


@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(st.tuples(st.integers(1, 300), SETTLED), min_size=1, max_size=6),
    mid=st.integers(10, 98),
)
def test_headers_are_the_sums_of_the_rows(
    parts: list[tuple[int, Settlement | None]], mid: int
) -> None:
    engine = ready_engine()
    for n, (cents, settlement) in enumerate(parts):
        order = place(engine, size="6", ref=f"k{n}")
        engine.process(provisional(order, "6", f"{cents / 100:.2f}", ref=f"f{n}"))
        if settlement is not None:
            engine.process(settle(order, settlement, ref=f"f{n}"))
    sides = levels((f"{mid / 100:.2f}", "1")), levels((f"{(mid + 1) / 100:.2f}", "1"))
    engine.process(snapshot(*sides, at=T0 + SECOND))

    view = shown_of(engine)

    rows = view.positions
    assert view.positions_value == sum(p.value for p in rows)
    assert view.unrealised == sum(p.unrealised for p in rows)
    assert view.realised == sum(p.realised for p in rows)
    assert view.at_risk == sum(p.at_risk for p in rows)
    assert view.settled + view.at_risk == view.realised + view.unrealised
    assert view.cash + view.positions_value == view.equity
    at_risk = [fill for fill, (_, s) in zip(engine.account.fills, parts) if s is None]
    assert view.at_risk_value == sum(fill.value for fill in at_risk)


def test_a_row_tells_of_fills_that_failed_to_settle() -> None:
    engine, order, key, _ = ordered()
    for event in (accepted(key), provisional(order, "10", "5"), settle(order, V)):
        engine.process(event)

    shown = row(engine, key)

    assert (shown.state, shown.filled, shown.voided) == (OrderState.MATCHED, 0, micros("10"))
    assert state_help(shown) == "all of it was matched; 10 shares of that failed to settle"
    assert shown.evidence == "void: trade f1: its settlement failed"
