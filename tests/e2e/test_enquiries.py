"""What a screen asks of the venue while the desk runs, against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from polydesk.runtime.demo import Demo

pytestmark = pytest.mark.e2e


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - another process answers
            await asyncio.sleep(0.02)


async def test_a_search_and_a_chart_bring_what_the_venue_knows() -> None:
    demo = Demo(speed=20.0)
    desk, source = demo.desk, demo.desk.source
    desk_task = asyncio.create_task(demo.play())
    try:
        await until(lambda: desk.feeds is not None and bool(source.watchlist().rows))
        channels: list[str] = []
        feed = desk.pipeline.feed

        def noting(frame, seen_ns=0):  # type: ignore[no-untyped-def]
            channels.append(frame.channel)
            feed(frame, seen_ns)

        desk.pipeline.feed = noting  # type: ignore[method-assign]

        source.look_up("portugal")
        await until(lambda: "rest:gamma/search" in channels)
        assert source.markets("portugal", "all", 10).total > 0

        token = source.watchlist().rows[0].token_id
        source.chart(token, 60, 100)
        await until(lambda: "rest:data/prices-history" in channels)
        assert desk.pipeline.decoder.decode_errors == 0
    finally:
        desk_task.cancel()
        await asyncio.gather(desk_task, return_exceptions=True)
