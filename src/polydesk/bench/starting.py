"""From the command to the first painted frame, and to the help text."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

from polydesk.bench.measure import alternate
from polydesk.bench.results import Result, Spec
from polydesk.bench.terminal import TerminalChild, visible
from polydesk.errors import InvariantError

_IMPORT = "python importing textual.app"
START = Spec("start_to_first_frame", "ms", _IMPORT, budget=700)
HELP = Spec("help", "ms", _IMPORT, budget=200)
SPECS = (START, HELP)

_COMMAND = "from polydesk.cli.main import run; run()"
_PAINTED = 200
"""Visible characters after which a frame, not a blank screen, has been painted."""
_TIMEOUT_S = 30.0


def run(*, quick: bool) -> Iterator[Result]:
    """Measure starts of the demo and of the help text."""
    rounds = 1 if quick else 3
    yield START.result(*alternate(_first_frame_ms, _import_ms, rounds), "polydesk demo")
    yield HELP.result(*alternate(_help_ms, _import_ms, rounds), "polydesk --help")


def _first_frame_ms() -> float:
    child = TerminalChild.start(["-c", _COMMAND, "demo"])
    drawn = b""
    end = time.monotonic() + _TIMEOUT_S
    try:
        while time.monotonic() < end:
            drawn += child.read(0.5)[0]
            if visible(drawn) >= _PAINTED:
                return (time.monotonic_ns() - child.started_ns) / 1e6
    finally:
        child.end()
    raise InvariantError("the demo painted nothing")


def _import_ms() -> float:
    return _run_ms("-c", "import textual.app")


def _help_ms() -> float:
    return _run_ms("-c", _COMMAND, "--help")


def _run_ms(*arguments: str) -> float:
    began = time.monotonic_ns()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return (time.monotonic_ns() - began) / 1e6
