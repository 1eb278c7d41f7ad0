"""All benchmarks in their order."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from typing import Any

from polydesk.bench import (
    copying,
    executing,
    following,
    inbox,
    journaling,
    memory,
    screen,
    signer,
    signing,
    sockets,
    starting,
    storing,
    wire,
)
from polydesk.bench.results import Result, Spec

GROUPS = (
    wire,
    copying,
    following,
    signer,
    signing,
    executing,
    inbox,
    sockets,
    journaling,
    storing,
    screen,
    starting,
    memory,
)


def specs() -> tuple[Spec, ...]:
    """Return every figure that a run yields."""
    return tuple(spec for group in GROUPS for spec in group.SPECS)


def run(*, quick: bool) -> Iterator[Result]:
    """Measure everything, one figure after the other."""
    for group in GROUPS:
        yield from group.run(quick=quick)


def machine() -> str:
    """Return what the figures were measured on, and how busy it was before."""
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}{busy}"
    )


def run_all(*, quick: bool, told: Callable[[Result], None] = lambda _: None) -> dict[str, Any]:
    """Measure everything and return it as plain values.

    Args:
        quick: A few iterations only, to see that every benchmark works.
        told: Given each result as soon as there is one.
    """
    measured_on = machine()
    rows = []
    for result in run(quick=quick):
        told(result)
        rows.append(result.as_json())
    return {"machine": measured_on, "quick": quick, "results": rows}
