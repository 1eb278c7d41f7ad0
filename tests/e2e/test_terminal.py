"""The whole desk in a terminal: told to end, it gives the terminal back as it was."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.e2e.cli import ENTER, cut, env

pytestmark = pytest.mark.e2e
WITHIN_S = 30
ENTERED, LEFT, CURSOR_SHOWN = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?25h"


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *arguments: str, home: Path) -> None:
        self.written = b""
        self._end = time.monotonic() + WITHIN_S
        self._handle, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", ENTER, *arguments],
            stdin=inner, stdout=inner, stderr=inner,
            env=env(home, TERM="xterm-256color", COLUMNS="120", LINES="36"),
        )  # fmt: skip
        os.close(inner)

    def read_until(self, text: bytes) -> None:
        """Read until a text was written; empty means to the end."""
        while not text or text not in self.written:
            left = self._end - time.monotonic()
            assert left > 0, self.written[-2_000:]
            if select.select([self._handle], [], [], left)[0]:
                try:
                    self.written += os.read(self._handle, 1 << 16)
                except OSError:
                    return

    def close(self) -> None:
        os.close(self._handle)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_desk_on_the_screen_told_to_end_leaves_a_usable_terminal(
    tmp_path: Path, number: signal.Signals
) -> None:
    tape = cut(tmp_path / "cut.tape", frames=300)
    terminal = Terminal("replay", str(tape), home=tmp_path)
    try:
        terminal.read_until(b"Portfolio")
        terminal.process.send_signal(number)
        terminal.read_until(b"")
        assert terminal.process.wait(timeout=WITHIN_S) in {0, 130}
    finally:
        terminal.close()

    assert terminal.written.rfind(LEFT) > terminal.written.rfind(ENTERED) >= 0
    assert CURSOR_SHOWN in terminal.written
    assert b"Traceback" not in terminal.written
