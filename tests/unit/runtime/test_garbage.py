"""Start-up's objects are set aside, and thresholds are raised."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from polydesk.runtime.garbage import THRESHOLDS, settle


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_alive_is_never_looked_at_again() -> None:
    kept = [[number] for number in range(1_000)]
    settle()
    assert gc.get_freeze_count() >= len(kept)


def test_collections_become_rarer() -> None:
    settle()
    assert gc.get_threshold() == THRESHOLDS
    assert all(new > old for new, old in zip(THRESHOLDS, (700, 10, 10), strict=True))
