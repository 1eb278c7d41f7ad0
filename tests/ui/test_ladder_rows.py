from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydesk.domain.book import HashState
from polydesk.domain.ids import TokenId
from polydesk.domain.units import MICROS
from polydesk.ui.panes.ladder_rows import (
    MARK_FRAMES,
    Marks,
    Window,
    book_words,
    build_rows,
    doubt_words,
    imbalance,
    nice_scale,
    on_grid,
)
from polydesk.views.models import BookView, OwnLevel

TICK = 1_000
VIEW = BookView(
    version=1,
    token_id=TokenId("1"),
    title="t",
    outcome="o",
    tick=TICK,
    bids=((612_000, 5 * MICROS), (610_000, 20 * MICROS)),
    asks=((614_000, 10 * MICROS), (615_000, 30 * MICROS)),
    last_trade=614_000,
    epoch=1,
    stale=False,
    crossed=False,
    hash_state=HashState.PROVEN,
    changed_at=0,
    own=(OwnLevel(612_000, True, 2 * MICROS, 3 * MICROS),),
    traded=((614_000, 7 * MICROS),),
)


def window(height: int = 11, centre: int = 613_000) -> Window:
    made = Window(tick=TICK, height=height)
    made.centre(centre)
    return made


def rows(view: BookView = VIEW, *, cumulative: bool = False) -> dict[int, tuple[int, int]]:
    built = build_rows(view, window(), Marks(), None, cumulative=cumulative)
    if cumulative:
        return {row.price: (row.bid_total, row.ask_total) for row in built}
    return {row.price: (row.bid, row.ask) for row in built}


def test_every_price_of_the_window_has_one_row_from_the_top_down() -> None:
    prices = [row.price for row in build_rows(VIEW, window(), Marks(), None, cumulative=False)]
    assert prices == list(range(618_000, 607_000, -TICK))


def test_sizes_stand_at_their_prices() -> None:
    shown = rows()
    assert shown[612_000] == (5 * MICROS, 0)
    assert shown[615_000] == (0, 30 * MICROS)
    assert shown[613_000] == (0, 0)


def test_cumulative_carries_the_sum_away_from_the_touch() -> None:
    shown = rows(cumulative=True)
    assert shown[611_000] == (5 * MICROS, 0)
    assert shown[610_000] == (25 * MICROS, 0)
    assert shown[618_000] == (0, 40 * MICROS)
    assert shown[613_000] == (0, 0)


def test_cumulative_counts_levels_above_a_scrolled_window() -> None:
    low = window(centre=607_000)
    built = build_rows(VIEW, low, Marks(), None, cumulative=True)
    assert built[0].price == 612_000
    lower = window(height=3, centre=606_000)
    assert build_rows(VIEW, lower, Marks(), None, cumulative=True)[0].bid_total == 25 * MICROS


def test_own_orders_queue_traded_and_touch_are_on_their_rows() -> None:
    by_price = {
        row.price: row for row in build_rows(VIEW, window(), Marks(), 610_000, cumulative=False)
    }
    assert (by_price[612_000].own_bid, by_price[612_000].bid_queue) == (2 * MICROS, 3 * MICROS)
    assert by_price[614_000].traded == 7 * MICROS
    assert by_price[614_000].last
    assert [by_price[p].place for p in (612_000, 613_000, 614_000)] == ["bid", "inside", "ask"]
    assert [price for price, row in by_price.items() if row.selected] == [610_000]


def test_levels_between_two_grids_are_added_up_not_hidden() -> None:
    fine = replace(VIEW, bids=((612_500, MICROS), (612_000, MICROS)), asks=((614_100, MICROS),))
    shown = on_grid(fine)
    assert shown.bids == ((612_000, 2 * MICROS),)
    assert shown.asks == ((615_000, MICROS),)
    assert on_grid(VIEW) is VIEW


def test_a_size_that_grew_or_shrank_is_marked_for_a_while() -> None:
    marks, shown = Marks(), window()
    marks.observe(VIEW, shown, frame=1)
    assert marks.at(True, 612_000) == ""
    moved = replace(VIEW, bids=((612_000, 9 * MICROS),), asks=VIEW.asks)
    marks.observe(moved, shown, frame=2)
    assert marks.at(True, 612_000) == "+"
    assert marks.at(True, 610_000) == "-"
    assert marks.at(False, 614_000) == ""
    assert not marks.expire(2 + MARK_FRAMES - 1)
    assert marks.expire(2 + MARK_FRAMES)
    assert marks.at(True, 612_000) == ""


def test_small_flicker_is_not_marked() -> None:
    marks, shown = Marks(), window()
    marks.observe(VIEW, shown, frame=1)
    marks.observe(
        replace(VIEW, asks=((614_000, 11 * MICROS), (615_000, 30 * MICROS))), shown, frame=2
    )
    assert marks.at(False, 614_000) == ""


def test_prices_that_come_into_the_window_are_not_called_stacked() -> None:
    marks = Marks()
    marks.observe(replace(VIEW, bids=VIEW.bids[:1]), window(height=3), frame=1)
    marks.observe(VIEW, window(height=11), frame=2)
    assert marks.at(True, 610_000) == ""


@given(price=st.integers(1, 999).map(lambda n: n * TICK), height=st.integers(3, 60))
def test_a_centred_window_shows_its_price_and_stays_on_the_grid(price: int, height: int) -> None:
    shown = window(height, price)
    assert shown.holds(price)
    assert shown.top % TICK == 0
    assert shown.top <= MICROS - TICK
    assert shown.bottom >= TICK


def test_a_window_taller_than_the_grid_shows_the_whole_grid() -> None:
    shown = Window(tick=100_000, height=20)
    shown.centre(500_000)
    assert all(shown.holds(price) for price in range(100_000, 1_000_000, 100_000))


@given(price=st.integers(1, 999).map(lambda n: n * TICK), step=st.integers(1, 999))
def test_showing_a_price_scrolls_no_more_than_needed(price: int, step: int) -> None:
    shown = window(11, price)
    before = shown.top
    shown.show(step * TICK)
    assert shown.holds(step * TICK)
    if before - 10 * TICK <= step * TICK <= before:
        assert shown.top == before


@given(size=st.integers(1, 10**15))
def test_bars_never_pass_their_column(size: int) -> None:
    assert nice_scale(size) >= size
    assert size * 64 // nice_scale(size) <= 64


def test_imbalance_of_the_best_levels() -> None:
    assert imbalance(VIEW) == (-15 * MICROS, 65 * MICROS)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"stale": True}, "STALE"),
        ({"crossed": True}, "CROSSED"),
        ({"hash_state": HashState.BROKEN}, "BROKEN"),
        ({"epoch": 0}, "WAITING"),
    ],
)
def test_a_bad_book_is_called_so_in_words(change: dict[str, object], word: str) -> None:
    view = replace(VIEW, **change)  # type: ignore[arg-type]
    assert book_words(view).startswith(word)
    assert doubt_words(view)


def test_an_unproven_book_is_whole_but_in_doubt() -> None:
    view = replace(VIEW, hash_state=HashState.UNPROVEN)
    assert not book_words(view)
    assert doubt_words(view).startswith("UNPROVEN")
    assert not doubt_words(VIEW)
