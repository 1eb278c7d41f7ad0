"""The sandbox as a child process: start, wait until it is ready, stop it for certain."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import IO, Final, Self

from polydesk.domain.text import clean
from polydesk.errors import ConfigError
from polydesk.sandbox.urls import SandboxUrls

READY_S: Final = 20.0
"""How long the child may take to load its recording's opening."""
STOP_S: Final = 3.0
"""How long the child may take to end in order before it is killed."""


class SandboxProcess:
    """A running sandbox. The child also ends by itself when this process dies."""

    def __init__(self, process: Process, urls: SandboxUrls) -> None:
        self._process = process
        self.urls = urls

    @classmethod
    async def start(
        cls,
        recording: str,
        *,
        port: int = 0,
        speed: float | None = 1.0,
        wait_for_subscribers: bool = True,
        loop: bool = False,
        extra: Sequence[str] = (),
    ) -> Self:
        """Start the child and wait until it accepts connections.

        Args:
            recording: A file, or ``demo``.
            port: Loopback port; 0 takes a free one.
            speed: Recorded seconds per real second; None means as fast as readers read.
            wait_for_subscribers: Hold the playback until both streams have a subscriber.
            loop: Play again after the end.
            extra: Further options of the child, such as ``--cash 500``.

        Raises:
            ConfigError: The child could not start; the message is its own sentence.
        """
        options = ["--port", str(port), "--speed", "max" if speed is None else str(speed)]
        options += [] if wait_for_subscribers else ["--start"]
        options += [*(["--loop"] if loop else []), *extra]
        command = [sys.executable, "-m", "polydesk.sandbox", recording, "--attached", *options]
        with tempfile.TemporaryFile() as complaints:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=complaints
            )
            try:
                return cls(process, await _ready(process))
            except BaseException as error:
                await _end(process)
                if isinstance(error, ConfigError):
                    raise ConfigError(_sentence(complaints)) from error
                raise

    @property
    def returncode(self) -> int | None:
        """Exit status of the child, None while it runs."""
        return self._process.returncode

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    async def stop(self) -> None:
        """End the child and wait for it; further calls do nothing."""
        await _end(self._process)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


async def _ready(process: Process) -> SandboxUrls:
    """Read the ready line.

    Raises:
        ConfigError: The child ended or stayed silent.
    """
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_S)
        return SandboxUrls(**json.loads(line)["urls"])
    except (TimeoutError, ValueError, KeyError, TypeError) as error:
        raise ConfigError("The sandbox exchange did not start.") from error


async def _end(process: Process) -> None:
    """Close the child's input, which asks it to end; kill it when it does not."""
    if process.returncode is not None:
        return
    assert process.stdin is not None
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _sentence(complaints: IO[bytes]) -> str:
    """Return what the child said last, which is its error."""
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return clean(lines[-1]) if lines else "The sandbox exchange did not start."
