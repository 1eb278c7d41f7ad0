from __future__ import annotations

import pytest

from polydesk.venues.simulation.latency import LatencyModel

MS = 1_000_000


def test_the_delay_stays_between_base_and_base_plus_jitter():
    model = LatencyModel()
    delays = [model.delay_ns(7, f"o{n}") for n in range(500)]
    assert min(delays) >= 60 * MS
    assert max(delays) <= 100 * MS
    assert len(set(delays)) > 490


def test_the_delay_is_a_function_of_seed_and_name():
    model = LatencyModel()
    assert model.delay_ns(1, "o1") == model.delay_ns(1, "o1")
    assert model.delay_ns(1, "o1") != model.delay_ns(2, "o1")
    assert model.delay_ns(1, "o1") != model.delay_ns(1, "o2")


def test_no_jitter_means_the_base():
    assert LatencyModel(5, 0).delay_ns(3, "x") == 5


def test_time_does_not_run_backwards():
    with pytest.raises(ValueError, match="negative"):
        LatencyModel(-1, 0)
