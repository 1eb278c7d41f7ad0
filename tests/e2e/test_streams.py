"""The streams against real WebSocket servers on loopback."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from polydesk.domain.frames import CONTROL, MARKET, RTDS, Frame
from polydesk.ingest.backoff import AttemptCap, BackoffLimits
from polydesk.ingest.shards import Shards
from polydesk.ingest.supervisor import Supervision
from polydesk.runtime.clocks import LiveClock
from polydesk.venues.polymarket.limits import LONGEST_PAUSE_S
from polydesk.venues.polymarket.socket import Link, Timing
from polydesk.venues.polymarket.stream import MarketStream, RtdsStream
from polydesk.venues.polymarket.urls import Hosts

QUICK = Timing(ping_s=0.05, pong_s=5.0, first_data_s=5.0, silence_s=5.0, check_s=0.02, open_s=5.0)
WAIT_S = 10.0


class ListSink:
    """Keeps frames and wakes whoever waits for some state of them."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._came = asyncio.Event()

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)
        self._came.set()

    async def until(self, is_so: Callable[[], object]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not is_so():
                self._came.clear()
                await self._came.wait()

    @property
    def data(self) -> list[Frame]:
        return [frame for frame in self.frames if frame.channel != CONTROL]

    @property
    def status(self) -> list[dict]:
        return [json.loads(frame.text) for frame in self.frames if frame.channel == CONTROL]

    def ups(self) -> int:
        return sum(status["up"] for status in self.status)

    def downs(self) -> int:
        return sum(not status["up"] for status in self.status)


class Venue:
    """A market socket: dumps a book for each subscribed asset and remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[list[dict]] = []
        self.sockets: list = []
        self.answers_ping = True
        self.dumps = True
        self.pings = 0
        self.on_open: Callable | None = None
        self.user_agents: list[str] = []

    async def serve_one(self, connection) -> None:
        number = len(self.heard)
        self.heard.append([])
        self.sockets.append(connection)
        self.user_agents.append(connection.request.headers["User-Agent"])
        if self.on_open is not None:
            await self.on_open(connection, number)
        async for text in connection:
            await self._hear(connection, number, text)

    async def _hear(self, connection, number: int, text: str) -> None:
        if text == "PING":
            self.pings += 1
            if self.answers_ping:
                await connection.send("PONG")
            return
        message = json.loads(text)
        self.heard[number].append(message)
        if self.dumps and message.get("operation") != "unsubscribe":
            books = [{"event_type": "book", "asset_id": t} for t in message.get("assets_ids", [])]
            await connection.send(json.dumps(books or [{"topic": "activity"}]))

    def held(self, number: int) -> set[str]:
        held: set[str] = set()
        for message in self.heard[number]:
            ids = set(message["assets_ids"])
            held = held - ids if message.get("operation") == "unsubscribe" else held | ids
        return held


@asynccontextmanager
async def serving(venue: Venue):
    async with serve(venue.serve_one, "127.0.0.1", 0, max_size=None, close_timeout=0.2) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws/market"


@asynccontextmanager
async def running(stream):
    task = asyncio.ensure_future(stream.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and task.exception() is not None:
            raise task.exception()


def hosts_at(url: str) -> Hosts:
    return Hosts(gamma=url, clob=url, data=url, market_ws=url, rtds_ws=url)


def quick_supervision(per_minute: int = 10_000) -> Supervision:
    clock = LiveClock()
    cap = AttemptCap(clock, per_minute)
    return Supervision(clock, Random(1), cap=cap, backoff=BackoffLimits(0.001, 0.01, 60.0))


def market(url: str, sink: ListSink, *, timing: Timing = QUICK, size: int = 200, **more):
    supervision = more.pop("supervision", None) or quick_supervision()
    return MarketStream(
        hosts_at(url), LiveClock(), sink, supervision, Shards(size), timing=timing, **more
    )


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


@pytest.fixture
def venue() -> Venue:
    return Venue()


async def test_frames_are_the_bytes_received_with_their_time(venue, sink):
    before = time.time_ns()
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["7", "8"])
        async with running(stream):
            await sink.until(lambda: sink.data)
    frame = sink.data[0]
    assert frame.channel == MARKET
    assert type(frame.text) is bytes
    assert [book["asset_id"] for book in json.loads(frame.text)] == ["7", "8"]
    assert before <= frame.ts_init <= time.time_ns()


async def test_a_named_client_pings_in_text_and_beats_never_reach_the_sink(venue, sink):
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["7"])
        async with running(stream):
            await sink.until(lambda: sink.data)
            while venue.pings < 3:
                pong = await venue.sockets[0].ping()
                await asyncio.wait_for(pong, WAIT_S)
    assert venue.user_agents[0].startswith("polydesk/")
    assert all(frame.text != b"PONG" for frame in sink.frames)


async def test_up_comes_before_data_and_names_its_tokens(venue, sink):
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["7", "8"])
        async with running(stream):
            await sink.until(lambda: sink.data)
    assert sink.frames[0].channel == CONTROL
    assert json.loads(sink.frames[0].text) == {
        "kind": "status",
        "stream": "market",
        "up": True,
        "detail": "subscribed",
        "tokens": ["7", "8"],
    }


async def test_450_tokens_are_spread_over_three_connections(venue, sink):
    tokens = [str(number) for number in range(450)]
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(tokens)
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 3)
            assert stream.connections == 3
    sizes = sorted(len(venue.held(number)) for number in range(3))
    assert sizes == [50, 200, 200]
    assert set.union(*(venue.held(number) for number in range(3))) == set(tokens)


async def test_wanted_changes_go_to_the_live_socket_as_differences(venue, sink):
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1", "2"])
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 1)
            stream.set_wanted(["2", "3"])
            await sink.until(lambda: len(sink.data) == 2)
    assert len(venue.heard) == 1
    _, drop, add = venue.heard[0]
    assert (drop["operation"], drop["assets_ids"]) == ("unsubscribe", ["1"])
    assert (add["operation"], add["assets_ids"]) == ("subscribe", ["3"])
    assert [(s["up"], s["tokens"]) for s in sink.status[:3]] == [
        (True, ["1", "2"]),
        (False, ["1"]),
        (True, ["3"]),
    ]
    last_up = max(i for i, f in enumerate(sink.frames) if b'"up":true' in f.text)
    assert b'"3"' in sink.frames[last_up + 1].text


async def test_up_comes_first_even_when_the_dump_arrives_during_the_send(venue, sink, monkeypatch):
    send = Link.send

    async def slow_send(link: Link, text: str) -> None:
        await send(link, text)
        if '"3"' in text:
            await sink.until(lambda: len(sink.data) == 2)

    monkeypatch.setattr(Link, "send", slow_send)
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 1)
            stream.set_wanted(["1", "3"])
            await sink.until(lambda: len(sink.data) == 2)
    channels = [frame.channel for frame in sink.frames[:4]]
    assert channels == [CONTROL, MARKET, CONTROL, MARKET]


async def test_down_is_told_before_waiting_for_the_peer_to_close(venue, sink, monkeypatch):
    close = Link.close

    async def slow_close(link: Link) -> None:
        await sink.until(sink.downs)
        await close(link)

    monkeypatch.setattr(Link, "close", slow_close)
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
            venue.sockets[0].transport.abort()
            await sink.until(lambda: sink.ups() == 2)


async def test_what_is_wanted_while_down_is_subscribed_on_return(venue, sink):
    async def hang_up(connection, number: int) -> None:
        if number < 2:
            await connection.close()

    venue.on_open = hang_up
    async with serving(venue) as url:
        stream = market(url, sink, on_status=lambda s: s.up or stream.set_wanted(["2"]))
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
    last = len(venue.heard) - 1
    assert venue.held(last) == {"2"}


async def test_a_connection_without_tokens_is_closed(venue, sink):
    async with serving(venue) as url:
        stream = market(url, sink, size=1)
        stream.set_wanted(["1", "2"])
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 2)
            stream.set_wanted(["2"])
            await sink.until(lambda: sink.downs() == 1)
            assert stream.connections == 1
            first = next(n for n in range(2) if venue.held(n) == {"1"})
            await asyncio.wait_for(venue.sockets[first].wait_closed(), WAIT_S)
    assert sink.status[2] | {"detail": ""} == {
        "kind": "status",
        "stream": "market",
        "up": False,
        "detail": "",
        "tokens": ["1"],
    }


async def test_tokens_given_up_are_down_before_their_peer_has_said_goodbye(
    venue, sink, monkeypatch
):
    closing, may_close = asyncio.Event(), asyncio.Event()
    close = Link.close

    async def slow_close(link: Link) -> None:
        closing.set()
        await may_close.wait()
        await close(link)

    monkeypatch.setattr(Link, "close", slow_close)
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 1)
            stream.set_wanted([])
            await closing.wait()
            stream.set_wanted(["1"])
            await sink.until(lambda: len(sink.data) == 2)
            may_close.set()
            await asyncio.wait_for(venue.sockets[0].wait_closed(), WAIT_S)
            assert [status["up"] for status in sink.status] == [True, False, True]


async def test_resubscribe_asks_for_a_new_dump_of_held_tokens_only(venue, sink):
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1", "2"])
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 1)
            stream.resubscribe(["2", "99"])
            await sink.until(lambda: len(sink.data) == 2)
    assert [m.get("operation") for m in venue.heard[0]] == [None, "unsubscribe", "subscribe"]
    assert [m["assets_ids"] for m in venue.heard[0][1:]] == [["2"], ["2"]]


async def test_drop_marks_down_then_resubscribes_everything_wanted(venue, sink):
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1", "2"])
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 1)
            stream.set_wanted(["2", "3"])
            await sink.until(lambda: len(sink.data) == 2)
            venue.sockets[0].transport.abort()
            await sink.until(lambda: len(sink.data) == 3)
    assert venue.held(1) == {"2", "3"}
    kinds = ["data" if f.channel == MARKET else json.loads(f.text)["up"] for f in sink.frames]
    assert kinds[:8] == [True, "data", False, True, "data", False, True, "data"]
    assert set(sink.status[3]["tokens"]) == {"2", "3"}
    assert stream.counters.connects == 2
    assert stream.counters.drops == 1


async def test_status_listener_hears_what_the_sink_holds(venue, sink):
    heard = []
    async with serving(venue) as url:
        stream = market(url, sink, on_status=heard.append)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
    assert [(s.stream, s.up, list(s.token_ids)) for s in heard] == [
        (s["stream"], s["up"], s["tokens"]) for s in sink.status
    ]
    assert sink.status[-1]["detail"] == "stopped"


async def test_frozen_socket_with_pings_alive_is_replaced(venue, sink):
    timing = Timing(0.05, 5.0, first_data_s=0.2, silence_s=0.3, check_s=0.02, open_s=5.0)
    async with serving(venue) as url:
        stream = market(url, sink, timing=timing)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
            venue.dumps = False
            await sink.until(lambda: sink.ups() == 2)
    assert venue.pings >= 3
    assert "no data" in sink.status[1]["detail"]
    assert stream.counters.pokes >= 1


async def test_news_for_everybody_does_not_keep_a_dead_subscription_alive(venue, sink):
    timing = Timing(0.05, 5.0, first_data_s=0.2, silence_s=0.3, check_s=0.02, open_s=5.0)

    async def announce() -> None:
        while True:
            await venue.sockets[0].send('{"event_type":"new_market","market":"0x1"}')
            await asyncio.sleep(0.01)

    async with serving(venue) as url:
        stream = market(url, sink, timing=timing)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
            venue.dumps = False
            announcing = asyncio.ensure_future(announce())
            await sink.until(lambda: sink.ups() == 2)
            announcing.cancel()
            await asyncio.wait({announcing})
    assert "no data" in sink.status[1]["detail"]
    assert any(b"new_market" in frame.text for frame in sink.data)


async def test_a_quiet_connection_that_answers_a_poke_stays(venue, sink):
    timing = Timing(0.05, 5.0, first_data_s=5.0, silence_s=0.1, check_s=0.02, open_s=5.0)
    async with serving(venue) as url:
        stream = market(url, sink, timing=timing)
        stream.set_wanted(["1", "2"])
        async with running(stream):
            await sink.until(lambda: len(sink.data) == 4)
    assert len(venue.sockets) == 1
    poked = [m["assets_ids"] for m in venue.heard[0] if m.get("operation") == "subscribe"]
    assert poked[:3] == [["2"], ["1"], ["2"]]
    assert stream.counters.pokes >= 3


async def test_black_hole_after_subscribe_is_replaced(venue, sink):
    venue.dumps = False
    timing = Timing(0.05, 5.0, first_data_s=0.15, silence_s=5.0, check_s=0.02, open_s=5.0)

    async def wake_up(connection, number: int) -> None:
        venue.dumps = number >= 2

    venue.on_open = wake_up
    async with serving(venue) as url:
        stream = market(url, sink, timing=timing)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
    assert len(venue.sockets) == 3
    assert "no data within 0.15 s" in sink.status[1]["detail"]


async def test_missing_pong_ends_a_socket_whose_data_still_flows(venue, sink):
    venue.answers_ping = False
    timing = Timing(0.05, 0.2, first_data_s=5.0, silence_s=5.0, check_s=0.02, open_s=5.0)
    async with serving(venue) as url:
        stream = market(url, sink, timing=timing)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.downs() == 1)
    assert "answered no ping" in sink.status[1]["detail"]


async def test_a_message_over_the_cap_is_refused_counted_and_survived(venue, sink):
    async def bomb(connection, number: int) -> None:
        if number == 0:
            await connection.send(b"x" * 5_000_000)

    venue.on_open = bomb
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
            assert stream.counters.oversized == 1
            with pytest.raises(ConnectionClosed):
                await venue.sockets[0].recv()
            assert venue.sockets[0].close_code == 1009
    assert "larger than" in next(s["detail"] for s in sink.status if not s["up"])


async def test_a_flapping_host_sees_no_more_attempts_than_the_cap(venue, sink):
    opened = asyncio.Event()

    async def hang_up(connection, number: int) -> None:
        if number == 5:
            opened.set()
        await connection.close()

    venue.on_open = hang_up
    supervision = quick_supervision(per_minute=6)
    async with serving(venue) as url:
        stream = market(url, sink, size=1, supervision=supervision)
        stream.set_wanted(["1", "2", "3"])
        async with running(stream):
            await asyncio.wait_for(opened.wait(), WAIT_S)
            await sink.until(lambda: sink.downs() >= 3)
            assert stream.counters.connects <= 6
    assert len(venue.heard) == 6


async def test_an_absent_host_is_told_once_and_then_found(venue, sink):
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stream = market(f"ws://127.0.0.1:{port}", sink)
    stream.set_wanted(["1"])
    async with running(stream):
        await sink.until(sink.downs)
        async with serve(venue.serve_one, "127.0.0.1", port):
            await sink.until(lambda: sink.data)
            assert [s["up"] for s in sink.status] == [False, True]
            stream.set_wanted([])
            await sink.until(lambda: sink.downs() == 2)
    assert f"127.0.0.1:{port} cannot be reached" in sink.status[0]["detail"]


async def test_hostile_close_reason_is_made_inert(venue, sink):
    async def rude(connection, number: int) -> None:
        if number == 0:
            await connection.close(4000, "\x1b[31mred\u202e")

    venue.on_open = rude
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
    detail = next(s["detail"] for s in sink.status if not s["up"])
    assert "red" in detail
    assert detail.isprintable()


async def test_rtds_delivers_activity_and_pings(venue, sink):
    async with serving(venue) as url:
        stream = RtdsStream(hosts_at(url), LiveClock(), sink, quick_supervision(), timing=QUICK)
        async with running(stream):
            await sink.until(lambda: sink.data)
    assert sink.data[0].channel == RTDS
    topics = [s["topic"] for s in venue.heard[0][0]["subscriptions"]]
    assert set(topics) == {"activity"}
    assert sink.status[0] == {
        "kind": "status",
        "stream": "rtds",
        "up": True,
        "detail": "subscribed",
        "tokens": [],
    }


async def test_rtds_whose_subscription_dies_is_reconnected_though_pings_work(venue, sink):
    timing = Timing(0.05, None, first_data_s=0.3, silence_s=0.2, check_s=0.02, open_s=5.0)
    async with serving(venue) as url:
        stream = RtdsStream(hosts_at(url), LiveClock(), sink, quick_supervision(), timing=timing)
        async with running(stream):
            await sink.until(lambda: sink.ups() == 2)
    assert "sent no data for 0.2 s" in sink.status[1]["detail"]
    assert venue.pings >= 2


async def test_an_unusable_proxy_is_named(sink, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "carrier-pigeon://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "carrier-pigeon://127.0.0.1:1")
    stream = market("ws://venue.invalid/ws", sink)
    stream.set_wanted(["1"])
    async with running(stream):
        await sink.until(sink.downs)
    assert "proxy set in the environment" in sink.status[0]["detail"]


async def test_loopback_never_goes_through_a_proxy(venue, sink, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    async with serving(venue) as url:
        stream = market(url, sink)
        stream.set_wanted(["1"])
        async with running(stream):
            await sink.until(lambda: sink.data)
    assert sink.downs() == 1


@pytest.mark.parametrize("status", [429, 503])
async def test_a_refused_handshake_waits_as_long_as_the_venue_says(sink, status):
    waits: list[float] = []
    waited_twice = asyncio.Event()

    class Pace:
        def up(self) -> None:
            pass

        async def wait(self, at_least_s: float = 0.0) -> None:
            waits.append(at_least_s)
            if len(waits) == 2:
                waited_twice.set()
            await asyncio.sleep(0)

    def refuse(connection, request):
        response = connection.respond(status, "later")
        response.headers["Retry-After"] = "7"
        return response

    supervision = quick_supervision()
    supervision.pace = Pace
    async with serve(lambda _: None, "127.0.0.1", 0, process_request=refuse) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        stream = market(url, sink, supervision=supervision)
        stream.set_wanted(["1"])
        async with running(stream), asyncio.timeout(WAIT_S):
            await sink.until(sink.downs)
            await waited_twice.wait()
    assert waits[:2] == [0.0, 7.0]
    assert f"refused the connection with status {status}" in sink.status[0]["detail"]


async def test_a_host_that_asks_for_days_is_asked_again_within_minutes(sink):
    def refuse(connection, request):
        response = connection.respond(429, "later")
        response.headers["Retry-After"] = "999999999"
        return response

    waits: asyncio.Queue[float] = asyncio.Queue()

    class Pace:
        def up(self) -> None:
            pass

        async def wait(self, at_least_s: float = 0.0) -> None:
            waits.put_nowait(at_least_s)
            await asyncio.sleep(0)

    supervision = quick_supervision()
    supervision.pace = Pace
    async with serve(lambda _: None, "127.0.0.1", 0, process_request=refuse) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        stream = market(url, sink, supervision=supervision)
        stream.set_wanted(["1"])
        async with running(stream), asyncio.timeout(WAIT_S):
            assert [await waits.get(), await waits.get()] == [0.0, LONGEST_PAUSE_S]


async def test_a_redirect_is_a_refusal_and_the_other_host_is_never_asked(venue, sink):
    async with serving(venue) as elsewhere:

        def redirect(connection, request):
            response = connection.respond(302, "elsewhere")
            response.headers["Location"] = elsewhere
            return response

        async with serve(lambda _: None, "127.0.0.1", 0, process_request=redirect) as server:
            url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws/market"
            stream = market(url, sink)
            stream.set_wanted(["1"])
            async with running(stream):
                await sink.until(sink.downs)
    assert "refused the connection with status 302" in sink.status[0]["detail"]
    assert venue.sockets == []
