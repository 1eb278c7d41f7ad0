"""The streams and reads against the sandbox exchange in its own process."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from random import Random

import pytest

from polydesk.domain.frames import CONTROL, MARKET, Frame
from polydesk.ingest.shards import Shards
from polydesk.ingest.supervisor import Supervision
from polydesk.replay.resolve import open_tape
from polydesk.runtime.clocks import LiveClock
from polydesk.sandbox.process import SandboxProcess
from polydesk.venues.polymarket.rest import PolymarketRest, first_contact
from polydesk.venues.polymarket.stream import MarketStream, RtdsStream
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.decoder import Decoder

pytestmark = pytest.mark.e2e
ENOUGH = 500


class DecodingSink:
    """Counts the events of all frames; ready when books, changes and trades have come."""

    def __init__(self) -> None:
        self.decoder = Decoder()
        self.kinds: Counter[str] = Counter()
        self.statuses = 0
        self.ready = asyncio.Event()

    def put(self, frame: Frame) -> None:
        if frame.channel == CONTROL:
            self.statuses += 1
            return
        self.kinds.update(type(event).__name__ for event in self.decoder.decode(frame))
        if self.kinds["BookChanged"] >= ENOUGH and self.kinds["WalletTraded"]:
            self.ready.set()


def _tokens_of_the_demo() -> list[str]:
    tokens: dict[str, None] = {}
    with open_tape("demo") as tape:
        for count, frame in enumerate(tape):
            if frame.channel == MARKET:
                found = re.findall(rb'"asset_id":"(\d+)"', frame.text)
                tokens.update(dict.fromkeys(token.decode() for token in found))
            if count > 500:
                break
    return list(tokens)


async def test_the_same_code_reads_the_sandbox_as_it_reads_the_venue():
    tokens, clock, sink = _tokens_of_the_demo(), LiveClock(), DecodingSink()
    async with await SandboxProcess.start("demo", speed=50.0) as sandbox, asyncio.timeout(30):
        urls = sandbox.urls
        hosts = Hosts(urls.gamma, urls.clob, urls.data, urls.market_ws, urls.rtds_ws)
        assert await first_contact(hosts, clock) is None
        supervision = Supervision(clock, Random(1))
        market = MarketStream(hosts, clock, sink, supervision, Shards(5))
        market.set_wanted(tokens)
        rtds = RtdsStream(hosts, clock, sink, supervision)
        running = [asyncio.ensure_future(stream.run()) for stream in (market, rtds)]
        await sink.ready.wait()
        rest = PolymarketRest(hosts, clock, sink)
        assert tokens[0].encode() in (await rest.books(tokens))[0]
        assert tokens[0].encode() in (await rest.markets_by_token(tokens[:1]))[0]
        await rest.close()
        for task in running:
            task.cancel()
        await asyncio.wait(running)
    assert market.counters.connects == -(-len(tokens) // 5)
    assert sink.kinds["BookSnapshotReceived"] >= len(tokens)
    assert sink.kinds["MarketsListed"] == 1
