"""Recording live streams to a file: a desk without leaders and without a screen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from polydesk.domain.ids import TokenId
from polydesk.errors import StoreError
from polydesk.ports import Clock
from polydesk.replay.tape import TapeRecorder
from polydesk.runtime.control import SessionOpened
from polydesk.runtime.desk import Desk, Wiring, for_seconds
from polydesk.runtime.desk_source import Session
from polydesk.runtime.opening import DEFAULT_CASH
from polydesk.venues.polymarket.urls import Hosts
from polydesk.views.models import Mode


async def record_streams(
    hosts: Hosts,
    clock: Clock,
    recorder: TapeRecorder,
    token_ids: Sequence[TokenId],
    seconds: float | None,
) -> None:
    """Record books, trades and platform activity until the time is over or interrupted.

    Raises:
        StoreError: The recording cannot be written any more.
    """
    opening = SessionOpened(DEFAULT_CASH, watch=tuple(token_ids))
    wiring = Wiring(clock, Session(Mode.PAPER, "recording"), opening, recorder=recorder)
    desk = Desk(wiring)
    desk.samplers.append(partial(_require_working, recorder))
    await for_seconds(desk.run(hosts), seconds)


def _require_working(recorder: TapeRecorder) -> None:
    """Recording is all this desk is for, so it ends with it."""
    if recorder.error is not None:
        raise StoreError(recorder.error)
