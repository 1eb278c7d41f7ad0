"""How far the venue's clock is away, as whole seconds tell it."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk.venues.polymarket.trading.replies import Reply
from polydesk.venues.polymarket.trading.skew import KEPT_NS, ClockSkew
from polydesk.venues.polymarket.trading.transport import Timed

T0 = 1_795_000_000 * 10**9
MS = 1_000_000
S = 1_000 * MS


def stated(true_offset_ns: int, sent_ns: int, half_trip_ns: int) -> tuple[int, int, int]:
    """Return what a venue with this offset says, and when it was asked and heard."""
    venue_ns = sent_ns + half_trip_ns + true_offset_ns
    return venue_ns // S, sent_ns, sent_ns + 2 * half_trip_ns


@settings(max_examples=100, deadline=None)
@given(
    st.integers(-30 * S, 30 * S),
    st.lists(st.tuples(st.integers(0, 3 * S), st.integers(1, 200 * MS)), min_size=1, max_size=30),
)
def test_a_corrected_clock_is_never_ahead_of_the_venue(
    offset: int, asked: list[tuple[int, int]]
) -> None:
    skew, now = ClockSkew(), T0
    for pause, half_trip in asked:
        now += pause
        skew.learn(*stated(offset, now, half_trip))
        assert skew.offset_ns <= max(offset, 0)
        assert skew.offset_ns > offset - S - 400 * MS or skew.offset_ns == 0
        assert skew.is_large <= (abs(offset) > 2 * S)
        now += 2 * half_trip


def test_many_answers_narrow_the_interval_down() -> None:
    skew = ClockSkew()
    for n in range(40):
        skew.learn(*stated(-5 * S, T0 + n * 137 * MS, 10 * MS))
    assert -5 * S - 100 * MS <= skew.offset_ns <= -5 * S


def test_nothing_is_corrected_while_the_clocks_may_agree() -> None:
    skew = ClockSkew()
    assert (skew.offset_ns, skew.is_large) == (0, False)
    skew.learn(*stated(0, T0 + 500 * MS, 20 * MS))
    assert (skew.offset_ns, skew.is_large) == (0, False)


@pytest.mark.parametrize(("offset", "words"), [(-9 * S, "ahead of"), (9 * S, "behind")])
def test_a_large_difference_is_told_once_and_so_is_its_end(offset: int, words: str) -> None:
    told: list[str] = []
    skew = ClockSkew(told.append)
    for n in range(5):
        skew.learn(*stated(offset, T0 + n * S, MS))
    assert skew.is_large
    [sentence] = told
    assert words in sentence
    skew.learn(*stated(0, T0 + 6 * S, MS))
    assert told[1:] == ["this computer's clock agrees with the venue's again"]


def test_a_measurement_grows_stale_and_is_taken_anew() -> None:
    skew = ClockSkew()
    assert skew.is_stale(T0)
    skew.learn(*stated(-7 * S, T0, MS))
    assert not skew.is_stale(T0 + KEPT_NS)
    later = T0 + KEPT_NS + S
    assert skew.is_stale(later)
    skew.learn(*stated(0, later, MS))
    assert skew.offset_ns == 0


def answer(sent_ns: int, **headers: str) -> Timed:
    return Timed(Reply(200, headers), sent_ns, sent_ns + 20 * MS)


def dated(sent_ns: int, offset_s: int, **headers: str) -> Timed:
    return answer(sent_ns, date=formatdate(sent_ns // S + offset_s, usegmt=True), **headers)


def measured() -> ClockSkew:
    skew = ClockSkew()
    skew.learn(*stated(0, T0, MS))
    return skew


def test_a_date_of_another_server_is_no_measurement() -> None:
    skew = measured()
    for n in range(60):
        skew.heed(dated(T0 + n * S, -5_000))
    assert (skew.offset_ns, skew.is_large, skew.is_stale(T0 + 60 * S)) == (0, False, False)


@pytest.mark.parametrize("jump_s", [-3_600, -6, 6, 3_600])
def test_a_date_that_jumps_makes_the_measurement_stale_until_it_is_taken_anew(jump_s: int) -> None:
    skew = measured()
    skew.heed(dated(T0, -1))
    skew.heed(dated(T0 + S, -1 + jump_s))
    assert skew.is_stale(T0 + S)
    skew.learn(*stated(jump_s * S, T0 + 2 * S, MS))
    assert not skew.is_stale(T0 + 2 * S)
    assert skew.is_large


@pytest.mark.parametrize(
    "second",
    [
        answer(T0 + S),
        answer(T0 + S, date="yesterday"),
        answer(T0 + S, date=""),
        answer(T0 + S, date="Fri, 99 Nov 9999 99:99:99 GMT"),
        dated(T0 + S, -60, age="60"),
        dated(T0 + S, -3),
    ],
)
def test_a_missing_absurd_cached_or_slightly_older_date_is_no_jump(second: Timed) -> None:
    skew = measured()
    skew.heed(dated(T0, 0))
    skew.heed(second)
    assert not skew.is_stale(T0 + S)
