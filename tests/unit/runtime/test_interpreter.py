"""Start-up's objects are set aside, thresholds are raised, threads take shorter turns."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from polydesk.runtime.interpreter import THRESHOLDS, TURN_S, settle


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds, turn_s = gc.get_threshold(), sys.getswitchinterval()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(turn_s)


def test_what_is_alive_is_never_looked_at_again() -> None:
    kept = [[number] for number in range(1_000)]
    settle()
    assert gc.get_freeze_count() >= len(kept)


def test_collections_become_rarer() -> None:
    settle()
    assert gc.get_threshold() == THRESHOLDS
    assert all(new > old for new, old in zip(THRESHOLDS, (700, 10, 10), strict=True))


def test_no_thread_keeps_the_interpreter_for_long() -> None:
    settle()
    assert sys.getswitchinterval() == pytest.approx(TURN_S)
