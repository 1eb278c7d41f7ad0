"""Each fault of a socket as a plain WebSocket client sees it, over a real connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.unit.sandbox.loopback import Venue, serving
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from polydesk.sandbox.faults.script import NO_FAULTS

PONG = "PONG"


def rule(fault: dict[str, Any], **match: object) -> dict[str, Any]:
    return {"match": {"socket": "market", **match}, "fault": fault}


def venue(*rules: dict[str, Any]) -> Venue:
    return Venue(json.dumps({"rules": rules}).encode())


@asynccontextmanager
async def socket(to: Venue, path: str = "/ws/market") -> AsyncIterator[ClientConnection]:
    address = to.url.replace("http", "ws") + path
    async with connect(address, compression=None, proxy=None) as line:
        yield line


async def heard(line: ClientConnection, count: int) -> list[str]:
    """Ask for frames, then for a pong, and return everything up to it."""
    await line.send(str(count))
    await line.send("PING")
    frames: list[str] = []
    async with asyncio.timeout(5):
        while (frame := await line.recv(decode=True)) != PONG:
            frames.append(frame)
    return frames


def numbered(*numbers: int) -> list[str]:
    return [f'{{"n":{number}}}' for number in numbers]


async def test_without_rules_frames_pass() -> None:
    async with serving(venue()) as there, socket(there) as line:
        assert await heard(line, 3) == numbered(1, 2, 3)


async def test_a_frozen_line_carries_nothing_but_pongs() -> None:
    async with serving(venue(rule({"kind": "freeze"}, nth=2))) as there:
        async with socket(there) as line:
            assert await heard(line, 3) == numbered(1)
            assert await heard(line, 2) == []
            await asyncio.wait_for(await line.ping(), 5)
        async with socket(there) as fresh:
            assert await heard(fresh, 2) == numbered(1, 2)


async def test_a_thawed_line_has_lost_what_was_sent_meanwhile() -> None:
    async with (
        serving(venue(rule({"kind": "freeze", "seconds": 0.05}, nth=1))) as there,
        socket(there) as line,
    ):
        assert await heard(line, 3) == []
        await asyncio.sleep(0.06)
        assert await heard(line, 2) == numbered(1, 2)


async def test_another_script_thaws_a_frozen_line() -> None:
    async with serving(venue(rule({"kind": "freeze"}))) as there, socket(there) as line:
        assert await heard(line, 2) == []
        there.faults.set(NO_FAULTS)
        assert await heard(line, 2) == numbered(1, 2)


async def test_a_dropped_line_ends_without_a_close_frame() -> None:
    async with serving(venue(rule({"kind": "drop"}, nth=3))) as there, socket(there) as line:
        await line.send("5")
        got = [await line.recv(), await line.recv()]
        with pytest.raises(ConnectionClosedError) as caught:
            await line.recv()
    assert got == numbered(1, 2)
    assert caught.value.rcvd is None


async def test_a_dropped_line_may_end_with_a_code() -> None:
    async with (
        serving(venue(rule({"kind": "drop", "code": 1012}))) as there,
        socket(there) as line,
    ):
        await line.send("1")
        with pytest.raises(ConnectionClosedError) as caught:
            await line.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1012


async def test_a_frame_arrives_several_times() -> None:
    fault = {"kind": "duplicate", "times": 3}
    async with serving(venue(rule(fault, nth=2))) as there, socket(there) as line:
        assert await heard(line, 3) == numbered(1, 2, 2, 2, 3)


async def test_neighbours_change_places() -> None:
    async with (
        serving(venue(rule({"kind": "reorder"}, nth=[1, 3]))) as there,
        socket(there) as line,
    ):
        assert await heard(line, 4) == numbered(2, 1, 4, 3)


async def test_a_held_frame_without_a_neighbour_comes_before_the_pong() -> None:
    async with serving(venue(rule({"kind": "reorder"}, nth=2))) as there, socket(there) as line:
        assert await heard(line, 2) == numbered(1, 2)


@pytest.mark.parametrize(("form", "text"), [("cut", '{"n'), ("reverse", '}1:"n"{')])
async def test_a_frame_is_damaged(form: str, text: str) -> None:
    fault = {"kind": "corrupt", "form": form}
    async with serving(venue(rule(fault, nth=1))) as there, socket(there) as line:
        assert await heard(line, 2) == [text, *numbered(2)]


async def test_a_late_frame_holds_up_those_behind_it() -> None:
    clock = asyncio.get_running_loop().time
    fault = {"kind": "delay", "seconds": 0.1}
    async with serving(venue(rule(fault, nth=2))) as there, socket(there) as line:
        began = clock()
        await line.send("3")
        assert await line.recv() == numbered(1)[0]
        assert [await line.recv(), await line.recv()] == numbered(2, 3)
        assert clock() - began >= 0.1


async def test_a_connection_is_refused() -> None:
    async with serving(venue(rule({"kind": "refuse"}, nth=1))) as there:
        with pytest.raises(InvalidStatus) as caught:
            async with socket(there):
                pass
        assert caught.value.response.status_code == 403
        async with socket(there) as line:
            assert await heard(line, 1) == numbered(1)


async def test_a_rule_is_about_one_socket_and_one_connection() -> None:
    async with (
        serving(venue(rule({"kind": "freeze"}, connection=2))) as there,
        socket(there) as first,
        socket(there, "/ws/user") as other,
        socket(there) as second,
    ):
        assert await heard(first, 1) == numbered(1)
        assert await heard(second, 1) == []
        assert await heard(other, 1) == numbered(1)


async def test_a_script_set_later_reaches_open_sockets() -> None:
    async with serving(venue()) as there, socket(there) as line:
        assert await heard(line, 1) == numbered(1)
        there.faults.set(venue(rule({"kind": "duplicate"})).faults.script)
        assert await heard(line, 1) == numbered(1, 1)
