"""How figures are taken: alternately with their baseline, medians of all rounds.

Work that only computes is measured in CPU time of this thread, so another program on the same
core does not count; what a person waits for is measured on the wall clock.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from polydesk.runtime.interpreter import settle

Round = Callable[[], float]
"""One measurement; returns the figure."""


def alternate(ours: Round, baseline: Round, rounds: int) -> tuple[float, float]:
    """Measure A B A B and return both medians."""
    pairs = []
    for _ in range(rounds):
        gc.collect()
        first = ours()
        gc.collect()
        pairs.append((first, baseline()))
    return median(a for a, _ in pairs), median(b for _, b in pairs)


def alternate_series(
    ours: Callable[[], Sequence[float]], baseline: Callable[[], Sequence[float]], rounds: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Measure several figures at a time, A B A B, and return the medians of each."""
    ours_rows, baseline_rows = [], []
    for _ in range(rounds):
        gc.collect()
        ours_rows.append(ours())
        gc.collect()
        baseline_rows.append(baseline())
    return _medians(ours_rows), _medians(baseline_rows)


def _medians(rows: Iterable[Sequence[float]]) -> tuple[float, ...]:
    return tuple(median(column) for column in zip(*rows, strict=True))


def cpu_us(work: Callable[[], object], count: int) -> float:
    """Return the CPU microseconds of ``work`` per each of its ``count`` items."""
    started = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - started) / count / 1_000


def p50_p99(values: Iterable[float]) -> tuple[float, float]:
    """Return median and 99th percentile."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[last // 2], ordered[last * 99 // 100]


@contextmanager
def set_as_in_a_desk() -> Iterator[None]:
    """Let a block have the desk's interpreter settings, and the others theirs again."""
    thresholds, turn_s = gc.get_threshold(), sys.getswitchinterval()
    settle()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(turn_s)
