from __future__ import annotations

import pytest

from polydesk.ingest.watchdog import Watchdog, WatchLimits


@pytest.fixture
def watch(clock):
    dog = Watchdog(clock, WatchLimits(first_data_s=10.0, silence_s=30.0))
    dog.opened(0)
    return dog


def test_no_first_data_is_told_at_the_deadline(watch, clock):
    clock.advance(9.9)
    assert watch.check(0) is None
    clock.advance(0.1)
    assert "within 10 s" in watch.check(0)


def test_first_data_lifts_the_deadline(watch, clock):
    clock.advance(9.0)
    assert watch.check(1) is None
    assert watch.has_data
    clock.advance(29.0)
    assert watch.check(1) is None


def test_silence_after_data_is_told(watch, clock):
    watch.check(5)
    clock.advance(30.0)
    assert "30 s" in watch.check(5)


def test_each_datum_starts_the_silence_anew(watch, clock):
    for count in range(1, 10):
        clock.advance(29.0)
        assert watch.check(count) is None


def test_opening_again_forgets_earlier_data(watch, clock):
    watch.check(5)
    watch.opened(5)
    assert not watch.has_data
    clock.advance(10.0)
    assert "within" in watch.check(5)
