"""The demo: the bundled recording served by the sandbox process, traded on paper over sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from polydesk.errors import RecordingError, VenueUnavailable
from polydesk.ports import Recorder
from polydesk.replay.resolve import open_tape
from polydesk.runtime.clocks import ExchangeClock, StampingSink
from polydesk.runtime.control import require_session
from polydesk.runtime.desk import Desk, Wiring, running
from polydesk.runtime.desk_source import Session
from polydesk.runtime.opening import plain_opening
from polydesk.runtime.summary import summarise
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.urls import Hosts
from polydesk.views.models import Mode

if TYPE_CHECKING:
    from httpx import AsyncClient

POLL_S = 0.1
QUIET_POLLS = 5
"""Polls without a new frame after which everything sent has arrived."""


def speed_label(speed: float | None) -> str:
    """Return a playback speed for the screen."""
    return "max" if speed is None else f"x{speed:g}"


def sandbox_hosts(urls: SandboxUrls) -> Hosts:
    """Return the sandbox's addresses in place of the venue's."""
    return Hosts(**urls.hosts())


class Demo:
    """One playing of a recording through the sandbox exchange."""

    def __init__(
        self,
        recording: str = "demo",
        *,
        speed: float | None = 1.0,
        recorder: Recorder | None = None,
    ) -> None:
        """Read the opening of a recording.

        Raises:
            RecordingError: It cannot be read or is empty.
        """
        self._speed = speed
        with open_tape(recording) as tape:
            first = next(iter(tape), None)
            if first is None or tape.first_ts is None or tape.last_ts is None:
                raise RecordingError(f"{recording}: the recording holds no frames.")
            self._span = (tape.first_ts, tape.last_ts)
            opening = require_session(first) or plain_opening(tape)
            notice = next(iter(tape.header.notes), tape.header.title)
        self.session = Session(Mode.DEMO, notice, speed_label(speed), self._progress)
        self.clock = ExchangeClock(self._span[0], speed)
        self._recording = recording
        self.desk = Desk(
            Wiring(
                clock=self.clock,
                session=self.session,
                opening=opening,
                recorder=recorder,
                wrap_sink=partial(StampingSink, self.clock),
            )
        )

    def _progress(self) -> float:
        first, last = self._span
        return min(1.0, (self.clock.now_ns() - first) / max(1, last - first))

    async def play(self) -> None:
        """Run sandbox and desk until cancelled; the desk stays up after the recording's end."""
        self.desk.source.notify("information", self.session.notice)
        async with self._running() as (sandbox, task):
            await self._until_played(sandbox, task)
            await task

    async def play_to_end(self) -> None:
        """Run sandbox and desk until everything was sent and taken."""
        async with self._running() as (sandbox, task):
            await self._until_played(sandbox, task)
        self.desk.pipeline.finish()

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[tuple[SandboxProcess, asyncio.Task[None]]]:
        start = SandboxProcess.start(self._recording, speed=self._speed)
        async with (
            await start as sandbox,
            running(self.desk, sandbox_hosts(sandbox.urls)) as task,
        ):
            yield sandbox, task

    async def _until_played(self, sandbox: SandboxProcess, desk: asyncio.Task[None]) -> None:
        """Return when the exchange has sent everything and the desk has taken it."""
        played = asyncio.ensure_future(self._wait_until_played(sandbox))
        try:
            await asyncio.wait({played, desk}, return_when=asyncio.FIRST_COMPLETED)
            if desk.done():
                desk.result()
            played.result()
        finally:
            played.cancel()
        self.desk.source.finish()

    async def _wait_until_played(self, sandbox: SandboxProcess) -> None:
        await _until_sent(sandbox)
        quiet, seen = 0, -1
        while quiet < QUIET_POLLS:
            await asyncio.sleep(POLL_S)
            await self.desk.runner.drained()
            quiet = quiet + 1 if self.desk.pipeline.frames == seen else 0
            seen = self.desk.pipeline.frames


async def _until_sent(sandbox: SandboxProcess) -> None:
    """Return when the exchange has sent the whole recording.

    Raises:
        VenueUnavailable: Its process ended before.
    """
    from httpx import AsyncClient

    async with AsyncClient(trust_env=False, verify=False) as client:
        while not await _is_finished(client, sandbox):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(POLL_S)


async def _is_finished(client: AsyncClient, sandbox: SandboxProcess) -> bool:
    from httpx import HTTPError

    try:
        answer = await client.get(f"{sandbox.urls.control}/state")
        state: dict[str, Any] = json.loads(answer.content)
    except HTTPError:
        if sandbox.returncode is not None:
            raise VenueUnavailable("The sandbox exchange ended before the recording did.") from None
        return False
    return bool(state["finished"])


async def demo_to_end(
    recording: str = "demo", *, speed: float | None = None, recorder: Recorder | None = None
) -> dict[str, Any]:
    """Play a recording through the sandbox process and real sockets; return the summary."""
    demo = Demo(recording, speed=speed, recorder=recorder)
    await demo.play_to_end()
    return summarise(demo.desk.pipeline, demo.desk.runner.lag)
