"""Wait for a time or an event, whichever comes first."""

from __future__ import annotations

import asyncio

from polydesk.ports import Clock


async def sleep_or_event(clock: Clock, seconds: float, event: asyncio.Event) -> None:
    """Return when the event is set, at the latest after ``seconds``."""
    async with asyncio.TaskGroup() as group:
        timer = group.create_task(clock.sleep(seconds))
        waiter = group.create_task(event.wait())
        await asyncio.wait({timer, waiter}, return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        waiter.cancel()
