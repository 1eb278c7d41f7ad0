"""Platform trades end to end: a loopback server in its own process, our stream, inbox and engine.

Run as ``python -m polydesk.bench.sockets <count>`` it serves that many trades to each subscriber.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Iterator

from polydesk.bench.measure import alternate
from polydesk.bench.recorded import HIT_EVERY, SEED, followed_wallets, platform_trades
from polydesk.bench.results import Result, Spec
from polydesk.domain.commands import CopyRule, FollowLeader
from polydesk.domain.ids import Wallet
from polydesk.engine.engine import Engine
from polydesk.errors import InvariantError
from polydesk.ingest.supervisor import Supervision
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.pipeline import Pipeline
from polydesk.runtime.runner import Runner
from polydesk.venues.polymarket.stream import RtdsStream
from polydesk.venues.polymarket.urls import Hosts

END_TO_END = Spec(
    "rtds_end_to_end", "trades/s", "websockets + json.loads + set",
    higher_is_better=True, budget=10_000,
)  # fmt: skip
SPECS = (END_TO_END,)
POLL_S = 0.005
_TIMEOUT_S = 60.0


def run(*, quick: bool) -> Iterator[Result]:
    """Measure a burst sent as fast as it is taken; a lost trade is an error."""
    rounds, count = (1, 2_000) if quick else (3, 30_000)
    yield END_TO_END.result(
        *alternate(
            lambda: asyncio.run(_with_server(count, _ours)),
            lambda: asyncio.run(_with_server(count, _plain)),
            rounds,
        ),
        f"{count:,} trades from another process, none lost",
    )


Take = Callable[[str, int], Awaitable[float]]


async def _with_server(count: int, take: Take) -> float:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polydesk.bench.sockets", str(count), stdout=PIPE
    )
    assert child.stdout is not None
    try:
        port = int(await asyncio.wait_for(child.stdout.readline(), _TIMEOUT_S))
        return await asyncio.wait_for(take(f"ws://127.0.0.1:{port}", count), _TIMEOUT_S)
    finally:
        child.terminate()
        await child.wait()


async def _ours(url: str, count: int) -> float:
    """Return trades a second through stream, inbox, filter and engine."""
    pipeline, clock = Pipeline(Engine()), LiveClock()
    for wallet in sorted(followed_wallets()):
        pipeline.engine.copier.follow(FollowLeader(Wallet(wallet), "", CopyRule()))
    runner = Runner(pipeline, clock)
    supervision = Supervision(clock, random.Random(SEED))
    stream = RtdsStream(Hosts(rtds_ws=url), clock, runner, supervision)
    tasks = [asyncio.create_task(runner.run()), asyncio.create_task(stream.run())]
    try:
        while not pipeline.decoder.trades_seen:  # noqa: ASYNC110 - the frames are the event
            await asyncio.sleep(0)
        first, began = pipeline.decoder.trades_seen, time.monotonic()
        while pipeline.decoder.trades_seen < count:  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)
        taken = time.monotonic() - began
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if pipeline.engine.leaders.trades != -(-count // HIT_EVERY):
        raise InvariantError("a followed trade was lost between socket and engine")
    return (count - first) / taken


async def _plain(url: str, count: int) -> float:
    """Return trades a second through a plain loop."""
    from websockets.asyncio.client import connect

    followed, hits = followed_wallets(), 0
    async with connect(url, compression=None, proxy=None) as socket:
        await socket.send("{}")
        await socket.recv(decode=False)
        began = time.monotonic()
        for _ in range(count - 1):
            row = json.loads(await socket.recv(decode=False))
            hits += row["payload"]["proxyWallet"].lower() in followed
        return (count - 1) / (time.monotonic() - began)


async def _serve(count: int) -> None:
    """Serve trades to whoever subscribes, until terminated."""
    from websockets.asyncio.server import ServerConnection, serve

    texts = [frame.text for frame in platform_trades(count)]

    async def send_all(socket: ServerConnection) -> None:
        await socket.recv()
        for text in texts:
            await socket.send(text, text=True)
        await socket.wait_closed()

    async with serve(send_all, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
