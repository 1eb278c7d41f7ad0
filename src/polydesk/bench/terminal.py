"""Children in a terminal of their own: started, read from, typed at, ended for certain."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from polydesk.errors import InvariantError

COLUMNS, LINES = 120, 40
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?<>=$]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\)|[@-Z\\-_=>])")
_STOP_S = 5.0


@dataclass(slots=True)
class TerminalChild:
    """A program whose screen is a pseudo-terminal of 120 by 40."""

    process: subprocess.Popen[bytes]
    screen_fd: int
    report_fd: int
    started_ns: int

    @classmethod
    def start(cls, arguments: Sequence[str]) -> TerminalChild:
        """Start ``python`` with arguments; ``{report}`` in them becomes its report channel."""
        screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        report, given = os.pipe()
        words = [word.replace("{report}", str(given)) for word in arguments]
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        started = time.monotonic_ns()
        process = subprocess.Popen(
            [sys.executable, *words],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            pass_fds=(given,),
            start_new_session=True,
            env=environment,
        )
        os.close(inside)
        os.close(given)
        return cls(process, screen, report, started)

    def type(self, text: bytes) -> int:
        """Press keys; return the monotonic time just before."""
        at = time.monotonic_ns()
        os.write(self.screen_fd, text)
        return at

    def read(self, timeout_s: float) -> tuple[bytes, bytes]:
        """Return what was drawn and what was reported within the time, as soon as there is any."""
        ready, _, _ = select.select([self.screen_fd, self.report_fd], [], [], timeout_s)
        drawn = _read(self.screen_fd) if self.screen_fd in ready else b""
        told = _read(self.report_fd) if self.report_fd in ready else b""
        return drawn, told

    def end(self) -> None:
        """End the program and all it started in its session."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        os.close(self.screen_fd)
        os.close(self.report_fd)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 16)
    except OSError:
        return b""


def visible(drawn: bytes) -> int:
    """Return how many characters other than blanks a person would have seen."""
    text = _ESCAPES.sub(b"", drawn).decode(errors="ignore")
    return sum(not character.isspace() for character in text)


def report_of(
    arguments: Sequence[str],
    *,
    timeout_s: float,
    pressing: Callable[[TerminalChild], None] = lambda _: None,
) -> dict[str, Any]:
    """Run a child until it reports; it says ``ready`` first, then one JSON object.

    Args:
        arguments: What ``python`` is started with.
        timeout_s: Longest wait.
        pressing: Called now and then between ready and report, to press keys.

    Raises:
        InvariantError: No report came.
    """
    child = TerminalChild.start(arguments)
    told, drawn = b"", b""
    end = time.monotonic() + timeout_s
    try:
        while time.monotonic() < end:
            new_drawn, new_told = child.read(0.01)
            drawn, told = (drawn + new_drawn)[-4_000:], told + new_told
            ready, _, report = told.partition(b"\n")
            if report.endswith(b"\n"):
                value: dict[str, Any] = json.loads(report)
                return value
            if ready:
                pressing(child)
            if child.process.poll() is not None and not new_told and not new_drawn:
                break
    finally:
        child.end()
    last = _ESCAPES.sub(b" ", drawn).decode(errors="replace").strip()[-600:]
    raise InvariantError(f"{' '.join(arguments)} reported nothing: {last}")
