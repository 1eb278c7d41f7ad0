"""The trading client against a loopback server that misbehaves byte by byte.

Whatever happens to the answer, each order is sent at most once, and the outcome claims no more
than what is certain.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import httpcore
import httpx
import pytest
from hyperframe.frame import Frame, GoAwayFrame, HeadersFrame, SettingsFrame

from polydesk.domain.ids import VenueOrderId
from polydesk.domain.venue import OutcomeKind, PlaceOutcome, VenueMode
from polydesk.errors import VenueUnavailable
from polydesk.runtime.clocks import LiveClock
from polydesk.venues.polymarket.http import HttpRules
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user import OwnIdentity

ID = VenueOrderId("0x" + "ab" * 32)
BODY = b'{"order":{"salt":1},"owner":"k","orderType":"GTC"}'
ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
UNAVAILABLE, UNKNOWN = OutcomeKind.UNAVAILABLE, OutcomeKind.UNKNOWN
PLACED = json.dumps(
    {"success": True, "errorMsg": "", "orderID": ID, "status": "live"}, separators=(",", ":")
).encode()

Act = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = PLACED, status: int = 200, **headers: str) -> bytes:
    """Return a whole HTTP/1.1 answer."""
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [
        f"HTTP/1.1 {status} X",
        *(f"{name}: {value}" for name, value in fields.items() if value),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


class Server:
    """Reads each request in full, keeps its body, then acts as told."""

    def __init__(self) -> None:
        self.act: Act = self.saying(answer())
        self.at_once: Callable[[asyncio.StreamWriter], None] | None = None
        """Acts on the connection before anything is read."""
        self.bodies: list[bytes] = []
        self.heads: list[str] = []
        self.connections = 0
        self.url = ""

    def saying(
        self, text: bytes, *, then: Callable[[asyncio.StreamWriter], None] | None = None
    ) -> Act:
        async def act(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(text)
            await writer.drain()
            if then is not None:
                then(writer)

        return act

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.at_once is not None:
                self.at_once(writer)
                return
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                length = next(
                    (int(line.split(":")[1]) for line in head.lower().split("\r\n")
                     if line.startswith("content-length")), 0,
                )  # fmt: skip
                self.bodies.append(await reader.readexactly(length))
                await self.act(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


class Signer:
    """Makes a header."""

    async def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        return {"POLY_SIGNATURE": f"{method} {path} {len(body)}"}


def client(
    url: str,
    *,
    read_s: float = 5.0,
    longest_s: float = 20.0,
    transport: httpx.AsyncBaseTransport | None = None,
) -> TradingRest:
    return TradingRest(
        Hosts(clob=url),
        LiveClock(),
        Signer(),
        OwnIdentity("k", frozenset()),
        rules=HttpRules(read_s=read_s, max_body_bytes=100_000),
        longest_s=longest_s,
        transport=transport,
    )


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listener = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    async with listener:
        made.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield made


@asynccontextmanager
async def trading(url: str, **options: float) -> AsyncIterator[TradingRest]:
    rest = client(url, **options)  # type: ignore[arg-type]
    try:
        yield rest
    finally:
        await rest.close()


async def place(server: Server, **options: float) -> PlaceOutcome:
    async with trading(server.url, **options) as rest:
        outcome = await rest.post_order(BODY, ID)
    assert len(server.bodies) <= 1
    assert outcome.venue_order_id == ID
    return outcome


def close(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_a_whole_answer_is_accepted_and_the_bytes_are_the_signed_ones(server: Server) -> None:
    outcome = await place(server)
    assert (outcome.kind, outcome.status) == (ACCEPTED, "live")
    assert server.bodies == [BODY]
    head = server.heads[0].lower()
    assert f"poly_signature: post /order {len(BODY)}" in head
    assert "content-type: application/json" in head


async def test_an_order_that_is_held_once_the_connection_stands_sends_no_byte(
    server: Server,
) -> None:
    reasons = ["the kill switch is on", ""]
    async with trading(server.url) as rest:
        outcome = await rest.post_order(BODY, ID, lambda: reasons.pop(0))
        assert (server.connections, server.bodies) == (1, [])
        assert outcome.kind is UNAVAILABLE
        assert "the kill switch is on" in outcome.text
        assert (await rest.post_order(BODY, ID, lambda: reasons.pop(0))).kind is ACCEPTED
    assert (server.bodies, reasons) == ([BODY], [])


async def test_f010_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with trading(f"http://127.0.0.1:{port}") as rest:
        outcome = await rest.post_order(BODY, ID)
        cancel = await rest.cancel_order(ID)
        with pytest.raises(VenueUnavailable):
            await rest.open_orders()
    assert (outcome.kind, cancel.kind) == (UNAVAILABLE, UNAVAILABLE)
    assert "cannot be reached" in outcome.text


async def test_plain_text_where_tls_is_expected_sends_nothing(server: Server) -> None:
    server.at_once = lambda writer: (writer.write(b"HTTP/1.1 400 X\r\n\r\n"), writer.close())[0]
    async with trading(server.url.replace("http:", "https:")) as rest:
        assert (await rest.post_order(BODY, ID)).kind is UNAVAILABLE
    assert server.bodies == []


async def test_an_address_that_is_none_sends_nothing() -> None:
    for url in ("http://", "ftp://127.0.0.1"):
        async with trading(url) as rest:
            assert (await rest.post_order(BODY, ID)).kind is UNAVAILABLE


@pytest.mark.parametrize("ending", [reset, close], ids=["RST", "FIN"])
async def test_a_connection_that_ends_before_the_request_is_read_is_unknown(
    server: Server, ending: Callable[[asyncio.StreamWriter], None]
) -> None:
    server.at_once = ending
    assert (await place(server)).kind is UNKNOWN
    assert server.connections == 1


@pytest.mark.parametrize("ending", [reset, close], ids=["RST", "FIN"])
async def test_f009_a_connection_that_ends_instead_of_an_answer_is_unknown(
    server: Server, ending: Callable[[asyncio.StreamWriter], None]
) -> None:
    server.act = server.saying(b"", then=ending)
    assert (await place(server)).kind is UNKNOWN
    assert server.bodies == [BODY]


@pytest.mark.parametrize("ending", [reset, close], ids=["RST", "FIN"])
async def test_f012_an_answer_cut_at_any_byte_is_unknown(
    server: Server, ending: Callable[[asyncio.StreamWriter], None]
) -> None:
    whole = answer()
    async with trading(server.url) as rest:
        for length in range(len(whole)):
            server.act = server.saying(whole[:length], then=ending)
            outcome = await rest.post_order(BODY, ID)
            assert outcome.kind is UNKNOWN, whole[:length]
        server.act = server.saying(whole)
        assert (await rest.post_order(BODY, ID)).kind is ACCEPTED
    assert len(server.bodies) == len(whole) + 1


async def test_f012_a_refusal_cut_at_any_byte_is_unknown(server: Server) -> None:
    whole = answer(b'{"error":"not enough balance / allowance"}', 400)
    async with trading(server.url) as rest:
        for length in range(0, len(whole), 3):
            server.act = server.saying(whole[:length], then=close)
            assert (await rest.post_order(BODY, ID)).kind is UNKNOWN, whole[:length]
        server.act = server.saying(whole)
        assert (await rest.post_order(BODY, ID)).kind is REJECTED


async def test_no_answer_in_time_is_unknown(server: Server) -> None:
    async def wait(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    server.act = wait
    outcome = await place(server, read_s=0.05)
    assert outcome.kind is UNKNOWN
    assert "did not answer in time" in outcome.text
    assert server.bodies == [BODY]


async def test_an_answer_that_drips_ends_at_last_and_is_unknown(server: Server) -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 90000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    server.act = endless
    assert (await place(server, read_s=1.0, longest_s=0.2)).kind is UNKNOWN


GARBAGE = {
    "page": answer(b"<html><body>Sign in</body></html>", content_type="text/html"),
    "page without type": answer(b"  <!doctype html>"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "zeros": bytes(200),
    "text": answer(b"accepted"),
    "nothing": answer(b""),
    "null": answer(b"null"),
    "other object": answer(b'{"ok":true}'),
    "no UTF-8": answer(b'{"success":true,"orderID":"\xff"}'),
    "two lengths": answer(PLACED, Content_length="7"),
    "other id": answer(PLACED.replace(b"ab", b"cd")),
    "204": answer(b"", 204),
    "redirect": answer(b"", 307, Location="/order"),
    "far redirect": answer(b"", 302, Location="http://venue.invalid/"),
    "500": answer(b'{"error":"could not run the execution"}', 500),
    "502 page": answer(b"<html>bad gateway</html>", 502),
    "503 page": answer(b"<html>busy</html>", 503, Retry_After="3"),
    "403 page": answer(b"<html>Sorry, you have been blocked</html>", 403),
    "400 without words": answer(b"", 400),
    "too large": answer(b" " * 100_001 + PLACED),
    "bomb": answer(gzip.compress(bytes(5_000_000), mtime=0), Content_Encoding="gzip"),
    "cut gzip": answer(gzip.compress(PLACED, mtime=0)[:-9], Content_Encoding="gzip"),
    "false gzip": answer(PLACED, Content_Encoding="gzip"),
    "foreign encoding": answer(zlib.compress(PLACED), Content_Encoding="deflate"),
    "cut chunk": b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + PLACED,
    "no end of chunks": b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n"
    % (len(PLACED), PLACED),
    "only information": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "endless head": b"HTTP/1.1 200 X\r\n" + b"X: " + b"y" * 200_000,
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_f012_garbage_is_unknown_and_nothing_is_sent_again(server: Server, name: str) -> None:
    server.act = server.saying(GARBAGE[name], then=close)
    outcome = await place(server)
    assert outcome.kind is UNKNOWN
    assert outcome.text.isprintable()
    assert server.bodies == [BODY]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("text", "kind", "mode"),
    [
        (answer(b'{"error":"invalid nonce"}', 400), REJECTED, None),
        (answer(b'{"error":"Unauthorized/Invalid api key"}', 401), REJECTED, None),
        (answer(b"", 425), UNAVAILABLE, VenueMode.RESTARTING),
        (answer(b"", 429, Retry_After="2"), UNAVAILABLE, None),
        (answer(b'{"error":"Trading is currently cancel-only."}', 503), UNAVAILABLE,
         VenueMode.CANCEL_ONLY),
        (answer(gzip.compress(PLACED, mtime=0), Content_Encoding="gzip"), ACCEPTED, None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(), ACCEPTED, None),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
         % (len(PLACED), PLACED), ACCEPTED, None),
        (b"HTTP/1.0 200 X\r\n\r\n" + PLACED, ACCEPTED, None),
    ],
)  # fmt: skip
async def test_clear_answers_over_the_wire(
    server: Server, text: bytes, kind: OutcomeKind, mode: VenueMode | None
) -> None:
    server.act = server.saying(text, then=close)
    outcome = await place(server)
    assert (outcome.kind, outcome.mode) == (kind, mode)


async def test_a_lost_reply_to_a_batch_makes_all_unknown(server: Server) -> None:
    server.act = server.saying(b"HTTP/1.1 200", then=reset)
    async with trading(server.url) as rest:
        outcomes = await rest.post_orders([(BODY, ID), (BODY, VenueOrderId("0x" + "cd" * 32))])
    assert [one.kind for one in outcomes] == [UNKNOWN, UNKNOWN]
    assert server.bodies == [b"[" + BODY + b"," + BODY + b"]"]


@pytest.mark.parametrize("count", [0, 16])
async def test_a_batch_of_an_impossible_size_is_not_sent(server: Server, count: int) -> None:
    async with trading(server.url) as rest:
        with pytest.raises(ValueError, match="1 to 15"):
            await rest.post_orders([(BODY, ID)] * count)
    assert server.connections == 0


async def test_f025_a_lost_reply_to_a_cancel_is_unknown_and_not_repeated(server: Server) -> None:
    server.act = server.saying(answer()[:30], then=close)
    async with trading(server.url) as rest:
        for cancel in (rest.cancel_order(ID), rest.cancel_orders([ID]), rest.cancel_all()):
            assert (await cancel).kind is UNKNOWN
    assert server.bodies == [b'{"orderID":"%b"}' % ID.encode(), b'["%b"]' % ID.encode(), b""]


async def test_cancels_of_many_go_in_thousands_and_come_back_as_one(server: Server) -> None:
    async def echo(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ids = json.loads(server.bodies[-1])
        writer.write(answer(json.dumps({"canceled": ids, "not_canceled": {}}).encode()))

    server.act = echo
    ids = [VenueOrderId(f"0x{n:064x}") for n in range(1_201)]
    async with trading(server.url) as rest:
        outcome = await rest.cancel_orders([*ids, ids[0]])
    assert (outcome.kind, outcome.canceled) == (ACCEPTED, tuple(ids))
    assert [len(json.loads(body)) for body in server.bodies] == [1_000, 201]


async def test_cancels_of_a_market_name_what_they_mean_and_pay_for_it(server: Server) -> None:
    server.act = server.saying(answer(json.dumps({"canceled": [ID] * 40}).encode()))
    async with trading(server.url) as rest:
        await rest.cancel_market(condition_id="0xaa")  # type: ignore[arg-type]
        await rest.cancel_market(token_id="7")  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="market or a token"):
            await rest.cancel_market()
        assert rest.budget.view().cancels_left <= 45
    assert server.bodies == [b'{"market":"0xaa"}', b'{"asset_id":"7"}']


async def test_a_kept_connection_that_died_sends_the_next_order_once(server: Server) -> None:
    server.act = server.saying(answer(), then=close)
    async with trading(server.url) as rest:
        assert (await rest.post_order(BODY, ID)).kind is ACCEPTED
        while server.connections < 2:
            assert (await rest.post_order(BODY, ID)).kind in {ACCEPTED, UNKNOWN}
    assert len(server.bodies) <= 3


async def test_reads_are_repeated_where_orders_are_not(server: Server) -> None:
    replies = iter([b"", answer()[:40], answer(b"[]")])

    async def act(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(replies))
        await writer.drain()
        writer.close()

    server.act = act
    async with trading(server.url) as rest:
        now_ns = LiveClock().now_ns()
        rest.skew.learn(now_ns // 10**9, now_ns, now_ns)
        assert await rest.open_orders() == []
    assert server.connections == 3


async def test_headers_of_the_answer_reach_budget_and_clock(server: Server) -> None:
    async with trading(server.url) as rest:
        now_ns = LiveClock().now_ns()
        rest.skew.learn(now_ns // 10**9, now_ns, now_ns)
        for year in ("2020", "2021"):
            date = f"Fri, 20 Nov {year} 10:00:00 GMT"
            server.act = server.saying(answer(poly_ratelimit_remaining="9", Date=date))
            assert not rest.skew.is_stale(now_ns)
            await rest.post_order(BODY, ID)
        assert rest.budget.view().orders_left in {9, 10}
        assert rest.skew.is_stale(now_ns)


async def test_loopback_goes_through_no_proxy(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    assert (await place(server)).kind is ACCEPTED


async def test_a_proxy_that_cannot_be_reached_sends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    async with trading("https://venue.invalid") as rest:
        assert (await rest.post_order(BODY, ID)).kind is UNAVAILABLE


async def test_a_proxy_that_refuses_the_tunnel_sends_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.act = server.saying(answer(b"", 403), then=close)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    async with trading("https://venue.invalid") as rest:
        assert (await rest.post_order(BODY, ID)).kind is UNAVAILABLE
    assert [head.split(" ")[0] for head in server.heads] == ["CONNECT"]
    assert server.bodies == [b""]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectTimeout("slow"), UNAVAILABLE),
        (httpx.PoolTimeout("full"), UNAVAILABLE),
        (httpx.ConnectError("refused"), UNAVAILABLE),
        (httpx.WriteError("broken"), UNKNOWN),
        (httpx.WriteTimeout("slow"), UNKNOWN),
        (httpx.ReadError("broken"), UNKNOWN),
        (httpx.ReadTimeout("slow"), UNKNOWN),
        (httpx.CloseError("broken"), UNKNOWN),
        (httpx.RemoteProtocolError("odd"), UNKNOWN),
        (httpx.LocalProtocolError("odd"), UNKNOWN),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_every_failure_of_the_library_has_its_class(
    error: httpx.TransportError, kind: OutcomeKind
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    rest = client("http://127.0.0.1:1", transport=httpx.MockTransport(fail))
    outcome = await rest.post_order(BODY, ID)
    assert outcome.kind is kind
    await rest.close()


@pytest.mark.parametrize(
    "error", [ssl.SSLError("bad record"), OSError("odd"), KeyError(3), RuntimeError("odd")]
)
async def test_a_foreign_error_after_the_first_byte_is_unknown_too(error: Exception) -> None:
    class Breaks(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await request.extensions["trace"]("http2.send_request_headers.started", {})
            raise error

    rest = client("http://127.0.0.1:1", transport=Breaks())
    assert (await rest.post_order(BODY, ID)).kind is UNKNOWN
    await rest.close()


async def test_a_bug_before_the_first_byte_stays_a_bug() -> None:
    class Breaks(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise KeyError("a bug")

    rest = client("http://127.0.0.1:1", transport=Breaks())
    with pytest.raises(KeyError):
        await rest.post_order(BODY, ID)
    await rest.close()


# HTTP/2: a server that goes away


class GoingAway(httpcore.AsyncNetworkBackend):
    """Answers one request on each connection, then says that it goes away after it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    async def connect_tcp(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        return Line(self.written)


class Line(httpcore.AsyncMockStream):
    """A line of HTTP/2 frames."""

    def __init__(self, written: list[bytes]) -> None:
        # The header block says: 425.
        status = HeadersFrame(1, b"\x08\x03425", flags=["END_HEADERS", "END_STREAM"])
        frames: list[Frame] = [SettingsFrame(0), status, GoAwayFrame(0, last_stream_id=1)]
        super().__init__([frame.serialize() for frame in frames], http2=True)
        self._written = written

    async def write(self, buffer: bytes, *_: object) -> None:
        self._written.append(buffer)


async def test_the_library_below_does_not_send_an_order_anew_when_the_venue_goes_away() -> None:
    backend = GoingAway()
    transport = httpx.AsyncHTTPTransport(http2=True)
    transport._pool = httpcore.AsyncConnectionPool(http1=False, http2=True, network_backend=backend)
    rest = client("http://127.0.0.1:1", transport=transport)
    first = await rest.post_order(BODY, ID)
    assert (first.kind, first.mode) == (UNAVAILABLE, VenueMode.RESTARTING)
    second = await rest.post_order(BODY, ID)
    assert second.kind is UNKNOWN
    assert "went away" in second.text
    assert sum(BODY in text for text in backend.written) == 2
    await rest.close()
