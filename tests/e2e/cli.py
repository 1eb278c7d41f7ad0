"""Running the command line as its own process, and small recordings for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from polydesk.replay.resolve import open_tape
from polydesk.replay.tape import TapeHeader, TapeWriter

ENTER = "from polydesk.cli.main import run; run()"
TIMEOUT_S = 60


def polydesk(
    *arguments: str, home: Path, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end with a home of its own."""
    return subprocess.run(
        [sys.executable, "-c", ENTER, *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        cwd=cwd,
        env=env(home, **environment),
        check=False,
    )


def start(*arguments: str, home: Path) -> subprocess.Popen[str]:
    """Start a command."""
    return subprocess.Popen(
        [sys.executable, "-c", ENTER, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env(home),
    )


def env(home: Path, **more: str) -> Mapping[str, str]:
    return {**os.environ, "POLYDESK_HOME": str(home), **more}


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence of a command that failed as it should."""
    assert result.returncode in {1, 2}, result
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("polydesk: ")
    assert "Traceback" not in result.stderr
    return lines[0].removeprefix("polydesk: ")


def cut(path: Path, *, frames: int, block_bytes: int = 1 << 18) -> Path:
    """Write the first frames of the demo recording to a file of its own."""
    with (
        open_tape("demo") as tape,
        TapeWriter(path, TapeHeader("cut", "test"), block_bytes=block_bytes) as short,
    ):
        for _, frame in zip(range(frames), tape, strict=False):
            short.write(frame.channel, frame.ts_init, frame.text)
    return path
