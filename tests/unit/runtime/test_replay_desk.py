"""A recording on the screen is the same session as one without."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.e2e.cli import cut

from polydesk.domain.commands import Kill
from polydesk.domain.frames import MARKET
from polydesk.errors import RecordingError
from polydesk.replay.tape import TapeHeader, TapeReader, TapeWriter
from polydesk.runtime.replay import replay_to_end
from polydesk.runtime.replay_desk import ReplayDesk


async def played(desk: ReplayDesk) -> None:
    """Play to the end as fast as possible and leave."""
    task = asyncio.ensure_future(desk.play())
    async with asyncio.timeout(20):
        while not desk.source.health().finished:  # noqa: ASYNC110 - nothing tells a screen either
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait({task})


async def test_it_ends_in_the_state_of_a_replay_without_a_screen(tmp_path: Path) -> None:
    path = cut(tmp_path / "cut.tape", frames=4_000)
    with TapeReader(path) as reader:
        expected = await asyncio.to_thread(replay_to_end, reader)
    with TapeReader(path) as reader:
        desk = ReplayDesk(reader, speed=None)
        await played(desk)

    assert expected["leader_trades"] > 0
    assert desk.pipeline.state_hash() == expected["state_hash"]


async def test_more_frames_than_the_inbox_holds_are_all_taken(tmp_path: Path) -> None:
    path = tmp_path / "long.tape"
    with TapeWriter(path, TapeHeader("long", "test")) as tape:
        for n in range(110_000):
            tape.write(MARKET, n, b"[]")
    with TapeReader(path) as reader:
        desk = ReplayDesk(reader, speed=None)
        await played(desk)

    assert desk.runner.overflows == 0
    # one more for the session that this recording does not open with
    assert desk.pipeline.frames == 110_001


async def test_streams_of_a_recording_that_says_nothing_of_them_are_up(tmp_path: Path) -> None:
    with TapeReader(cut(tmp_path / "cut.tape", frames=400)) as reader:
        desk = ReplayDesk(reader, speed=None)
        await played(desk)

    streams = desk.source.health().streams
    assert all(stream.up for stream in streams)
    assert sum(stream.frames for stream in streams) > 0
    assert desk.source.health().last_problem == ""


async def test_commands_of_the_person_are_taken_while_it_plays(tmp_path: Path) -> None:
    with TapeReader(cut(tmp_path / "cut.tape", frames=50)) as reader:
        desk = ReplayDesk(reader, speed=None)
        desk.source.submit(Kill("by hand"))
        await played(desk)
        desk.runner.submit(Kill("again"))

    assert desk.pipeline.engine.killed


def test_an_empty_recording_cannot_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "empty.tape"
    with TapeWriter(path, TapeHeader("empty", "test")):
        pass
    with TapeReader(path) as reader, pytest.raises(RecordingError, match="no frames"):
        ReplayDesk(reader, speed=1.0)
