"""The sandbox answers malformed requests as a venue does and never with a fault of its own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from tests.e2e import sandbox_client as client
from tests.unit.sandbox import small

from polydesk.sandbox.answers import pack_cursor
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

DEEP = b"[" * 100_000
MANY_DIGITS = "9" * 5_000
BATCHES = (
    "/books",
    "/prices",
    "/midpoints",
    "/spreads",
    "/last-trades-prices",
    "/batch-prices-history",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def urls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxUrls]:
    tape = small.write(tmp_path_factory.mktemp("tape") / "small.tape")
    async with await SandboxProcess.start(str(tape), speed=None) as sandbox:
        await client.play_to_end(sandbox.urls)
        yield sandbox.urls


@pytest.mark.parametrize("path", BATCHES)
@pytest.mark.parametrize("body", [DEEP, b"\xff\xfe", b"", b"[1e999]", b"{", b'"\\ud800"'])
async def test_a_body_that_is_no_json_is_refused(urls: SandboxUrls, path: str, body: bytes) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{urls.clob}{path}", content=body)
    assert (response.status_code, response.json()) == (400, {"error": "Invalid payload"})


@pytest.mark.parametrize("body", [b"null", b"7", b'{"token_ids":[]}', b"[[],null,7]"])
async def test_prices_of_anything_but_a_flat_array_are_none(urls: SandboxUrls, body: bytes) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{urls.clob}/prices", content=body)
    assert (response.status_code, response.json()) == (200, {})


async def test_each_row_of_a_batch_keeps_its_own_side(urls: SandboxUrls) -> None:
    rows = [{"side": "SELL"}, {"token_id": small.RAIN_YES, "side": "BUY"}]
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{urls.clob}/prices", json=rows)
    assert list(response.json()[small.RAIN_YES]) == ["BUY"]


@pytest.mark.parametrize("name", ["limit", "start", "end", "cursor"])
async def test_numbers_without_end_and_deep_cursors_are_refused(
    urls: SandboxUrls, name: str
) -> None:
    value = "W1tb" * 1_000 if name == "cursor" else MANY_DIGITS
    params = {"user": small.ALICE, name: value}
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{urls.data}/v2/trades", params=params)
    assert (response.status_code, response.json()["parameter"]) == (400, name)


@pytest.mark.parametrize(
    ("route", "fields"),
    [
        ("trades", {"type": "trades"}),
        ("trades", {"type": "trades", "ts": "x", "sq": []}),
        ("positions", {"type": "positions", "o": None}),
        ("positions", {"type": "positions", "o": -3}),
    ],
)
async def test_a_cursor_that_names_no_place_is_refused(
    urls: SandboxUrls, route: str, fields: dict[str, object]
) -> None:
    params = {"user": small.ALICE, "cursor": pack_cursor(fields)}
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.get(f"{urls.data}/v2/{route}", params=params)
    assert (response.status_code, response.json()["parameter"]) == (400, "cursor")


async def test_a_socket_survives_whatever_a_client_sends(urls: SandboxUrls) -> None:
    unknown = [str(number) for number in range(100_000)]
    async with client.market_socket(urls, unknown) as socket:
        for text in (DEEP.decode(), "{", "null", '{"operation":"subscribe","assets_ids":7}'):
            await socket.send(text)
        await socket.send(b"\x00\xff binary")
        assert await client.ping(socket) == []
        await socket.send(json.dumps({"operation": "subscribe", "assets_ids": [small.RAIN_YES]}))
        (dump,) = await client.ping(socket)
    assert json.loads(dump)[0]["asset_id"] == small.RAIN_YES


async def test_an_activity_socket_survives_foreign_subscriptions(urls: SandboxUrls) -> None:
    async with client.activity_socket(urls) as socket:
        await socket.send(DEEP.decode())
        await socket.send(json.dumps({"action": "subscribe", "subscriptions": [7, {"topic": []}]}))
        await socket.send(b"\x00")
        assert await client.ping(socket) == []
