from __future__ import annotations

import itertools

import pytest

from polydesk.ingest.silence import SilenceLimits, SilenceProbe

SECOND = 10**9


@pytest.fixture
def probe():
    return SilenceProbe(SilenceLimits())


def _live(probe: SilenceProbe, token: str, gap_s: float, count: int = 80) -> int:
    at = 0
    for _ in range(count):
        probe.observe(token, at)
        at += int(gap_s * SECOND)
    return at - int(gap_s * SECOND)


def _first_silent_s(probe: SilenceProbe, last: int, resting=()) -> float:
    now = last
    while not probe.silent(now, resting):
        now += SECOND // 10
    return (now - last) / SECOND


def test_a_token_that_never_showed_anything_is_asked_for_too(probe):
    for second in range(9):
        probe.expect("a", second * SECOND)
        assert not probe.silent(second * SECOND)
    assert probe.silent(10 * SECOND) == ["a"]


@pytest.mark.parametrize(
    ("gap_s", "least", "most"), [(0.1, 3.0, 3.1), (1.5, 5.0, 7.0), (5.0, 9.9, 10.1)]
)
def test_patience_follows_the_tokens_own_normal_between_three_and_ten_seconds(
    probe, gap_s, least, most
):
    last = _live(probe, "a", gap_s)
    assert least <= _first_silent_s(probe, last) <= most


def test_a_token_that_stays_quiet_is_asked_ever_less_often(probe):
    last = _live(probe, "a", 0.1)
    asked = [now for now in range(last, last + 400 * SECOND, SECOND) if probe.silent(now)]
    gaps = [(b - a) // SECOND for a, b in itertools.pairwise(asked)]
    assert gaps[:4] == [6, 12, 24, 48]
    assert set(gaps[4:]) == {60}


def test_with_orders_resting_it_is_never_left_longer_than_the_ceiling(probe):
    last = _live(probe, "a", 5.0)
    asked = [now for now in range(last, last + 300 * SECOND, SECOND) if probe.silent(now, {"a"})]
    assert all(b - a <= 10 * SECOND for a, b in itertools.pairwise(asked))


def test_a_change_makes_it_lively_again(probe):
    last = _live(probe, "a", 0.1)
    for now in range(last, last + 30 * SECOND, SECOND):
        probe.silent(now)
    at = last + 30 * SECOND
    probe.observe("a", at)
    probe.observe("a", at + SECOND // 10)
    assert _first_silent_s(probe, at + SECOND // 10) <= 10.0


def test_an_older_report_changes_nothing(probe):
    last = _live(probe, "a", 0.1)
    probe.observe("a", last - 5 * SECOND)
    assert _first_silent_s(probe, last) <= 3.1


def test_dropped_tokens_are_not_probed(probe):
    _live(probe, "a", 0.1)
    last = _live(probe, "b", 0.1)
    probe.keep(["b", "never seen"])
    assert probe.silent(last + 60 * SECOND) == ["b"]
