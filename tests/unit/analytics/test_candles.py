"""Bars of all intervals agree with each other, late prices included."""

from __future__ import annotations

import pytest

from polydesk.analytics.candles import CandleBook, ClosedBar
from polydesk.domain.candles import Candle
from polydesk.domain.ids import TokenId

S = 1_000_000_000
T = TokenId("1")


def book(**options: int) -> CandleBook:
    return CandleBook((1, 5, 60), **options)


def test_prices_of_one_second_make_one_bar() -> None:
    bars = book()
    for ts, price, size in ((100, 500, 1), (200, 700, 2), (300, 400, 0), (400, 600, 4)):
        assert not bars.on_price(T, 60 * S + ts, price, size)
    expected = Candle(60 * S, 500, 700, 400, 600, 7)
    for interval in (1, 5, 60):
        assert bars.recent(T, interval, 9) == (expected,)
        assert bars.open_bar(T, interval) == expected


def test_the_next_second_closes_the_finest_bar_only() -> None:
    bars = book()
    bars.on_price(T, 0, 500, 1)
    closed = bars.on_price(T, S, 510, 2)
    assert closed == [ClosedBar(T, 1, Candle(0, 500, 500, 500, 500, 1))]
    assert bars.open_bar(T, 1) == Candle(S, 510, 510, 510, 510, 2)
    assert bars.open_bar(T, 5) == Candle(0, 500, 510, 500, 510, 3)


def test_a_pause_closes_every_bar_that_is_over_finest_first() -> None:
    bars = book()
    bars.on_price(T, 3 * S, 500, 1)
    bars.on_price(T, 4 * S, 450, 1)
    closed = bars.on_price(T, 61 * S, 900, 1)
    assert [bar.interval_s for bar in closed] == [1, 5, 60]
    assert closed[-1].candle == Candle(0, 500, 500, 450, 450, 2)
    assert bars.recent(T, 60, 9) == (closed[-1].candle, Candle(60 * S, 900, 900, 900, 900, 1))


def test_empty_seconds_make_no_bars() -> None:
    bars = book()
    for second in (0, 7, 100):
        bars.on_price(T, second * S, 500, 1)
    assert [bar.ts for bar in bars.recent(T, 1, 9)] == [0, 7 * S, 100 * S]


def test_a_late_price_in_the_open_bar_counts_but_is_not_the_close() -> None:
    bars = book()
    bars.on_price(T, 900, 500, 1)
    bars.on_price(T, 100, 800, 2)
    assert bars.open_bar(T, 1) == Candle(0, 500, 800, 500, 500, 3)
    assert bars.late == 0


def test_a_price_too_late_for_the_second_still_counts_for_the_minute() -> None:
    bars = book()
    for ts, price in ((10 * S, 500), (11 * S, 510), (16 * S, 520)):
        bars.on_price(T, ts, price, 1)
    assert bars.on_price(T, 10 * S + 5, 900, 5) == ()
    assert bars.late == 1
    assert bars.recent(T, 1, 9)[0] == Candle(10 * S, 500, 500, 500, 500, 1)
    assert bars.open_bar(T, 60) == Candle(0, 500, 900, 500, 520, 8)
    assert bars.open_bar(T, 5) == Candle(15 * S, 520, 520, 520, 520, 1)


def test_a_price_older_than_every_open_bar_changes_nothing() -> None:
    bars = book()
    bars.on_price(T, 120 * S, 500, 1)
    before = bars.recent(T, 60, 9)
    bars.on_price(T, 59 * S, 900, 1)
    assert bars.recent(T, 60, 9) == before
    assert bars.late == 1


def test_a_late_price_after_a_quiet_close_leaves_closed_bars_alone() -> None:
    bars = book()
    bars.on_price(T, 5 * S, 500, 1)
    closed = bars.close_due(70 * S)
    bars.on_price(T, 4 * S, 900, 1)
    assert bars.close_due(999 * S) == []
    assert bars.recent(T, 60, 9) == (closed[-1].candle,)


def test_quiet_tokens_are_closed_by_time() -> None:
    bars = book()
    bars.on_price(T, 0, 500, 1)
    assert [bar.interval_s for bar in bars.close_due(S - 1)] == []
    assert [bar.interval_s for bar in bars.close_due(S)] == [1]
    assert [bar.interval_s for bar in bars.close_due(60 * S)] == [5, 60]
    assert bars.open_bar(T, 60) is None


def test_a_bar_closed_too_early_is_completed_and_given_out_whole() -> None:
    bars = book()
    bars.on_price(T, 100, 500, 1)
    bars.close_all()
    bars.on_price(T, 200, 700, 2)
    assert bars.recent(T, 1, 9) == (Candle(0, 500, 700, 500, 700, 3),)
    closed = bars.on_price(T, 60 * S, 800, 1)
    whole = Candle(0, 500, 700, 500, 700, 3)
    assert [bar.candle for bar in closed] == [whole, whole, whole]
    assert bars.recent(T, 60, 1) == (Candle(60 * S, 800, 800, 800, 800, 1),)


def test_stored_bars_are_shown_before_and_joined_with_new_ones() -> None:
    bars = book()
    bars.seed(T, 60, [Candle(0, 1, 2, 1, 2, 5), Candle(60 * S, 500, 600, 400, 450, 5)])
    bars.on_price(T, 90 * S, 700, 1)
    assert bars.recent(T, 60, 9) == (
        Candle(0, 1, 2, 1, 2, 5),
        Candle(60 * S, 500, 700, 400, 700, 6),
    )
    (*_, minute) = bars.on_price(T, 120 * S, 1, 1)
    assert minute == ClosedBar(T, 60, Candle(60 * S, 500, 700, 400, 700, 6))


def test_the_limit_counts_the_open_bar() -> None:
    bars = book()
    for second in range(20):
        bars.on_price(T, second * S, 500 + second, 1)
    assert [bar.close for bar in bars.recent(T, 1, 3)] == [517, 518, 519]
    assert bars.recent(T, 1, 0) == ()
    assert bars.recent(TokenId("other"), 1, 5) == ()


def test_memory_is_bounded_per_series_and_over_tokens() -> None:
    bars = book(keep=10, max_tokens=3)
    for second in range(200):
        bars.on_price(T, second * S, 500, 1)
    assert 10 <= len(bars.recent(T, 1, 1_000)) <= 14
    for number in range(2, 5):
        closed = bars.on_price(TokenId(str(number)), (100 + number) * S, 500, 1)
    assert [bar.token_id for bar in closed] == ["2", "2", "2"]
    assert bars.recent(TokenId("2"), 1, 5) == ()
    assert bars.recent(T, 1, 1) != ()


def test_a_full_book_takes_no_seeds_for_new_tokens() -> None:
    bars = book(max_tokens=1)
    bars.on_price(T, 0, 500, 1)
    bars.seed(TokenId("2"), 60, [Candle(0, 1, 1, 1, 1, 1)])
    assert bars.recent(TokenId("2"), 60, 5) == ()
    assert bars.recent(T, 60, 5) != ()


@pytest.mark.parametrize("intervals", [(), (0, 1), (5, 1), (5, 5), (2, 3), (-1,)])
def test_intervals_that_do_not_nest_are_refused(intervals: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="intervals must rise"):
        CandleBook(intervals)


@pytest.mark.parametrize("options", [{"keep": 0}, {"max_tokens": 0}])
def test_bounds_must_be_positive(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        book(**options)


def test_an_interval_that_is_not_built_is_an_error() -> None:
    bars = book()
    bars.on_price(T, 0, 1, 1)
    with pytest.raises(KeyError):
        bars.recent(T, 7, 1)
