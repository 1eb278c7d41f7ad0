"""The screen in a real terminal: repaints, and the whole desk under 10,000 events a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from polydesk.bench.measure import alternate_series, p50_p99
from polydesk.bench.results import Result, Spec
from polydesk.bench.terminal import TerminalChild, report_of
from polydesk.errors import InvariantError

_TABLE = "DataTable with the same cells"
_DESK = "a desk of DataTables"
REPAINTS = tuple(Spec(f"repaint_{pane}", "µs", _TABLE) for pane in ("ladder", "tape", "feed"))
CPU = Spec("desk_cpu_30fps", "% of a core", _DESK, budget=25)
LAGS = (
    Spec("desk_loop_lag_p50", "ms", _DESK),
    Spec("desk_loop_lag_p99", "ms", _DESK, budget=5),
    Spec("desk_loop_lag_max", "ms", _DESK, budget=50),
)
KEYS = (
    Spec("key_to_paint_p50", "ms", _DESK),
    Spec("key_to_paint_p99", "ms", _DESK, budget=50),
)
SPECS = (*REPAINTS, CPU, *LAGS, *KEYS)
KEY_EVERY_S = 0.043
"""Not a multiple of the frame time, so keys meet every phase of it."""
_KEYS = (b"j", b"j", b"k", b"k")
_TIMEOUT_S = 60.0


def run(*, quick: bool) -> Iterator[Result]:
    """Measure repaints, then the desk under load."""
    rounds, times, seconds = (1, 5, 0.4) if quick else (2, 40, 3.0)
    ours, tables = alternate_series(
        lambda: _repaints("ours", times), lambda: _repaints("tables", times), rounds
    )
    for spec, value, baseline in zip(REPAINTS, ours, tables, strict=True):
        yield spec.result(value, baseline, "CPU of one repaint in a terminal of 120x40")
    ours, tables = alternate_series(
        lambda: _under_load("ours", seconds), lambda: _under_load("tables", seconds), rounds
    )
    note = f"{seconds:g} s at 10,000 events/s, {ours[-1]:,.0f} taken ({tables[-1]:,.0f} beside)"
    for spec, value, baseline in zip((CPU, *LAGS, *KEYS), ours, tables, strict=False):
        yield spec.result(value, baseline, note)


def _child(kind: str, what: str, amount: float) -> list[str]:
    return ["-m", "polydesk.bench.screen_child", kind, what, f"{amount:g}", "{report}"]


def _repaints(kind: str, times: int) -> list[float]:
    costs = report_of(_child(kind, "repaint", times), timeout_s=_TIMEOUT_S)
    return [costs[name] for name in ("ladder", "tape", "feed")]


class Typist:
    """Presses keys at a steady pace and remembers when."""

    def __init__(self) -> None:
        self.pressed_ns: list[int] = []
        self._next = 0.0

    def __call__(self, child: TerminalChild) -> None:
        """Press the next key when it is time."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + KEY_EVERY_S
            key = _KEYS[len(self.pressed_ns) % len(_KEYS)]
            self.pressed_ns.append(child.type(key))


def _under_load(kind: str, seconds: float) -> list[float]:
    """Return CPU share, lag p50, p99 and max, key to paint p50 and p99, events a second."""
    typist = Typist()
    report = report_of(_child(kind, "load", seconds), timeout_s=_TIMEOUT_S, pressing=typist)
    lags: list[float] = report["lags_ms"]
    return [
        report["cpu_percent"],
        *(max(value, 0.001) for value in (*p50_p99(lags), max(lags))),
        *_key_delays_ms(typist.pressed_ns, report),
        report["events_per_second"],
    ]


def _key_delays_ms(pressed_ns: list[int], report: dict[str, Any]) -> tuple[float, float]:
    """Return p50 and p99 of the keys painted before the child left."""
    painted: list[int] = report["painted_ns"]
    if not painted:
        raise InvariantError("no key press was painted")
    delays = [(end - begin) / 1e6 for begin, end in zip(pressed_ns, painted, strict=False)]
    return p50_p99(delays)
