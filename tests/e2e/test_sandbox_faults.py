"""Faults, modes, time, settlement and limits of a running sandbox, as its clients see them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e import cli, sandbox_client
from tests.e2e.local_trader import Trader, traders
from tests.unit.sandbox import small

from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.errors import ConfigError
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls

pytestmark = pytest.mark.e2e

BUY, SELL = Side.BUY, Side.SELL
YES, NO = small.RAIN_YES, small.RAIN_NO
RESTING = (YES, BUY, "0.3", "10")
TAKING = (YES, BUY, "0.55", "10")
QUICK = ("--settle-ms", "20")
PARTS = ("mode", "markets", "orders", "trades", "balances", "accounts")


def tape(folder: Path) -> str:
    """Write the catalogue and the opening books, which stay as they are."""
    path = folder / "still.tape"
    return str(path if path.exists() else small.write(path, small.frames()[:3]))


@asynccontextmanager
async def desk(folder: Path, *extra: str) -> AsyncIterator[tuple[SandboxUrls, Trader, Trader]]:
    """Start a sandbox and log two traders in."""
    process = await SandboxProcess.start(tape(folder), speed=None, extra=(*QUICK, *extra))
    async with process:
        await sandbox_client.play_to_end(process.urls)
        async with traders(process.urls, 1, 2) as (alice, bob):
            yield process.urls, alice, bob


async def ask(urls: SandboxUrls, method: str, path: str, body: Any = None) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        content = b"" if body is None else json.dumps(body).encode()
        return await client.request(method, f"{urls.control}/{path}", content=content)


async def control(urls: SandboxUrls, method: str, path: str, body: Any = None) -> Any:
    answer = await ask(urls, method, path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def script(urls: SandboxUrls, *rules: dict[str, Any]) -> None:
    await control(urls, "PUT", "faults", {"rules": rules})


def once(fault: dict[str, Any], **match: object) -> dict[str, Any]:
    return {"match": {"endpoint": "place", **match}, "fault": fault, "count": 1}


async def truth(urls: SandboxUrls) -> Any:
    return await control(urls, "GET", "truth")


async def test_a_lost_reply_leaves_one_order_that_log_and_truth_name(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        await script(urls, once({"kind": "after_commit"}))
        body = alice.order(*RESTING)
        with pytest.raises(httpx.ReadError):
            await alice.send(body)
        again = await alice.send(body)
        found, log = await truth(urls), await control(urls, "GET", "requests")
        fired = await control(urls, "GET", "faults")
    assert again.json() == {"error": f"order {alice.last_id} is invalid. Duplicated."}
    order = found["orders"][alice.last_id]
    assert (order["open"], order["state"], order["owner"]) == (True, "LIVE", alice.auth["apiKey"])
    assert found["accounts"][alice.key.address]["open"] == [alice.last_id]
    first, second = log["requests"]
    assert first["order_ids"] == second["order_ids"] == [alice.last_id]
    text = json.dumps(body, separators=(",", ":")).encode()
    assert first["sha256"] == second["sha256"] == hashlib.sha256(text).hexdigest()
    assert (first["fault"], first["commits"], first["status"]) == ("after_commit", 1, None)
    assert (second["fault"], second["answers"], second["status"]) == (None, [400], 400)
    assert fired == {"rules": [{"name": "rule 0", "matched": 2, "fired": 1}], "fired": 1}


async def test_an_order_lost_before_commit_exists_nowhere(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        await script(urls, once({"kind": "before_commit", "how": "close"}))
        with pytest.raises(httpx.RemoteProtocolError):
            await alice.send(alice.order(*RESTING))
        found, log = await truth(urls), await control(urls, "GET", "requests")
    assert (found["orders"], found["markets"]) == ({}, {})
    assert log["requests"][0]["order_ids"] == [alice.last_id]
    assert (log["count"], log["requests"][0]["commits"]) == (1, 0)


async def test_a_zombie_order_comes_to_life_after_the_client_was_dropped(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        await script(urls, once({"kind": "late_commit", "seconds": 1}))
        async with alice.listen() as feed:
            with pytest.raises(httpx.ReadError):
                await alice.send(alice.order(*RESTING))
            assert (await truth(urls))["orders"] == {}
            await feed.until("LIVE", "order")
        assert (await alice.get(f"/data/order/{alice.last_id}"))["status"] == "LIVE"


async def test_a_duplicated_request_makes_one_order_and_two_answers(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        await script(urls, once({"kind": "duplicate"}))
        answer = await alice.send(alice.order(*RESTING))
        log = await control(urls, "GET", "requests")
        found = await truth(urls)
    assert (answer.status_code, list(found["orders"])) == (400, [alice.last_id])
    assert log["requests"][0]["answers"] == [200, 400]


async def test_a_lost_cancel_has_canceled(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        name = (await alice.place(*RESTING))["orderID"]
        await script(urls, once({"kind": "half_reply"}, endpoint="cancel"))
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            await alice.ask("DELETE", "/order", {"orderID": name})
        found, log = await truth(urls), await control(urls, "GET", "requests?after=1")
    assert found["orders"][name]["status"] == "CANCELED"
    assert [entry["order_ids"] for entry in log["requests"]] == [[name]]


async def test_a_frozen_user_socket_answers_pings_and_tells_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _), alice.listen() as feed:
        await script(urls, {"match": {"socket": "user"}, "fault": {"kind": "freeze"}, "count": 1})
        name = (await alice.place(*RESTING))["orderID"]
        await feed.socket.send("PING")
        assert await asyncio.wait_for(feed.socket.recv(), 10) == "PONG"
        assert [row["id"] for row in (await alice.get("/data/orders"))["data"]] == [name]


async def test_user_events_repeat_and_change_places(tmp_path: Path) -> None:
    rules = [
        {"match": {"socket": "user", "nth": 1}, "fault": {"kind": "duplicate"}},
        {"match": {"socket": "user", "nth": 2}, "fault": {"kind": "reorder"}},
    ]
    async with desk(tmp_path) as (urls, alice, _), alice.listen() as feed:
        await script(urls, *rules)
        for price in ("0.3", "0.31", "0.32"):
            await alice.place(YES, BUY, price, "10")
        prices = [json.loads(await feed.socket.recv())["price"] for _ in range(4)]
    assert prices == ["0.3", "0.3", "0.32", "0.31"]


async def test_a_restart_refuses_all_then_takes_post_only_orders(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        await alice.place(*RESTING)
        told = await control(urls, "POST", "restart", {"seconds": 60, "post_only_seconds": 120})
        assert (told["mode"], told["orders_lost"]) == ("restarting", 0)
        engine_down = await alice.send(alice.order(*TAKING))
        cancel = await alice.ask("DELETE", "/cancel-all")
        await control(urls, "POST", "advance", {"seconds": 61})
        taking = await alice.send(alice.order(*TAKING))
        quoting = await alice.send(alice.order(*RESTING, post_only=True))
        sweep = await alice.ask("DELETE", "/cancel-all")
        await control(urls, "POST", "advance", {"seconds": 120})
        normal = await alice.send(alice.order(*TAKING))
    assert (engine_down.status_code, cancel.status_code) == (425, 425)
    assert engine_down.json() == {"error": "the matching engine is restarting"}
    body = taking.json()
    assert (taking.status_code, body["code"]) == (503, "post_only_mode")
    assert body["error"] == "post-only mode: only post-only orders and cancels are allowed"
    assert 110 <= body["retry_after_seconds"] <= 120
    assert taking.headers["retry-after"] == str(body["retry_after_seconds"])
    assert (quoting.status_code, len(sweep.json()["canceled"])) == (200, 2)
    assert normal.status_code == 200


@pytest.mark.parametrize(
    ("mode", "order", "cancel", "text"),
    [
        ("cancel-only", 503, 200, "Trading is currently cancel-only. New orders are not"),
        ("disabled", 503, 503, "Trading is currently disabled. Check polymarket.com for updates"),
    ],
)
async def test_modes_are_told_in_the_venues_words(
    tmp_path: Path, mode: str, order: int, cancel: int, text: str
) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        name = (await alice.place(*RESTING))["orderID"]
        assert (await control(urls, "POST", "mode", {"mode": mode}))["mode"] == mode
        placed = await alice.send(alice.order(*RESTING))
        canceled = await alice.ask("DELETE", "/order", {"orderID": name})
        await control(urls, "POST", "mode", {"mode": "normal"})
        assert (await alice.send(alice.order(*RESTING))).status_code == 200
    assert (placed.status_code, canceled.status_code) == (order, cancel)
    assert placed.json()["error"].startswith(text)


async def test_a_wiped_book_has_lost_its_orders_without_a_word(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        name = (await alice.place(*RESTING))["orderID"]
        wiped = {"seconds": 0, "post_only_seconds": 0, "wipe": True}
        assert (await control(urls, "POST", "restart", wiped))["orders_lost"] == 1
        canceled = (await alice.ask("DELETE", "/order", {"orderID": name})).json()
        found = await truth(urls)
    assert canceled["not_canceled"] == {name: "Order not found or already canceled"}
    assert found["accounts"][alice.key.address]["open"] == []
    assert found["balances"][alice.key.address]["pUSD"][1] == 0


async def test_a_reverted_trade_fails_and_the_money_comes_back(tmp_path: Path) -> None:
    async with desk(tmp_path, "--settle-ms", "60000") as (urls, alice, _), alice.listen() as feed:
        before = await alice.balance()
        placed = await alice.place(*TAKING)
        told = await control(urls, "POST", "revert", {})
        await control(urls, "POST", "advance", {"seconds": 600})
        await feed.until("FAILED", "trade")
        found = await truth(urls)
        assert await alice.balance() == before
    assert [told["trade_id"], told["reverted"]] == [placed["tradeIDs"][0], True]
    assert feed.steps("trade")[-2:] == ["RETRYING", "FAILED"]
    (fill,) = found["accounts"][alice.key.address]["fills"]
    assert (fill["order_id"], fill["role"], fill["status"]) == (alice.last_id, "TAKER", "FAILED")


async def test_the_next_trades_settle_as_scripted(tmp_path: Path) -> None:
    scripts = ["retried", ["MINED", "RETRYING", "MINED", "CONFIRMED"]]
    async with desk(tmp_path) as (urls, alice, _), alice.listen() as feed:
        assert (await control(urls, "POST", "settlements", {"scripts": scripts}))["scripted"] == 2
        await alice.place(*TAKING)
        await feed.until("CONFIRMED", "trade")
        assert feed.steps("trade") == ["MATCHED", "RETRYING", "MINED", "CONFIRMED"]
        feed.seen.clear()
        await alice.place(*TAKING)
        await feed.until("CONFIRMED", "trade")
        assert feed.steps("trade") == ["MATCHED", "MINED", "RETRYING", "MINED", "CONFIRMED"]


async def test_a_resolved_market_cancels_orders_and_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _), alice.listen() as feed:
        await alice.place(*RESTING)
        async with sandbox_client.market_socket(urls, [YES], custom_feature_enabled=True) as market:
            await sandbox_client.take(market, 1)
            wish = {"condition_id": small.RAIN, "winner": "No"}
            told = await control(urls, "POST", "resolve", wish)
            (frame,) = await sandbox_client.take(market, 1)
        await feed.until("CANCELED_MARKET_RESOLVED", "order")
        refused = await alice.send(alice.order(*RESTING))
        divided = await ask(
            urls, "POST", "resolve", {"condition_id": small.RAIN, "payouts": [500_000, 500_000]}
        )
    event = json.loads(frame)
    assert told["payouts"] == [0, 1_000_000]
    assert (event["event_type"], event["winning_asset_id"]) == ("market_resolved", NO)
    assert refused.json() == {"error": "the market is not yet ready to process new orders"}
    assert divided.status_code == 400


async def test_a_divided_resolution_pays_both_halves(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        await alice.place(*RESTING)
        wish = {"condition_id": small.RAIN, "payouts": [500_000, 500_000]}
        await control(urls, "POST", "resolve", wish)
        found = await truth(urls)
    assert found["markets"][small.RAIN]["payouts"] == [500_000, 500_000]
    assert found["orders"][alice.last_id]["status"] == "CANCELED_MARKET_RESOLVED"


async def test_time_put_forward_expires_orders(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        now = int((await alice.http.get(f"{urls.clob}/time")).text)
        timed = {"kind": TimeInForce.GTD, "expiration_s": now + 300}
        order = alice.order(*RESTING, **timed)  # type: ignore[arg-type]
        assert (await alice.ask("POST", "/order", order, at=now)).status_code == 200
        await control(urls, "POST", "advance", {"seconds": 241})
        found = await truth(urls)
    assert found["orders"][alice.last_id]["status"] == "CANCELED_EXPIRED_ORDER"


async def test_accounts_are_emptied_restricted_and_blocked(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        await alice.place(*RESTING)
        account = alice.key.address
        cash = await alice.balance()
        drained = {"account": account, "amount": -cash}
        assert (await control(urls, "POST", "transfer", drained))["balance"] == 0
        broke = await alice.send(alice.order(*RESTING))
        await control(urls, "POST", "transfer", {"account": account, "amount": cash})
        answers = []
        for limits in ({"allowed": False}, {"closed_only": True}, {"banned": True}, {}):
            await control(urls, "POST", "restrict", {"account": account, **limits})
            answers.append((await alice.send(alice.order(*RESTING))).json().get("error"))
        assert (await control(urls, "POST", "geoblock", {"blocked": True}))["mode"] == "normal"
        blocked = (await alice.http.get(f"{urls.site}/api/geoblock")).json()
        found = await truth(urls)
    assert broke.json() == {"error": "not enough balance / allowance"}
    assert answers == [
        "not enough balance / allowance",
        f"'{account}' address in closed only mode",
        f"'{account}' address banned",
        None,
    ]
    assert blocked["blocked"] is True
    assert found["mode"] == "normal"


async def test_orders_carry_what_is_left_of_the_rate_limit(tmp_path: Path) -> None:
    async with desk(tmp_path, "--tier", "elite") as (urls, alice, _):
        answer = await alice.send(alice.order(*RESTING))
        before = int((await alice.http.get(f"{urls.clob}/time")).text)
    assert answer.headers["poly-ratelimit-tier"] == "elite"
    assert answer.headers["poly-ratelimit-remaining"] == "899"
    assert abs(int(answer.headers["poly-ratelimit-reset"]) - before) <= 5


async def test_beyond_the_limit_nothing_is_done_and_the_log_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as (urls, alice, _):
        name = (await alice.place(*RESTING))["orderID"]
        passed = await alice.ask("DELETE", "/orders", ["0x1"] * 120)
        refused = await alice.ask("DELETE", "/orders", [name, *["0x1"] * 119])
        never = await alice.ask("DELETE", "/orders", ["0x1"] * 121)
        found, log = await truth(urls), await control(urls, "GET", "requests?after=1")
    assert [passed.status_code, refused.status_code, never.status_code] == [200, 429, 429]
    assert refused.json() == {"error": "Too Many Requests"}
    assert refused.headers["retry-after"] in {"1", "2"}
    assert "retry-after" not in never.headers
    assert found["orders"][name]["open"] is True
    assert [entry["status"] for entry in log["requests"]] == [200, 429, 429]


async def test_without_limits_there_are_no_headers(tmp_path: Path) -> None:
    async with desk(tmp_path, "--limits", "off") as (_, alice, __):
        answer = await alice.send(alice.order(*RESTING))
    assert answer.status_code == 200
    assert "poly-ratelimit-remaining" not in answer.headers


async def outcomes(folder: Path, path: Path, seed: int) -> list[bool]:
    """Return which of many orders were answered under a script with chances."""
    answered = []
    async with desk(folder, "--faults", str(path), "--seed", str(seed)) as (_, alice, __):
        for _ in range(16):
            try:
                answered.append((await alice.send(alice.order(*RESTING))).status_code == 200)
            except httpx.ReadError:
                answered.append(False)
    return answered


async def test_a_script_from_a_file_repeats_with_its_seed(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    rule = {"match": {"endpoint": "order", "probability": 0.5}, "fault": {"kind": "after_commit"}}
    path.write_text(json.dumps({"rules": [rule]}))
    first = await outcomes(tmp_path, path, 7)
    assert {*first} == {True, False}
    assert await outcomes(tmp_path, path, 7) == first
    assert await outcomes(tmp_path, path, 8) != first


async def test_a_bad_script_is_one_sentence_and_exit_status_two(tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"rules": [{"fault": {"kind": "explode"}}]}')
    options = (tape(tmp_path), "--faults", str(path))
    command = await asyncio.to_thread(cli.polydesk, "sandbox", *options, home=tmp_path)
    module = [sys.executable, "-m", "polydesk.sandbox", *options]
    process = await asyncio.create_subprocess_exec(*module, stdout=PIPE, stderr=PIPE)
    _, complaint = await asyncio.wait_for(process.communicate(), sandbox_client.WAIT_S)
    sentence = cli.sentence(command)
    told = "No fault script: invalid value 'explode' at rules[0].fault.kind; write one of after_commit, b"
    assert command.returncode == 2
    assert sentence.startswith(f"{path}: {told}")
    assert (process.returncode, complaint.decode()) == (2, f"{sentence}\n")
    with pytest.raises(ConfigError, match="explode"):
        await SandboxProcess.start(options[0], extra=options[1:])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("POST", "advance", {}, 400, "object missing required field 'seconds'"),
        ("POST", "advance", {"seconds": -1}, 400, "expected 'float' >= 0.0 at seconds"),
        ("POST", "mode", {"mode": "odd"}, 400, "invalid enum value 'odd' at mode; write one of"),
        ("POST", "restart", {"wipe": 1}, 400, "expected 'bool', got 'int' at wipe"),
        ("POST", "revert", {}, 404, "There is no trade last."),
        ("POST", "resolve", {"condition_id": "0x1", "winner": "Yes"}, 404, "Nobody has traded"),
        ("POST", "settlements", {"scripts": [["MINED"]]}, 400, "must end in CONFIRMED or FAILED"),
        ("POST", "transfer", {"account": "0x1", "amount": 1}, 404, "There is no account 0x1."),
        ("PUT", "faults", {"rules": 1}, 400, "expected 'array', got 'int' at rules"),
        ("GET", "requests?after=x", None, 400, "after must be a sequence number."),
    ],
)
async def test_a_wrong_command_is_one_sentence_and_changes_nothing(
    still: SandboxUrls, method: str, path: str, body: Any, status: int, sentence: str
) -> None:
    before = await truth(still)
    answer = await ask(still, method, path, body)
    after = await truth(still)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert sentence in answer.json()["error"]
    assert [after[part] for part in PARTS] == [before[part] for part in PARTS]


@pytest.fixture
async def still(tmp_path: Path) -> AsyncIterator[SandboxUrls]:
    async with await SandboxProcess.start(tape(tmp_path), extra=QUICK) as process:
        yield process.urls
