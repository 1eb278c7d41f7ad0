"""A reader that stops reading: it holds up nobody for ever and learns why it was cut off."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from tests.e2e import sandbox_client as client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from polydesk.domain.frames import MARKET, Frame
from polydesk.sandbox import playback
from polydesk.sandbox.outbox import FULL_BYTES
from polydesk.sandbox.server import serve
from polydesk.sandbox.subscribers import Hub, MarketSubscriber
from polydesk.sandbox.urls import SandboxUrls

pytestmark = pytest.mark.e2e

BIG = "x" * 20_000


def big_frames(count: int) -> list[Frame]:
    bodies = [{"event_type": "note", "asset_id": "1", "n": n, "filler": BIG} for n in range(count)]
    return [Frame(MARKET, n, json.dumps(body).encode()) for n, body in enumerate(bodies)]


async def read_on(socket: ClientConnection, taken: list[bytes]) -> None:
    while True:
        taken.extend(await client.take(socket, 1))


async def test_a_reader_that_takes_nothing_is_closed_with_1013(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(playback, "STALL_S", 0.3)
    recorded, ended = big_frames(1_500), asyncio.Event()
    ready: asyncio.Future[SandboxUrls] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(
            serve(
                recorded, speed=None, wall_ns=time.time_ns, on_ready=ready.set_result, ended=ended
            )
        )
        urls = await asyncio.wait_for(ready, client.WAIT_S)
        async with (
            client.market_socket(urls, ["1"]) as reader,
            connect(urls.market_ws, compression=None, max_queue=1) as sleeper,
            client.activity_socket(urls, ("activity", "*")),
        ):
            await sleeper.send(json.dumps({"type": "market", "assets_ids": ["1"]}))
            assert await client.take(reader, len(recorded)) == [f.text for f in recorded]
            taken: list[bytes] = []
            with pytest.raises(ConnectionClosed) as closed:
                await read_on(sleeper, taken)
        ended.set()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1013
    assert taken == [frame.text for frame in recorded[: len(taken)]]
    assert 0 < len(taken) < len(recorded)


async def test_a_timed_replay_cuts_off_a_reader_far_behind() -> None:
    hub, behind, near = Hub(), MarketSubscriber(tokens={"1"}), MarketSubscriber(tokens={"1"})
    hub.add(behind)
    hub.add(near)
    piece = bytes(1 << 20)
    for _ in range(FULL_BYTES // len(piece) + 1):
        behind.outbox.put(piece)
    near.outbox.put(piece)
    hub.dismiss_overflowing()
    assert behind.goodbye.is_set()
    assert behind.goodbye_reason[0] == 1013
    assert not near.goodbye.is_set()
