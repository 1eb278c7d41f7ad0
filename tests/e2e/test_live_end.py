"""How a live desk ends: in one sentence, and without hiding what it leaves at the venue."""

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
