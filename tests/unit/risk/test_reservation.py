"""What is kept aside covers any sequence of fills at or below the limit price."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import T0, YES, micros, ready_engine
from tests.unit.engine.test_orders import place

from polydesk.domain import events as ev
from polydesk.domain.fills import Fill, Liquidity
from polydesk.domain.ids import TradeId
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.domain.units import PriceMicros, ShareMicros, notional_ceil
from polydesk.risk.reservation import (
    FILL_ROUNDING,
    FILLS_COVERED,
    ROUNDING_RESERVE,
    worst_case_cost,
)

fees = st.builds(FeeSchedule, rate=st.integers(0, 999_999), exponent=st.integers(0, 3))
parts = st.lists(
    st.tuples(st.integers(1, 50_000_000), st.integers(0, 1_000_000)), min_size=1, max_size=60
)


def paid(price: int, size: int, schedule: FeeSchedule) -> int:
    """Return what a taker pays for one fill as the paper venue books it."""
    at, shares = PriceMicros(price), ShareMicros(size)
    return notional_ceil(at, shares) + schedule.taker(shares, at)


@given(limit=st.integers(100, 999_900), fills=parts, schedule=fees)
def test_any_fills_at_or_below_the_limit_cost_no_more(
    limit: int, fills: list[tuple[int, int]], schedule: FeeSchedule
) -> None:
    size = sum(part for part, _ in fills)

    cost = sum(paid(below % limit + 1, part, schedule) for part, below in fills)

    assert cost <= worst_case_cost(PriceMicros(limit), ShareMicros(size), schedule)


@given(limit=st.integers(100, 999_900), part=st.integers(1, 20_000), schedule=fees)
def test_as_many_fills_as_promised_are_covered(
    limit: int, part: int, schedule: FeeSchedule
) -> None:
    size = part * (FILLS_COVERED - 1)

    cost = paid(limit, part, schedule) * (FILLS_COVERED - 1)

    assert cost <= worst_case_cost(PriceMicros(limit), ShareMicros(size), schedule)


def test_the_promise_is_what_the_reserve_pays_for() -> None:
    assert FILLS_COVERED * FILL_ROUNDING <= ROUNDING_RESERVE


def test_nothing_left_reserves_nothing() -> None:
    assert worst_case_cost(PriceMicros(500_000), ShareMicros(0), FeeSchedule(rate=70_000)) == 0


@given(fills=st.lists(st.integers(1, 2_000_000), min_size=1, max_size=30), below=st.integers(0, 40))
def test_free_cash_never_falls_below_zero_while_an_order_fills(
    fills: list[int], below: int
) -> None:
    schedule = FeeSchedule(rate=70_000)
    size = ShareMicros(max(sum(fills), 5_000_000))
    need = worst_case_cost(PriceMicros(micros("0.50")), size, schedule)
    engine = ready_engine(fees=schedule, cash=f"{need / 1_000_000:.6f}")
    order = place(engine, size=f"{size / 1_000_000:.6f}")
    price = PriceMicros(micros("0.50") - below * 10_000)

    for number, part in enumerate(fills):
        value = notional_ceil(price, ShareMicros(part))
        fee = schedule.taker(ShareMicros(part), price)
        executed = Fill(
            TradeId(f"f{number}"), order.intent.client_order_id, YES, Side.BUY, price,
            ShareMicros(part), value, fee, Liquidity.TAKER, T0,
        )  # fmt: skip
        engine.process(ev.OrderFilled(executed, T0, T0))
        assert engine.account.free_cash >= 0

    rest = worst_case_cost(order.intent.price, order.remaining, schedule)
    reserved = engine.account.reserved.get(order.intent.client_order_id, 0)
    assert rest - ROUNDING_RESERVE <= reserved <= rest
