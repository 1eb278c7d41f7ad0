from __future__ import annotations

import pytest
from rich.cells import cell_len

from polydesk.ui import format as fmt

M = 1_000_000
MS = 1_000_000


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(613_000, 3, ".613"), (613_000, 2, ".61"), (M, 3, "1.000"), (0, 2, ".00"), (100, 4, ".0001")],
)
def test_price_has_no_leading_zero_and_fixed_decimals(value: int, decimals: int, text: str) -> None:
    assert fmt.price(value, decimals) == text


def test_price_rounds_half_away_from_zero() -> None:
    assert fmt.price(571_250, 3) == ".571"
    assert fmt.price(571_500, 3) == ".572"


@pytest.mark.parametrize(("tick", "places"), [(100_000, 1), (10_000, 2), (2_500, 4), (100, 4)])
def test_every_grid_price_is_exact_in_its_decimals(tick: int, places: int) -> None:
    assert fmt.price_decimals(tick) == places
    assert tick % 10 ** (6 - places) == 0


@pytest.mark.parametrize(
    ("value", "text"), [(3_000, "+.003"), (-3_000, "-.003"), (0, "0"), (40, "0"), (None, "-")]
)
def test_price_change_signs_only_what_shows(value: int | None, text: str) -> None:
    assert fmt.price_change(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(9_412_600_000, "9,412.60"), (-1, "0.00"), (-5_000, "-0.01"), (1_005_000, "1.01")],
)
def test_money_shows_cents_and_no_negative_zero(value: int, text: str) -> None:
    assert fmt.money(value) == text


def test_signed_money_always_has_a_sign_unless_zero() -> None:
    shown = [fmt.signed_money(v) for v in (87_310_000, -87_310_000, 0, None)]
    assert shown == ["+87.31", "-87.31", "0.00", "-"]


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        (1_250 * M, 6, "1,250"),
        (1_250_000, 6, "1.25"),
        (12_345 * M, 5, "12.3k"),
        (123_456_789 * M, 5, "123M"),
        (2 * M, 1, "2"),
    ],
)
def test_short_size_stays_inside_its_column(value: int, width: int, text: str) -> None:
    assert fmt.short_size(value, width) == text
    assert len(fmt.short_size(value, width)) <= width


def test_exact_size_keeps_two_decimals_when_they_count() -> None:
    assert [fmt.exact_size(v) for v in (40 * M, 40_500_000)] == ["40", "40.50"]


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ms"),
        (99 * MS, "99 ms"),
        (300 * MS, "0.3 s"),
        (9_960 * MS, "10 s"),
        (59_600 * MS, "1m00s"),
        (184_000 * MS, "3m04s"),
        (7_500_000 * MS, "2h05m"),
        (90_000_000 * MS, "1d01h"),
        (-5, "0 ms"),
    ],
)
def test_duration_keeps_two_useful_digits(ns: int, text: str) -> None:
    assert fmt.duration(ns) == text


def test_clock_is_utc_time_of_day() -> None:
    assert fmt.clock(1_780_796_579_310_000_000, 2) == "01:42:59.31"


@pytest.mark.parametrize(
    "text", ["日本語テキスト", "plain", "a\x1b[31mb\u202ec", "e\u0301" * 30, "👩‍👩‍👧 team"]
)
@pytest.mark.parametrize("width", [0, 1, 2, 5, 12])
def test_fit_fills_exactly_its_cells_with_inert_text(text: str, width: int) -> None:
    shown = fmt.fit(text, width)
    assert cell_len(shown) == width
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in shown)


def test_fit_aligns_and_marks_a_cut() -> None:
    assert fmt.fit("abc", 6, "right") == "   abc"
    assert fmt.fit("abcdef", 4) == "abc…"


def test_safe_never_reads_markup() -> None:
    hostile = "[red]x[/red] [@click=app.quit()]y"
    assert fmt.safe(hostile).plain == hostile
    assert not fmt.safe(hostile).spans
    assert fmt.safe_text(hostile).plain == hostile


def test_percent_and_its_signed_form() -> None:
    assert fmt.percent(8, 1_000, 1) == "0.8%"
    assert fmt.signed_percent(-38, 100) == "-38%"
    assert fmt.percent(1, 0) == "-"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1_900_000, "1"), (400_000, "<1"), (0, "0"), (None, "-"), (12_345_600_000, "12,345")],
)
def test_whole_size_has_no_decimals(value: int | None, text: str) -> None:
    assert fmt.whole_size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(613_000, ".613 "), (613_500, ".6135"), (1_000_000, "1.000"), (None, " -   ")],
)
def test_a_price_cell_keeps_its_point_in_line(value: int | None, text: str) -> None:
    assert fmt.price_cell(value) == text


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("Golden Knights v Hurricanes, game 4 · market B", 24, "Golden Knight…· market B"),
        ("short", 20, "short               "),
        ("Will the Fed cut rates in July?", 25, "Will the Fed cut…in July?"),
        ("日本語テキストの長い題名です", 13, None),
        ("日本語テキストの長い題名です、今年も 東京", 24, None),
        ("Golden Knights v Hurricanes", 17, "Golden Knights v…"),
        ("abcdefghijklmnopqrstuvwxyz", 24, "abcdefghijklmnopqrstuvw…"),
    ],
)
def test_fit_ends_keeps_both_ends(text: str, width: int, shown: str | None) -> None:
    assert cell_len(fmt.fit_ends(text, width)) == width
    if shown is not None:
        assert fmt.fit_ends(text, width).rstrip() == shown.rstrip()
