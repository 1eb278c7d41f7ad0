"""Recording live streams to a file: a desk without leaders and without a screen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from polydesk.domain.ids import TokenId
from polydesk.ports import Clock, Recorder
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk, Wiring
from polydesk.runtime.desk_source import Session
from polydesk.runtime.opening import DEFAULT_CASH
from polydesk.venues.polymarket.urls import Hosts
from polydesk.views.models import Mode


async def record_streams(
    hosts: Hosts,
    clock: Clock,
    recorder: Recorder,
    token_ids: Sequence[TokenId],
    seconds: float | None,
) -> int:
    """Record books, trades and platform activity until the time is over or interrupted.

    Returns:
        Frames written.
    """
    opening = SessionOpened(DEFAULT_CASH, watch=tuple(token_ids))
    wiring = Wiring(clock, Session(Mode.PAPER, "recording"), opening, recorder=recorder)
    desk = Desk(wiring)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await desk.run(hosts)
    return desk.pipeline.frames
