"""A live desk says why it does not begin, why it ends, and what it leaves at the venue."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.e2e.desk_world import Exchange, World

from polydesk.domain.frames import Frame
from polydesk.domain.orders import OrderState
from polydesk.errors import InvariantError
from polydesk.runtime.control import encode_tick

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]


async def test_a_desk_that_cannot_find_out_says_why_it_sends_nothing(
    venue: Exchange, tmp_path: Path
) -> None:
    fault = {"kind": "status", "status": 403, "error": "not from here"}
    await venue.script({"match": {"endpoint": "open-orders"}, "fault": fault})
    async with venue.desk(tmp_path, is_ready=False) as world:
        live = world.live
        await world.until(lambda: "cannot be read" in live.recovery.view().words, "explained")
        assert "not from here" in live.recovery.view().words
        notices = [notice.text for notice in live.desk.source.notices(0)]
        assert [text for text in notices if "orders could not be read" in text]
        await venue.calm()
        await world.until(lambda: live.recovery.took_ms is not None, "ready")
        assert "cannot be read" not in live.recovery.view().words


async def _break(venue: Exchange, folder: Path) -> None:
    """Let a desk's engine find out that something is wrong."""

    def feed(_: Frame, __: int = 0) -> None:
        raise InvariantError("the books do not balance")

    async with venue.desk(folder) as world:
        world.live.desk.pipeline.feed = feed  # type: ignore[method-assign]
        world.live.desk.runner.put(encode_tick(0))
        async with asyncio.timeout(10):
            await asyncio.wait([world.task])


async def test_an_engine_that_breaks_ends_the_desk_with_its_own_sentence(
    venue: Exchange, tmp_path: Path
) -> None:
    with pytest.raises(InvariantError, match="the books do not balance"):
        await _break(venue, tmp_path)


async def test_a_desk_that_ends_says_what_may_still_fill(world: World) -> None:
    assert world.live.left_behind() == ""
    order = await world.rest()
    assert "1 order is left at the venue and may fill" in world.live.left_behind()
    world.cancel(order)
    await world.reaches(order, OrderState.CANCELED)
    await world.until(lambda: not world.state.live, "closed")
    assert world.live.left_behind() == ""
