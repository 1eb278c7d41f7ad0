"""The demo: the bundled recording served by the sandbox process, traded on paper over sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from polydesk.errors import RecordingError
from polydesk.ports import Recorder
from polydesk.replay.resolve import open_tape
from polydesk.replay.tape import TapeReader
from polydesk.runtime.clocks import ExchangeClock, StampingSink
from polydesk.runtime.control import SessionOpened, require_session
from polydesk.runtime.desk import Desk, Wiring, running
from polydesk.runtime.desk_source import Session
from polydesk.runtime.replay import DEFAULT_CASH
from polydesk.runtime.summary import summarise
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.urls import Hosts
from polydesk.views.models import Mode

POLL_S = 0.1
QUIET_POLLS = 5
"""Polls without a new frame after which everything sent has arrived."""


def speed_label(speed: float | None) -> str:
    """Return a playback speed for the screen."""
    return "max" if speed is None else f"x{speed:g}"


def sandbox_hosts(urls: SandboxUrls) -> Hosts:
    """Return the sandbox's addresses in place of the venue's."""
    return Hosts(urls.gamma, urls.clob, urls.data, urls.market_ws, urls.rtds_ws)


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
        self._recording = recording
        self._speed = speed
        with open_tape(recording) as tape:
            first = next(iter(tape), None)
            if first is None or tape.first_ts is None or tape.last_ts is None:
                raise RecordingError(f"{recording}: the recording holds no frames.")
            self._span = (tape.first_ts, tape.last_ts)
            opening = require_session(first) or _plain_opening(tape)
            notice = next(iter(tape.header.notes), tape.header.title)
        self.session = Session(Mode.DEMO, notice, speed_label(speed), self._progress)
        self.clock = ExchangeClock(self._span[0], speed)
        self._urls: SandboxUrls | None = None
        self._opening = opening
        self._recorder = recorder
        self.desk: Desk | None = None

    def _progress(self) -> float:
        first, last = self._span
        return min(1.0, (self.clock.now_ns() - first) / max(1, last - first))

    def make_desk(self, urls: SandboxUrls) -> Desk:
        """Wire a desk to a running sandbox."""
        self._urls = urls
        self.desk = Desk(
            Wiring(
                hosts=sandbox_hosts(urls),
                clock=self.clock,
                session=self.session,
                opening=self._opening,
                recorder=self._recorder,
                wrap_sink=partial(StampingSink, self.clock),
                walk_catalogue=True,
            )
        )
        return self.desk

    @asynccontextmanager
    async def sandbox(self) -> AsyncIterator[SandboxUrls]:
        """Run the sandbox process around a block."""
        async with await SandboxProcess.start(self._recording, speed=self._speed) as process:
            yield process.urls

    async def wait_until_played(self) -> None:
        """Return when the exchange has sent everything and the desk has taken it."""
        desk = self.desk
        assert desk is not None
        assert self._urls is not None
        while not await _finished(self._urls):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(POLL_S)
        quiet, seen = 0, -1
        while quiet < QUIET_POLLS:
            await asyncio.sleep(POLL_S)
            await desk.runner.drained()
            quiet = quiet + 1 if desk.pipeline.frames == seen else 0
            seen = desk.pipeline.frames
        self.session.finished = True


def _plain_opening(tape: TapeReader) -> SessionOpened:
    """Watch every token a recording without a session mentions in its catalogue."""
    from polydesk.domain.events import MarketsListed
    from polydesk.venues.polymarket.wire.decoder import Decoder

    decoder = Decoder(wallets=set())
    tokens = dict.fromkeys(
        outcome.token_id
        for frame in tape
        if frame.channel.startswith("rest:gamma/")
        for event in decoder.decode(frame)
        if isinstance(event, MarketsListed)
        for market in event.markets
        for outcome in market.outcomes
    )
    return SessionOpened(DEFAULT_CASH, watch=tuple(tokens))


async def _finished(urls: SandboxUrls) -> bool:
    from httpx import AsyncClient, HTTPError

    try:
        async with AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{urls.control}/state")
            state: dict[str, Any] = json.loads(answer.content)
    except HTTPError:
        return False
    return bool(state["finished"])


async def demo_to_end(
    recording: str = "demo", *, speed: float | None = None, recorder: Recorder | None = None
) -> dict[str, Any]:
    """Play a recording through the sandbox process and real sockets; return the summary."""
    demo = Demo(recording, speed=speed, recorder=recorder)
    async with demo.sandbox() as urls:
        desk = demo.make_desk(urls)
        async with running(desk) as task:
            played = asyncio.ensure_future(demo.wait_until_played())
            await asyncio.wait({played, task}, return_when=asyncio.FIRST_COMPLETED)
            if not played.done():
                played.cancel()
                task.result()
    desk.pipeline.finish()
    return summarise(desk.pipeline, desk.runner.lag)
