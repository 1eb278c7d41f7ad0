"""The public reads against a scripted HTTP server on loopback."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket as sockets
import time
import tracemalloc
import zlib
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest

from polydesk.domain.frames import Frame
from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable, WireError
from polydesk.runtime.clocks import LiveClock
from polydesk.venues.polymarket.hosts_text import is_loopback
from polydesk.venues.polymarket.http import HttpReader, HttpRules
from polydesk.venues.polymarket.limits import LONGEST_PAUSE_S
from polydesk.venues.polymarket.rest import PolymarketRest, first_contact
from polydesk.venues.polymarket.urls import Hosts

TOKEN = "7" * 77
QUICK = HttpRules(
    connect_s=2.0,
    read_s=2.0,
    attempts=3,
    wait_initial_s=0.001,
    wait_max_s=0.002,
    wait_jitter_s=0.0,
    longest_asked_wait_s=1.0,
)


class Reply:
    def __init__(self, body: bytes = b"[]", status: int = 200, **headers: str) -> None:
        self.body = body
        self.status = status
        self.headers = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }


class Server:
    """Answers with the scripted replies in turn, the last one for ever; None never answers."""

    def __init__(self) -> None:
        self.replies: list[Reply | None] = [Reply()]
        self.asked: list[tuple[str, str, list[tuple[str, str]]]] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []

    def say(self, *replies: Reply | None) -> None:
        self.replies = list(replies)

    async def handle(self, reader, writer) -> None:
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer_one(self, reader, writer) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {
            name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:-2])
        }
        self.bodies.append(await reader.readexactly(int(headers.get("content-length", 0))))
        self.headers.append(headers)
        self.asked.append((method, urlsplit(target).path, parse_qsl(urlsplit(target).query)))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply is None:
            await reader.read()
            return False
        lines = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + reply.body)
        await writer.drain()
        return True


@asynccontextmanager
async def listening(server: Server):
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    async with listener:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


class ListSink:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)


class Bench:
    """A server, a client of it, and the sink between."""

    def __init__(self, server: Server, url: str) -> None:
        self.server = server
        self.url = url
        self.sink = ListSink()
        clock = LiveClock()
        self.hosts = Hosts(gamma=url, clob=url, data=url)
        self.reader = HttpReader(clock, rules=QUICK)
        self.rest = PolymarketRest(self.hosts, clock, self.sink, reader=self.reader)


@pytest.fixture
async def bench():
    server = Server()
    async with listening(server) as url:
        made = Bench(server, url)
        yield made
        await made.rest.close()


def params_of(bench: Bench, call: int = 0) -> dict[str, str]:
    return dict(bench.server.asked[call][2])


async def test_books_are_asked_for_as_a_flat_array_500_at_a_time(bench):
    before = time.time_ns()
    await bench.rest.books([str(n) for n in range(1_001)])
    asked = [json.loads(body) for body in bench.server.bodies]
    assert [len(one) for one in asked] == [500, 500, 1]
    assert asked[2] == [{"token_id": "1000"}]
    assert {(m, p) for m, p, _ in bench.server.asked} == {("POST", "/books")}
    assert all(before <= frame.ts_init <= time.time_ns() for frame in bench.sink.frames)


async def test_body_reaches_sink_and_caller_exactly_as_received(bench):
    text = b' [{"asset_id": "1",  "bids":[]}]\n'
    bench.server.say(Reply(gzip.compress(text, mtime=0), Content_Encoding="gzip"))
    assert await bench.rest.books(["1"]) == [text]
    assert [(f.channel, f.text) for f in bench.sink.frames] == [("rest:clob/books", text)]


async def test_client_names_itself(bench):
    await bench.rest.search("world cup")
    assert bench.server.headers[0]["user-agent"].startswith("polydesk/")
    assert params_of(bench)["q"] == "world cup"
    assert bench.sink.frames[0].channel == "rest:gamma/search"


async def test_trades_include_maker_fills_and_slip_past_the_cache(bench):
    page = {
        "data": [{"timestamp": 5}, {"timestamp": 9}, {"timestamp": 7}],
        "pagination": {"has_more": True, "next_cursor": "abc"},
    }
    bench.server.say(Reply(json.dumps(page).encode()))
    first = await bench.rest.trades("0xabc", 1_700_000_000)
    second = await bench.rest.trades("0xabc", 1_700_000_000, first.next_cursor)
    assert (first.rows, first.newest_s, first.next_cursor) == (3, 9, "abc")
    one, two = params_of(bench, 0), params_of(bench, 1)
    assert one["_"] != two["_"]
    assert one["taker_only"] == "false"
    assert one["start"] == two["start"] == "1700000000"
    assert two["cursor"] == "abc"
    assert second.body == bench.sink.frames[1].text


async def test_a_row_with_an_incredible_time_never_moves_the_reader_into_the_future(bench):
    now_s = time.time_ns() // 10**9
    rows = [{"timestamp": at} for at in (now_s - 9, 10**12, None, "7", -5, now_s + 3_600)]
    bench.server.say(Reply(json.dumps({"data": [*rows, {}]}).encode()))
    page = await bench.rest.trades("0xabc", 1)
    assert (page.rows, page.newest_s) == (7, now_s - 9)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"nonsense", b'{"data":[7]}', b'{"data":' + b"[" * 100_000, b"\xff"],
    ids=["no data", "no JSON", "row that is no object", "deep", "no UTF-8"],
)
async def test_unreadable_page_of_trades_is_a_wire_error(bench, body):
    bench.server.say(Reply(body))
    with pytest.raises(WireError, match="page of trades"):
        await bench.rest.trades("0xabc", 1)


async def test_token_is_looked_for_under_both_ids_open_and_closed(bench):
    await bench.rest.markets_by_token([TOKEN])
    looked = [
        (next(k for k, _ in params if k.endswith("_ids")), dict(params)["closed"])
        for _, _, params in bench.server.asked
    ]
    assert looked == [
        ("clob_token_ids", "false"),
        ("clob_token_ids", "true"),
        ("position_ids", "false"),
        ("position_ids", "true"),
    ]


async def test_found_tokens_are_not_looked_for_again(bench):
    other = "8" * 77
    found = json.dumps({"markets": [{"clobTokenIds": json.dumps([TOKEN])}]}).encode()
    rest = json.dumps({"markets": [{"positionIds": [other]}]}).encode()
    bench.server.say(Reply(found), Reply(rest))
    assert await bench.rest.markets_by_token([TOKEN, other]) == [found, rest]
    assert [k for k, _ in bench.server.asked[0][2]].count("clob_token_ids") == 2
    assert params_of(bench, 1)["clob_token_ids"] == other


async def test_markets_of_conditions_that_are_not_open_are_looked_for_closed(bench):
    bench.server.say(Reply(b'{"markets":[{"conditionId":"0xaa"}]}'), Reply(b'{"markets":[]}'))
    await bench.rest.markets(["0xaa", "0xbb"])
    assert params_of(bench, 1) == {"condition_ids": "0xbb", "closed": "true", "limit": "100"}


async def test_catalogue_walk_sends_the_same_order_with_every_cursor(bench):
    bench.server.say(Reply(b'{"markets":[],"next_cursor":"n1"}'), Reply(b'{"markets":[]}'))
    page = await bench.rest.markets_page()
    last = await bench.rest.markets_page(page.next_cursor)
    assert last.next_cursor is None
    assert params_of(bench, 1) == params_of(bench, 0) | {"after_cursor": "n1"}
    assert {f.channel for f in bench.sink.frames} == {"rest:gamma/markets"}


async def test_search_and_prices_and_time_have_their_channels(bench):
    bench.server.say(Reply(b'{"events":[]}'), Reply(b'{"data":[]}'), Reply(b"1763650000"))
    await bench.rest.search("rain")
    await bench.rest.prices_history(TOKEN)
    assert await bench.rest.time() == 1_763_650_000
    assert [f.channel for f in bench.sink.frames] == [
        "rest:gamma/search",
        "rest:data/prices-history",
        "rest:clob/time",
    ]


async def test_time_that_is_no_number_is_a_wire_error(bench):
    bench.server.say(Reply(b'{"no":1}'))
    with pytest.raises(WireError, match="without a number"):
        await bench.rest.time()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 425, 408])
async def test_passing_failures_are_retried_a_bounded_number_of_times(bench, status):
    bench.server.say(Reply(b"busy", status))
    with pytest.raises(VenueUnavailable, match=rf"\(POST /books\) answered {status}: busy"):
        await bench.rest.books(["1"])
    assert len(bench.server.asked) == 3
    assert bench.sink.frames == []


async def test_a_retry_that_succeeds_is_a_success(bench):
    bench.server.say(Reply(b"", 500), Reply(b"[1]"))
    assert await bench.rest.books(["1"]) == [b"[1]"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_refusals_are_final(bench, status):
    bench.server.say(Reply(b'{"error":"bad \x1b[31m id"}', status))
    with pytest.raises(VenueRejected, match=f"refused with {status}") as caught:
        await bench.rest.books(["1"])
    assert str(caught.value).isprintable()
    assert bench.url.removeprefix("http://") in str(caught.value)
    assert len(bench.server.asked) == 1


async def test_a_long_wait_asked_for_is_handed_to_the_caller(bench):
    bench.server.say(Reply(b"", 429, Retry_After="60"))
    with pytest.raises(RateLimited) as caught:
        await bench.rest.books(["1"])
    assert caught.value.retry_after_s == 60.0
    assert len(bench.server.asked) == 1


async def test_a_short_wait_asked_for_is_kept(bench):
    bench.server.say(Reply(b"", 429, Retry_After="1"), Reply(b"[]"))
    started = time.monotonic()
    assert await bench.rest.books(["1"]) == [b"[]"]
    assert time.monotonic() - started >= 1.0


async def test_a_429_without_a_time_is_retried_then_told(bench):
    bench.server.say(Reply(b"", 429))
    with pytest.raises(RateLimited) as caught:
        await bench.rest.books(["1"])
    assert caught.value.retry_after_s is None
    assert len(bench.server.asked) == 3


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"<html>Sign in</html>", Content_Type="text/html"),
        Reply(b"\n <!doctype html><p>Sign in"),
        Reply(b"", 302, Location="http://portal.invalid/"),
        Reply(b"", 307, Location="http://portal.invalid/"),
    ],
)
async def test_a_sign_in_portal_is_named_and_never_data(bench, reply):
    bench.server.say(reply)
    with pytest.raises(VenueUnavailable, match="sign-in portal"):
        await bench.rest.books(["1"])
    assert bench.sink.frames == []


async def test_a_gzip_bomb_is_abandoned_with_bounded_memory(bench):
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(150)) + packer.flush()
    bench.server.say(Reply(bomb, Content_Encoding="gzip"))
    tracemalloc.start()
    try:
        with pytest.raises(VenueUnavailable, match="more than 16777216 bytes"):
            await bench.rest.books(["1"])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000


async def test_a_large_plain_answer_is_abandoned(bench):
    bench.server.say(Reply(b"1" * (16 * 1024 * 1024 + 1)))
    with pytest.raises(VenueUnavailable, match="more than"):
        await bench.rest.books(["1"])


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"[" + b" " * 50_000 + b"]", mtime=0)[:-12], "gzip"),
        (b"this is no gzip", "gzip"),
        (b"\x0b\x02\x80[]\x03", "br"),
    ],
)
async def test_a_damaged_or_foreign_encoding_is_unavailable(bench, body, encoding):
    bench.server.say(Reply(body, Content_Encoding=encoding))
    with pytest.raises(VenueUnavailable):
        await bench.rest.books(["1"])
    assert bench.sink.frames == []


async def test_the_age_of_a_cached_answer_is_seen(bench):
    bench.server.say(Reply(b'{"data":[]}', Age="124"), Reply(b'{"data":[]}'))
    await bench.rest.trades("0xabc", 1)
    assert bench.reader.cache_age_s == {"data/trades": 124}
    await bench.rest.trades("0xabc", 1)
    assert bench.reader.cache_age_s == {"data/trades": 0}


@pytest.mark.parametrize("digits", ["9" * 9, "9" * 400, "9" * 5_000], ids=len)
async def test_headers_with_absurd_numbers_cost_no_more_than_a_pause(bench, digits):
    bench.server.say(Reply(b'{"data":[]}', Age=digits))
    await bench.rest.trades("0xabc", 1)
    bench.server.say(Reply(b"", 429, Retry_After=digits))
    with pytest.raises(RateLimited) as caught:
        await bench.rest.books(["1"])
    assert caught.value.retry_after_s in {None, LONGEST_PAUSE_S}


async def test_no_answer_in_time_is_unavailable(bench):
    bench.server.say(None)
    reader = HttpReader(LiveClock(), rules=HttpRules(read_s=0.05, attempts=1))
    rest = PolymarketRest(bench.hosts, LiveClock(), bench.sink, reader=reader)
    with pytest.raises(VenueUnavailable, match="did not answer in time"):
        await rest.books(["1"])
    await rest.close()


def _free_port() -> int:
    with sockets.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def test_first_contact_without_network_offers_the_demo():
    sentence = await first_contact(Hosts(clob=f"http://127.0.0.1:{_free_port()}"), LiveClock())
    assert "127.0.0.1" in sentence
    assert "cannot be reached" in sentence
    assert "`polydesk demo`" in sentence


async def test_first_contact_through_a_portal_says_so(bench):
    bench.server.say(Reply(b"<html>", Content_Type="text/html"))
    assert "sign-in portal" in await first_contact(bench.hosts, LiveClock())


async def test_first_contact_does_not_wait_for_ever(bench):
    bench.server.say(None)
    sentence = await first_contact(bench.hosts, LiveClock(), within_s=0.05)
    assert "did not answer in time" in sentence


async def test_first_contact_with_a_working_venue_says_nothing(bench):
    bench.server.say(Reply(b"1763650000"))
    assert await first_contact(bench.hosts, LiveClock()) is None


async def test_plain_text_where_tls_is_expected_is_unavailable():
    async def speak_plainly(_reader, writer) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(speak_plainly, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        sentence = await first_contact(Hosts(clob=f"https://127.0.0.1:{port}"), LiveClock())
    assert "cannot be reached" in sentence


async def test_an_unusable_proxy_is_named(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "carrier-pigeon://127.0.0.1:1")
    sentence = await first_contact(Hosts(clob="https://venue.invalid"), LiveClock())
    assert "proxy set in the environment" in sentence


async def test_loopback_never_goes_through_a_proxy(bench, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{_free_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    bench.server.say(Reply(b"1763650000"))
    assert await first_contact(bench.hosts, LiveClock()) is None


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.8.0.5", "[::1]"])
def test_every_loopback_address_is_this_machine(name):
    assert is_loopback(f"http://{name}:80/x")


@pytest.mark.parametrize("name", ["venue.invalid", "127.0.0.1.venue.invalid", "10.0.0.1", ""])
def test_no_other_address_is_this_machine(name):
    assert not is_loopback(f"http://{name}:80/x")
