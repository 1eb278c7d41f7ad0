"""A desk that a shell put in the background ends when it is told to."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from tests.e2e.cli import ENTER, TIMEOUT_S, env

from polydesk.replay.tape import TapeReader


def in_background(*arguments: str, home: Path) -> subprocess.Popen[str]:
    """Start a command as ``sh`` starts what it puts in the background."""
    return subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", ENTER, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env(home),
    )


async def test_a_desk_started_with_interrupts_ignored_ends_when_told(tmp_path: Path) -> None:
    tape = tmp_path / "cut off.tape"
    arguments = ("demo", "--headless", "--speed", "1", "--record", str(tape))
    process = in_background(*arguments, home=tmp_path)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            while not tape.exists():  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, complaint = await asyncio.to_thread(process.communicate, timeout=TIMEOUT_S)
    finally:
        process.kill()

    assert (process.returncode, out, complaint) == (130, "", "")
    with TapeReader(tape) as reader:
        assert reader.damage is None
