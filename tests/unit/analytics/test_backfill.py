from __future__ import annotations

from polydesk.analytics.backfill import bars_from_points
from polydesk.analytics.candles import CandleBook
from polydesk.domain.candles import Candle
from polydesk.domain.ids import TokenId

S = 1_000_000_000
TOKEN = TokenId("1")


def test_points_of_one_bar_give_its_open_high_low_and_close() -> None:
    points = [(600 * S, 50), (660 * S, 70), (720 * S, 40), (899 * S, 60), (900 * S, 61)]

    assert bars_from_points(points, 300) == [
        Candle(600 * S, 50, 70, 40, 60, 0),
        Candle(900 * S, 61, 61, 61, 61, 0),
    ]


def test_no_points_give_no_bars() -> None:
    assert bars_from_points([], 300) == []


def test_older_bars_go_before_those_a_token_has() -> None:
    book = CandleBook(intervals=(300,))
    book.on_price(TOKEN, 1_200 * S, 80, 5)
    book.on_price(TOKEN, 1_500 * S, 90, 5)

    book.backfill(TOKEN, 300, bars_from_points([(600 * S, 50), (900 * S, 60), (1_200 * S, 1)], 300))

    assert [(c.ts // S, c.close) for c in book.recent(TOKEN, 300, 10)] == [
        (600, 50),
        (900, 60),
        (1_200, 80),
        (1_500, 90),
    ]


def test_a_backfill_before_the_first_price_is_continued() -> None:
    book = CandleBook(intervals=(300,))
    book.backfill(TOKEN, 300, bars_from_points([(600 * S, 50)], 300))

    book.on_price(TOKEN, 900 * S, 55, 1)

    assert [(c.ts // S, c.close) for c in book.recent(TOKEN, 300, 10)] == [(600, 50), (900, 55)]


def test_a_backfill_keeps_the_bound() -> None:
    book = CandleBook(intervals=(300,), keep=3)

    book.backfill(TOKEN, 300, bars_from_points([(n * 300 * S, n) for n in range(1, 9)], 300))

    assert [c.close for c in book.recent(TOKEN, 300, 10)] == [6, 7, 8]
