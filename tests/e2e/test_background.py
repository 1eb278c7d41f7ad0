"""A desk that a shell put in the background ends when it is told to."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from tests.e2e.cli import ENTER, TIMEOUT_S, env


def in_background(*arguments: str, home: Path) -> subprocess.Popen[str]:
    """Start a command as ``sh`` starts what it puts in the background."""
    return subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", ENTER, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env(home),
    )


async def test_a_sandbox_started_with_interrupts_ignored_still_ends(tmp_path: Path) -> None:
    process = in_background("sandbox", home=tmp_path)
    assert process.stdout is not None
    try:
        ready = await asyncio.to_thread(process.stdout.readline)
        assert '"ready"' in ready
        process.send_signal(signal.SIGTERM)
        _, complaint = await asyncio.to_thread(process.communicate, timeout=TIMEOUT_S)
    finally:
        process.kill()

    assert complaint == ""
    assert process.returncode in {0, 130}
