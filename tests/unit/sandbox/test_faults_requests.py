"""Each fault of a request as a plain HTTP client sees it, over a real socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from tests.unit.sandbox.loopback import Venue, serving

LOST = (httpx.ReadError, httpx.RemoteProtocolError)


def script(fault: dict[str, Any], **match: object) -> bytes:
    return json.dumps({"rules": [{"match": match, "fault": fault, "count": 1}]}).encode()


async def collect(reply: httpx.Response, parts: list[bytes]) -> None:
    async for part in reply.aiter_raw():
        parts.append(part)


async def test_before_commit_the_venue_sees_nothing() -> None:
    async with serving(Venue(script({"kind": "before_commit"}))) as venue:
        with pytest.raises(httpx.ReadError):
            await venue.post()
        assert venue.orders == []
        assert (await venue.post()).json()["orderID"] == "0x01"
    first, second = venue.log.after(0)
    assert (first["fault"], first["commits"], first["status"]) == ("before_commit", 0, None)
    assert (second["fault"], second["commits"], second["status"]) == (None, 1, 200)


async def test_after_commit_the_order_stands_and_the_reply_is_lost() -> None:
    async with serving(Venue(script({"kind": "after_commit"}))) as venue:
        with pytest.raises(httpx.ReadError):
            await venue.post(b"once")
    assert venue.orders == [b"once"]
    (entry,) = venue.log.after(0)
    assert (entry["commits"], entry["answers"], entry["status"]) == (1, [200], None)


async def test_an_orderly_end_is_seen_as_a_disconnect() -> None:
    async with serving(Venue(script({"kind": "after_commit", "how": "close"}))) as venue:
        with pytest.raises(httpx.RemoteProtocolError, match="disconnected without"):
            await venue.post()
    assert len(venue.orders) == 1


async def test_a_hanging_line_is_silent_until_the_client_gives_up() -> None:
    async with serving(Venue(script({"kind": "after_commit", "how": "hang"}))) as venue:
        with pytest.raises(httpx.ReadTimeout):
            await venue.post(timeout_s=0.2)
    assert len(venue.orders) == 1


@pytest.mark.parametrize("how", ["reset", "close"])
async def test_half_a_reply_arrives_and_then_nothing(how: str) -> None:
    async with serving(Venue(script({"kind": "half_reply", "how": how}))) as venue:
        parts: list[bytes] = []
        address = f"{venue.url}/clob/order"
        async with (
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("POST", address) as reply,
        ):
            announced = int(reply.headers["content-length"])
            with pytest.raises(LOST):
                await collect(reply, parts)
    body = b"".join(parts)
    assert (reply.status_code, len(body)) == (200, announced // 2)
    assert b'{"success":true,"orderID":"0x01"}'.startswith(body)
    assert len(venue.orders) == 1


async def test_a_late_commit_drops_the_client_first_and_comes_true_later() -> None:
    async with serving(Venue(script({"kind": "late_commit", "seconds": 0.1}))) as venue:
        with pytest.raises(httpx.ReadError):
            await venue.post(b"zombie")
        assert venue.orders == []
        await asyncio.wait_for(venue.taken.wait(), 5)
    assert venue.orders == [b"zombie"]


@pytest.mark.parametrize(("when", "known"), [("before_commit", 0), ("after_commit", 1)])
async def test_a_delayed_reply_comes_after_the_client_gave_up(when: str, known: int) -> None:
    fault = {"kind": "delay", "seconds": 0.4, "when": when}
    async with serving(Venue(script(fault))) as venue:
        with pytest.raises(httpx.ReadTimeout):
            await venue.post(timeout_s=0.1)
        assert len(venue.orders) == known
        await asyncio.wait_for(venue.taken.wait(), 5)
    assert len(venue.orders) == 1


async def test_a_dripping_reply_arrives_whole() -> None:
    async with serving(Venue(script({"kind": "drip", "seconds": 0.05}))) as venue:
        assert (await venue.post()).json() == {"success": True, "orderID": "0x01"}


@pytest.mark.parametrize(("which", "order_id"), [("first", "0x01"), ("last", "0x02")])
async def test_a_duplicate_gives_the_venue_the_same_bytes_twice(which: str, order_id: str) -> None:
    async with serving(Venue(script({"kind": "duplicate", "answer": which}))) as venue:
        assert (await venue.post(b"same")).json()["orderID"] == order_id
    assert venue.orders == [b"same", b"same"]
    assert venue.log.after(0)[0]["commits"] == 2


async def test_429_tells_when_to_come_back() -> None:
    fault = {"kind": "status", "status": 429, "retry_after": 3}
    async with serving(Venue(script(fault))) as venue:
        reply = await venue.post()
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "3")
    assert reply.json() == {"error": "Too Many Requests", "retry_after_seconds": 3}
    assert venue.orders == []


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (425, "the matching engine is restarting"),
        (500, "could not run the execution"),
        (503, "Trading is currently disabled. Check polymarket.com for updates"),
    ],
)
async def test_a_status_has_the_venues_text_and_may_commit(status: int, text: str) -> None:
    fault = {"kind": "status", "status": status, "commit": True}
    async with serving(Venue(script(fault))) as venue:
        reply = await venue.post()
    assert (reply.status_code, reply.json()) == (status, {"error": text})
    assert len(venue.orders) == 1


async def test_a_status_can_have_any_text_body_and_header() -> None:
    refused = {"kind": "status", "status": 503, "error": "no", "code": "post_only_mode"}
    scripted = {"kind": "status", "status": 200, "body": {"success": False}, "headers": {"A": "b"}}
    rules = [{"fault": refused, "count": 1}, {"fault": scripted}]
    async with serving(Venue(json.dumps({"rules": rules}).encode())) as venue:
        first, second = await venue.post(), await venue.post()
    assert first.json() == {"error": "no", "code": "post_only_mode"}
    assert (second.json(), second.headers["a"]) == ({"success": False}, "b")


async def test_a_page_in_place_of_json() -> None:
    async with serving(Venue(script({"kind": "corrupt"}))) as venue:
        reply = await venue.post()
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.text.startswith("<!DOCTYPE html>")
    assert len(venue.orders) == 1


async def test_text_that_is_no_json() -> None:
    async with serving(Venue(script({"kind": "corrupt", "form": "json"}))) as venue:
        reply = await venue.post()
    assert reply.headers["content-type"] == "application/json"
    with pytest.raises(json.JSONDecodeError):
        reply.json()


async def test_the_right_text_under_a_wrong_type_and_without_commit() -> None:
    fault = {"kind": "corrupt", "form": "type", "commit": False}
    async with serving(Venue(script(fault))) as venue:
        reply = await venue.post()
    assert reply.headers["content-type"] == "image/png"
    assert venue.orders == []


async def test_the_clock_is_wrong_by_seconds() -> None:
    fault = {"kind": "wrong_time", "seconds": -90}
    async with (
        serving(Venue(script(fault, endpoint="time"))) as venue,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        told = [(await client.get(f"{venue.url}/clob/time")).json() for _ in range(2)]
    assert told == [1_794_999_910, 1_795_000_000]


async def test_the_control_port_is_never_hit() -> None:
    async with (
        serving(Venue(b'{"rules": [{"fault": {"kind": "before_commit"}}]}')) as venue,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        assert (await client.get(f"{venue.url}/control/state")).status_code == 200


async def test_the_same_seed_loses_the_same_requests() -> None:
    rule = {"match": {"probability": 0.5}, "fault": {"kind": "before_commit"}}
    text = json.dumps({"rules": [rule]}).encode()

    async def outcome(seed: int) -> list[bytes]:
        async with serving(Venue(text, seed)) as venue:
            for number in range(24):
                try:
                    await venue.post(b"%d" % number)
                except httpx.ReadError:
                    continue
        return venue.orders

    first = await outcome(1)
    assert 0 < len(first) < 24
    assert await outcome(1) == first
    assert await outcome(2) != first
