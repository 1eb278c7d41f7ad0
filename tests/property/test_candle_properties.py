"""Bars equal those computed from all prices at once."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.analytics.candles import CandleBook
from polydesk.domain.candles import Candle
from polydesk.domain.ids import TokenId

S = 1_000_000_000
T = TokenId("1")
INTERVALS = (1, 5, 60, 300)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, S // 3, S, 4 * S, 30 * S, 61 * S, 400 * S]),
        st.integers(1, 999),
        st.integers(0, 50),
        st.sampled_from(["", "", "", "due", "all"]),
    ),
    max_size=60,
)


def reference(prices: list[tuple[int, int, int]], interval_s: int) -> list[Candle]:
    bars: dict[int, list[tuple[int, int]]] = {}
    for ts, price, size in prices:
        bars.setdefault(ts - ts % (interval_s * S), []).append((price, size))
    return [
        Candle(
            start, held[0][0], max(p for p, _ in held), min(p for p, _ in held), held[-1][0],
            sum(size for _, size in held),
        )
        for start, held in sorted(bars.items())
    ]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_bars_in_order_equal_the_reference_whenever_they_are_closed(
    steps: list[tuple[int, int, int, str]],
) -> None:
    book = CandleBook(INTERVALS, keep=1_000)
    stored: dict[tuple[int, int], Candle] = {}
    prices = []
    now = 7_000 * S
    closed = []
    for step, price, size, close in steps:
        now += step
        prices.append((now, price, size))
        closed += book.on_price(T, now, price, size)
        if close:
            closed += book.close_due(now) if close == "due" else book.close_all()
    shown = {interval: list(book.recent(T, interval, 1_000)) for interval in INTERVALS}
    for bar in [*closed, *book.close_all()]:
        stored[bar.interval_s, bar.candle.ts] = bar.candle
    for interval in INTERVALS:
        expected = reference(prices, interval)
        assert shown[interval] == expected
        assert [bar for key, bar in sorted(stored.items()) if key[0] == interval] == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200 * S), st.integers(1, 999), st.integers(0, 9)), max_size=60
    )
)
def test_prices_in_any_order_lose_no_volume_while_the_coarsest_bar_is_open(
    prices: list[tuple[int, int, int]],
) -> None:
    book = CandleBook(INTERVALS, keep=1_000)
    for ts, price, size in prices:
        book.on_price(T, ts, price, size)
    bars = book.recent(T, 300, 9)
    assert sum(bar.volume for bar in bars) == sum(size for _, _, size in prices)
    for bar in bars:
        assert bar.low == min(price for _, price, _ in prices)
        assert bar.high == max(price for _, price, _ in prices)
    for interval in INTERVALS:
        starts = [bar.ts for bar in book.recent(T, interval, 1_000)]
        assert starts == sorted(set(starts))
