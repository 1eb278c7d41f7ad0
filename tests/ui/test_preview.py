from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ui.fake_source import FakeSource

from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import MICROS
from polydesk.ui.screens.preview import effect_words, parse_size, preview
from polydesk.views.models import BookView

M = MICROS


def book() -> BookView:
    source = FakeSource()
    held = source.books[TokenId("1001")]
    held.bids = {612_000: 100 * M, 610_000: 200 * M}
    held.asks = {614_000: 10 * M, 616_000: 30 * M}
    view = source.book(held.token, 10)
    assert view is not None
    return view


def test_a_buy_below_the_ask_rests_behind_what_is_there() -> None:
    shown = preview(book(), Side.BUY, 612_000, 40 * M)
    assert (shown.fills_now, shown.average, shown.rests) == (0, None, 40 * M)
    assert shown.queue == 100 * M
    assert shown.worst == 24_480_000


def test_a_buy_through_two_levels_pays_their_average() -> None:
    shown = preview(book(), Side.BUY, 616_000, 20 * M)
    assert shown.fills_now == 20 * M
    assert shown.average == 615_000
    assert shown.now == 12_300_000
    assert shown.rests == 0


def test_a_buy_stops_at_its_limit() -> None:
    shown = preview(book(), Side.BUY, 615_000, 20 * M)
    assert (shown.fills_now, shown.rests) == (10 * M, 10 * M)


def test_a_sell_walks_the_bids_down_to_its_limit() -> None:
    shown = preview(book(), Side.SELL, 611_000, 150 * M)
    assert (shown.fills_now, shown.average, shown.rests) == (100 * M, 612_000, 50 * M)


@given(
    price=st.integers(1, 999).map(lambda n: n * 1_000),
    size=st.integers(1, 500).map(lambda n: n * M),
    side=st.sampled_from(Side),
)
def test_nothing_is_lost_and_the_limit_bounds_the_price(price: int, size: int, side: Side) -> None:
    shown = preview(book(), side, price, size)
    assert shown.fills_now + shown.rests == size
    if shown.average is not None:
        assert shown.average <= price if side is Side.BUY else shown.average >= price - 1


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("40", 40 * M),
        ("12.5", 12_500_000),
        ("$25", 40_980_000),
        ("", None),
        ("$", None),
        (".", None),
        ("0", None),
        ("0.001", None),
        ("-5", None),
        ("1e9", None),
    ],
)
def test_size_is_shares_or_dollars_at_the_price(text: str, size: int | None) -> None:
    assert parse_size(text, 610_000) == size


@pytest.mark.parametrize(
    ("price", "tif", "post_only", "words"),
    [
        (612_000, TimeInForce.GTC, False, "rests"),
        (616_000, TimeInForce.GTC, False, "fills now"),
        (614_000, TimeInForce.GTC, False, "fills in part, rest rests"),
        (614_000, TimeInForce.FAK, False, "fills in part, rest canceled"),
        (614_000, TimeInForce.FOK, False, "nothing: fill or kill, and the book offers less"),
        (612_000, TimeInForce.GTD, False, "rests"),
        (614_000, TimeInForce.GTD, False, "fills in part, rest rests"),
        (612_000, TimeInForce.FAK, False, "canceled: nothing to take"),
        (616_000, TimeInForce.GTC, True, "refused: post only, and it would take"),
        (612_000, TimeInForce.GTC, True, "rests"),
    ],
)
def test_the_effect_is_told_in_words(
    price: int, tif: TimeInForce, post_only: bool, words: str
) -> None:
    shown = preview(book(), Side.BUY, price, 20 * M)
    assert effect_words(shown, tif, post_only=post_only) == words
