"""The queue model alone: conservation and the order of the three estimates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from polydesk.venues.simulation.queue_position import PRINT_WINDOW_NS, QueuePosition

SIZES = st.integers(0, 1_000)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["total", "trade", "through"]),
        SIZES,
        st.integers(0, 2 * PRINT_WINDOW_NS),
    ),
    max_size=40,
)


def run(position, steps):
    now = 0
    for kind, size, wait in steps:
        now += wait
        if kind == "total":
            position.on_total(size, now)
        else:
            position.on_trade(size, size, now, through=kind == "through")
        yield


@given(size=st.integers(1, 500), displayed=SIZES, steps=STEPS)
def test_estimates_never_swap_and_never_go_back(size, displayed, steps):
    position = QueuePosition(size, displayed)
    worst, middle, best = position.pessimistic, position.expected, position.optimistic
    filled, ahead = 0, displayed
    for _ in run(position, steps):
        assert worst.ahead >= middle.ahead >= best.ahead >= 0
        assert worst.filled <= middle.filled <= best.filled <= size
        assert worst.filled >= filled
        assert worst.ahead <= ahead
        filled, ahead = worst.filled, worst.ahead


@given(size=st.integers(1, 500), displayed=SIZES, steps=STEPS)
def test_the_account_gets_only_what_was_printed_beyond_the_queue(size, displayed, steps):
    position = QueuePosition(size, displayed)
    printed = 0
    for (kind, volume, _), _ in zip(steps, run(position, steps), strict=False):
        printed += volume if kind != "total" else 0
        assert position.optimistic.filled <= printed


@given(displayed=st.integers(1, 1_000), trades=st.lists(st.integers(1, 200), max_size=20))
def test_without_cancels_all_estimates_agree(displayed, trades):
    position = QueuePosition(10_000, displayed)
    total, now = displayed, 0
    for size in trades:
        now += PRINT_WINDOW_NS // 3
        size = min(size, total)
        total -= size
        if size % 2:
            position.on_total(total, now)
            position.on_trade(size, size, now, through=False)
        else:
            position.on_trade(size, size, now, through=False)
            position.on_total(total, now)
    position.on_total(total, now + 5 * PRINT_WINDOW_NS)
    assert position.pessimistic == position.expected == position.optimistic
    assert position.pessimistic.ahead == total


def test_a_small_print_through_our_price_ends_the_queue():
    position = QueuePosition(10, 100)
    assert position.on_trade(3, 3, 0, through=True) == 0
    assert position.pessimistic.ahead == position.optimistic.ahead == 0


def test_an_old_print_explains_no_later_fall():
    position = QueuePosition(10, 100)
    position.on_trade(40, 40, 0, through=False)
    position.on_total(60, PRINT_WINDOW_NS + 1)
    position.on_total(59, 3 * PRINT_WINDOW_NS)
    assert position.optimistic.ahead == 20
    assert position.pessimistic.ahead == 60
