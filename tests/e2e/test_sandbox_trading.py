"""Trading on the sandbox over real sockets: orders, matches, refusals, cancels."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from tests.e2e import sandbox_client as client
from tests.e2e.local_trader import Trader, traders
from tests.unit.sandbox import small
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import MICROS
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.signing.contracts import OrderVersion, exchange_domain
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.wallets import derive_wallets

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
BUY, SELL = Side.BUY, Side.SELL
YES, NO, MARKET = small.RAIN_YES, small.RAIN_NO, small.RAIN
FINE = {"tick": 1_000}
"""The recording has made the grid finer by its end; its book is 0.52 to 0.541."""
QUICK = ["--settle-ms", "20", "--practice", "--limits", "off"]
V3 = exchange_domain(OrderVersion.V3, False)
NEG_RISK = exchange_domain(OrderVersion.V2, True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def urls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SandboxUrls]:
    tape = small.write(tmp_path_factory.mktemp("tape") / "small.tape")
    async with await SandboxProcess.start(str(tape), speed=None, extra=QUICK) as sandbox:
        await client.play_to_end(sandbox.urls)
        yield sandbox.urls


async def refusal(trader: Trader, *args: object, **options: object) -> tuple[int, str]:
    answer = await trader.send(trader.order(*args, **{**FINE, **options}))  # type: ignore[arg-type]
    body = answer.json()
    assert list(body) == ["error"]
    return answer.status_code, body["error"]


async def test_an_order_rests_and_is_found_by_its_digest(urls: SandboxUrls) -> None:
    async with traders(urls, 101) as (ann,):
        placed = await ann.place(YES, BUY, "0.5", "10")
        assert placed == {
            "success": True,
            "errorMsg": "",
            "orderID": ann.last_id,
            "status": "live",
            "makingAmount": "",
            "takingAmount": "",
            "transactionsHashes": [],
            "tradeIDs": [],
        }
        order = await ann.get(f"/data/order/{ann.last_id}")
        assert order["status"] == "LIVE"
        assert (order["market"], order["asset_id"], order["outcome"]) == (MARKET, YES, "Yes")
        assert (order["price"], order["original_size"], order["size_matched"]) == ("0.5", "10", "0")
        assert order["maker_address"] == ann.key.address
        listed = await ann.get("/data/orders", market=MARKET)
        assert (listed["data"], listed["next_cursor"], listed["count"]) == ([order], "LTE=", 1)
        assert (await ann.get("/data/orders", asset_id=NO))["data"] == []
        assert (await ann.ask("GET", "/data/order/0x12")).status_code == 404


async def test_two_local_accounts_meet_and_their_sockets_tell_the_whole_story(
    urls: SandboxUrls,
) -> None:
    async with (
        traders(urls, 111, 112, 113) as (ann, bob, cid),
        ann.listen() as of_ann,
        bob.listen(markets=[MARKET]) as of_bob,
        cid.listen() as of_cid,
    ):
        await ann.place(YES, BUY, "0.521", "20", **FINE)
        matched = await bob.place(NO, BUY, "0.479", "12", **FINE)
        assert (matched["status"], len(matched["tradeIDs"])) == ("matched", 1)
        assert (matched["makingAmount"], matched["takingAmount"]) == ("5.748", "12")
        await of_ann.until("CONFIRMED", "trade")
        await of_bob.until("CONFIRMED", "trade")
        assert of_ann.steps("order") == ["LIVE", "LIVE"]
        assert [event["size_matched"] for event in of_ann.seen[:2]] == ["0", "12"]
        assert of_bob.steps("order") == ["LIVE", "MATCHED"]
        assert of_ann.steps("trade") == of_bob.steps("trade") == ["MATCHED", "MINED", "CONFIRMED"]
        assert {event["trader_side"] for event in of_ann.seen[2:]} == {"MAKER"}
        assert {event["trader_side"] for event in of_bob.seen[2:]} == {"TAKER"}
        last = of_ann.seen[-1]
        assert (last["asset_id"], last["side"], last["price"]) == (NO, "BUY", "0.479")
        (mine,) = last["maker_orders"]
        assert (mine["owner"], mine["asset_id"]) == (ann.auth["apiKey"], YES)
        assert (mine["matched_amount"], mine["price"], mine["side"]) == ("12", "0.521", "BUY")
        assert last["transaction_hash"].startswith("0x")
        # Two buys of different outcomes made twelve complete sets.
        assert await ann.balance(YES) == await bob.balance(NO) == 12 * MICROS
        assert await ann.balance() == 10_000 * MICROS - 6_252_000
        assert (await cid.get("/data/trades"))["data"] == []
        await cid.place(YES, BUY, "0.1", "5")
        await of_cid.until("LIVE", "order")
        assert len(of_cid.seen) == 1


async def test_the_recordings_book_is_the_other_side_and_is_eaten_once(urls: SandboxUrls) -> None:
    async with traders(urls, 121) as (ann,):
        kill = {"kind": TimeInForce.FOK, **FINE}
        book = (await ann.http.get(f"{urls.clob}/book", params={"token_id": YES})).json()
        best = book["asks"][-1]
        placed = await ann.place(YES, BUY, best["price"], best["size"], **FINE)
        assert (placed["status"], placed["takingAmount"]) == ("matched", best["size"])
        assert await refusal(ann, YES, BUY, best["price"], "5", **kill) == (
            400,
            "order couldn't be fully filled. FOK orders are fully filled or killed.",
        )
        assert await refusal(ann, YES, BUY, best["price"], "5", kind=TimeInForce.FAK) == (
            400,
            "no orders found to match with FAK order. "
            "FAK orders are partially filled or killed if no match is found.",
        )


async def test_refusals_have_the_venues_words(urls: SandboxUrls) -> None:
    async with traders(urls, 131, 132) as (ann, bob):
        body = ann.order(YES, BUY, "0.4", "5", **FINE)
        assert (await ann.send(body)).status_code == 200
        again = await ann.send(body)
        name = ann.last_id
        assert again.json() == {"error": f"order {name} is invalid. Duplicated."}
        await ann.ask("DELETE", "/order", {"orderID": name})
        assert "Duplicated." in (await ann.send(body)).json()["error"]
        code, text = await refusal(ann, YES, BUY, "0.4", "4")
        assert (code, text) == (
            400,
            f"order {ann.last_id} is invalid. Size (4) lower than the minimum: 5",
        )
        code, text = await refusal(ann, YES, BUY, "0.4005", "10", tick=100)
        assert text == (
            f"order {ann.last_id} is invalid. Price (0.4005) breaks minimum tick size rule: 0.001"
        )
        assert await refusal(ann, YES, BUY, "0.5", "30000") == (
            400,
            "not enough balance / allowance",
        )
        assert (await refusal(ann, YES, SELL, "0.9", "10"))[1] == "not enough balance / allowance"
        crossing = await refusal(ann, YES, BUY, "0.56", "10", post_only=True)
        assert crossing[1] == "invalid post-only order: order crosses book"
        soon = int(time.time()) + 100
        late = await refusal(ann, YES, BUY, "0.4", "10", kind=TimeInForce.GTD, expiration_s=soon)
        assert late[1] == "invalid expiration"
        assert (await refusal(ann, small.OLD_YES, BUY, "0.4", "10", tick=10_000))[1] == (
            "the market is not yet ready to process new orders"
        )
        assert (await refusal(ann, "987654", BUY, "0.4", "10"))[1] == "Invalid order payload"
        stolen = await bob.send(ann.order(YES, BUY, "0.4", "10", **FINE))
        assert stolen.json() == {"error": "the order owner has to be the owner of the API KEY"}
        foreign = ann.order(YES, BUY, "0.4", "10", **FINE)
        foreign["owner"] = bob.auth["apiKey"]
        assert (await bob.send(foreign)).json() == {
            "error": "the order signer address has to be the address of the API KEY"
        }


async def test_wrong_domains_and_signatures(urls: SandboxUrls) -> None:
    async with traders(urls, 141) as (ann,):
        assert await refusal(ann, YES, BUY, "0.4", "10", domain=V3) == (
            400,
            "order_version_mismatch",
        )
        assert (await refusal(ann, YES, BUY, "0.4", "10", domain=NEG_RISK))[1] == (
            "invalid signature"
        )
        body = ann.order(YES, BUY, "0.4", "10", **FINE)
        body["order"]["salt"] += 1
        assert (await ann.send(body)).json() == {"error": "invalid signature"}
        body["order"]["salt"] = 2**53
        assert (await ann.send(body)).json() == {"error": "Invalid order payload"}
        assert (await ann.get("/data/orders"))["data"] == []


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [
        (151, "proxy", SignatureType.POLY_PROXY),
        (152, "safe", SignatureType.POLY_GNOSIS_SAFE),
        (153, "deposit_beacon", SignatureType.POLY_1271),
        (154, "deposit_uups", SignatureType.POLY_1271),
    ],
)
async def test_every_kind_of_wallet_trades_its_own_funds(
    urls: SandboxUrls, number: int, name: str, kind: SignatureType
) -> None:
    async with traders(urls, number) as (ann,):
        wallet = getattr(derive_wallets(ann.key.address), name)
        await ann.place(YES, BUY, "0.4", "10", wallet=wallet, signature_type=kind, **FINE)
        (order,) = (await ann.get("/data/orders"))["data"]
        assert order["maker_address"] == wallet
        assert await ann.balance(signature_type=kind) == 10_000 * MICROS
        foreign = derive_wallets("0x" + "5" * 40).safe
        answer = await ann.send(
            ann.order(YES, BUY, "0.4", "10", wallet=foreign, signature_type=kind, **FINE)
        )
        assert answer.status_code == 400
        assert answer.json()["error"] in {
            "maker address not allowed, please use the deposit wallet flow",
            "the order signer address has to be the address of the API KEY",
        }


async def test_a_batch_is_judged_entry_by_entry(urls: SandboxUrls) -> None:
    async with traders(urls, 161) as (ann,):
        good = ann.order(YES, BUY, "0.4", "10", **FINE)
        first = ann.last_id
        bad = ann.order(YES, BUY, "0.4", "1", **FINE)
        answer = await ann.ask("POST", "/orders", [good, bad, {"order": 5}])
        assert answer.status_code == 200
        one, two, three = answer.json()
        assert (one["success"], one["orderID"], one["status"]) == (True, first, "live")
        assert (two["success"], two["orderID"], two["status"]) == (False, "", "")
        assert two["errorMsg"].endswith("Size (1) lower than the minimum: 5")
        assert three["errorMsg"] == "Invalid order payload"
        many = await ann.ask("POST", "/orders", [good] * 16)
        assert (many.status_code, many.json()) == (
            400,
            {"error": "Too many orders in payload: 16, max allowed: 15"},
        )
        assert (await ann.ask("POST", "/orders", [])).status_code == 400


async def test_cancels_of_every_kind(urls: SandboxUrls) -> None:
    async with traders(urls, 171, 172) as (ann, bob):
        names = []
        for token, price in ((YES, "0.4"), (YES, "0.39"), (NO, "0.3"), (NO, "0.31")):
            await ann.place(token, BUY, price, "10", **FINE)
            names.append(ann.last_id)
        foreign = (await bob.ask("DELETE", "/order", {"orderID": names[0]})).json()
        assert foreign == {
            "canceled": [],
            "not_canceled": {names[0]: "Order not found or already canceled"},
        }
        one = (await ann.ask("DELETE", "/order", {"orderID": names[0]})).json()
        assert one == {"canceled": names[:1], "not_canceled": {}}
        two = (await ann.ask("DELETE", "/orders", [names[0], names[1], names[1]])).json()
        assert two["canceled"] == [names[1]]
        assert list(two["not_canceled"]) == [names[0]]
        by_asset = await ann.ask("DELETE", "/cancel-market-orders", {"asset_id": YES})
        assert by_asset.json()["canceled"] == []
        by_market = await ann.ask("DELETE", "/cancel-market-orders", {"market": MARKET})
        assert by_market.json()["canceled"] == names[2:]
        await bob.place(YES, BUY, "0.4", "10", **FINE)
        assert (await ann.ask("DELETE", "/cancel-all")).json()["canceled"] == []
        assert (await bob.ask("DELETE", "/cancel-all")).json()["canceled"] == [bob.last_id]
        for path, body in (
            ("/order", {"orderID": 5}),
            ("/orders", "x"),
            ("/orders", ["0x1"] * 1_001),
            ("/cancel-market-orders", {}),
        ):
            assert (await ann.ask("DELETE", path, body)).status_code == 400
        ended = await ann.get("/data/orders", id=names[0])
        assert [row["status"] for row in ended["data"]] == ["CANCELED"]


async def test_trades_are_listed_with_all_filters(urls: SandboxUrls) -> None:
    async with traders(urls, 181, 182) as (ann, bob):
        await ann.place(YES, BUY, "0.522", "10", **FINE)
        name = (await bob.place(NO, BUY, "0.478", "10", **FINE))["tradeIDs"][0]
        (row,) = (await ann.get("/data/trades"))["data"]
        assert (row["id"], row["trader_side"]) == (name, "MAKER")
        assert row["status"].startswith("TRADE_STATUS_")
        now = int(row["match_time"])
        inside = {
            "id": name,
            "market": MARKET,
            "asset_id": YES,
            "maker_address": ann.key.address.lower(),
            "after": str(now - 5),
            "before": str(now + 5),
        }
        assert len((await ann.get("/data/trades", **inside))["data"]) == 1
        outside = {
            "id": "x",
            "market": "0x9",
            "asset_id": "9",
            "maker_address": bob.key.address,
            "after": str(now + 5),
            "before": str(now - 5),
        }
        for key, value in outside.items():
            assert (await ann.get("/data/trades", **{**inside, key: value}))["data"] == []
        assert (await ann.ask("GET", "/data/trades", after="x")).status_code == 400
        assert (await ann.ask("GET", "/data/trades", next_cursor="%")).status_code == 400
        assert (await ann.get("/data/trades", next_cursor="LTE="))["data"] == []


async def test_positions_appear_in_the_data_api_once_confirmed(urls: SandboxUrls) -> None:
    async with traders(urls, 191, 192) as (ann, bob), ann.listen() as feed:
        await ann.place(YES, BUY, "0.523", "10", **FINE)
        await bob.place(NO, BUY, "0.477", "10", **FINE)
        await feed.until("CONFIRMED", "trade")
        answer = await ann.http.get(f"{urls.data}/v2/positions", params={"user": ann.key.address})
        (row,) = answer.json()["data"]
        assert (row["token_id"], row["current_size"], row["avg_price"]) == (YES, 10, 0.523)
        assert row["title"] == "Will it rain tomorrow?"


async def test_a_page_of_orders_ends_and_the_next_one_goes_on(urls: SandboxUrls) -> None:
    async with traders(urls, 201) as (ann,):
        for _ in range(7):
            batch = [ann.order(YES, BUY, "0.1", "5", **FINE) for _ in range(15)]
            assert (await ann.ask("POST", "/orders", batch)).status_code == 200
        first = await ann.get("/data/orders")
        second = await ann.get("/data/orders", next_cursor=first["next_cursor"])
        assert (first["count"], second["count"], second["next_cursor"]) == (100, 5, "LTE=")
        assert len({row["id"] for row in first["data"] + second["data"]}) == 105


async def test_balances_and_their_bad_questions(urls: SandboxUrls) -> None:
    async with traders(urls, 211) as (ann,):
        body = await ann.get("/balance-allowance", asset_type="COLLATERAL", signature_type="0")
        assert body["balance"] == str(10_000 * MICROS)
        assert exchange_domain(OrderVersion.V2, False).contract in body["allowances"]
        for query, text in (
            ({"asset_type": "GOLD", "signature_type": "0"}, "Invalid asset type"),
            ({"asset_type": "COLLATERAL", "signature_type": "9"}, "Invalid signature_type"),
        ):
            answer = await ann.ask("GET", "/balance-allowance", **query)
            assert (answer.status_code, answer.json()) == (400, {"error": text})
        update = await ann.ask(
            "GET", "/balance-allowance/update", asset_type="COLLATERAL", signature_type="0"
        )
        assert update.status_code == 200


async def test_keys_are_listed_derived_and_deleted(urls: SandboxUrls) -> None:
    async with traders(urls, 221) as (ann,):
        assert (await ann.raw_l1("GET", "/auth/derive-api-key")).json() == ann.auth
        assert (await ann.raw_l1("POST", "/auth/api-key")).status_code == 400
        assert (await ann.get("/auth/api-keys")) == {"apiKeys": [ann.auth["apiKey"]]}
        assert (await ann.get("/auth/ban-status/closed-only")) == {"closed_only": False}
        assert (await ann.ask("DELETE", "/auth/api-key")).json() == "OK"
        assert (await ann.ask("GET", "/auth/api-keys")).status_code == 401
        bare = await ann.http.get(f"{urls.clob}/data/orders")
        assert (bare.status_code, bare.json()) == (401, {"error": "Unauthorized/Invalid api key"})


async def test_a_user_socket_needs_credentials_and_answers_pings(urls: SandboxUrls) -> None:
    async with traders(urls, 231) as (ann,):
        shown = {"apiKey": ann.auth["apiKey"], "secret": "AAAA", "passphrase": "00"}
        async with connect(urls.user_ws, compression=None) as socket:
            await socket.send(json.dumps({"type": "user", "auth": shown}))
            with pytest.raises(ConnectionClosed) as closed:
                async with asyncio.timeout(5):
                    await socket.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008


async def test_a_user_socket_filters_by_market_and_tells_nothing_twice(urls: SandboxUrls) -> None:
    async with traders(urls, 241) as (ann,):
        async with ann.listen(markets=[small.SNOW]) as feed:
            await ann.place(YES, BUY, "0.41", "5", **FINE)
            await feed.socket.send(json.dumps({"operation": "subscribe", "markets": [MARKET]}))
            await feed.socket.send("PING")
            assert await feed.socket.recv() == "PONG"
            await ann.place(YES, BUY, "0.42", "5", **FINE)
            await feed.until("LIVE", "order")
            assert [event["price"] for event in feed.seen] == ["0.42"]
            await feed.socket.send(json.dumps({"operation": "unsubscribe", "markets": [MARKET]}))
            await feed.socket.send("PING")
            assert await feed.socket.recv() == "PONG"
            await ann.place(YES, BUY, "0.43", "5", **FINE)
            await feed.socket.send("PING")
            assert await feed.socket.recv() == "PONG"
        async with ann.listen() as again:
            await ann.place(YES, BUY, "0.44", "5", **FINE)
            await again.until("LIVE", "order")
            assert [event["price"] for event in again.seen] == ["0.44"]


async def test_a_practice_market_takes_orders_of_the_third_version(urls: SandboxUrls) -> None:
    async with traders(urls, 251) as (ann,), ann.listen() as feed:
        row = (
            await ann.http.get(f"{urls.gamma}/markets", params={"slug": "polydesk-practice-market"})
        ).json()[0]
        token = json.loads(row["positionIds"])[0]
        assert (row["version"], row["question"][:8]) == ("v2", "PRACTICE")
        assert await refusal(ann, token, BUY, "0.51", "10", tick=10_000) == (
            400,
            "order_version_mismatch",
        )
        async with client.market_socket(urls, [token]) as market:
            (dump,) = await client.take(market, 1)
            (shown,) = json.loads(dump)
            assert (shown["bids"][-1]["price"], shown["asks"][-1]["price"]) == ("0.49", "0.51")
            placed = await ann.place(token, BUY, "0.51", "10", domain=V3)
            assert placed["status"] == "matched"
            frames = [json.loads(frame) for frame in await client.take(market, 2)]
            assert [f[0]["event_type"] for f in frames] == ["last_trade_price", "price_change"]
            entry = next(e for e in frames[1][0]["price_changes"] if e["asset_id"] == token)
            assert (entry["side"], entry["price"], entry["size"]) == ("SELL", "0.51", "190")
        await feed.until("CONFIRMED", "trade")
        book = (await ann.http.get(f"{urls.clob}/book", params={"token_id": token})).json()
        assert book["asks"][-1]["price"] == "0.51"


async def test_the_region_check_and_the_relayer_answer(urls: SandboxUrls) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        region = (await http.get(f"{urls.site}/api/geoblock")).json()
        assert region["blocked"] is False
        wallet = (await http.get(f"{urls.relayer}/deployed", params={"address": "0x1"})).json()
        assert wallet["deployed"] is True


HOSTILE = [None, 0, "x", [], [[]], [None], {}, {"order": None}, {"order": {}, "owner": 5}]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/order"),
        ("POST", "/orders"),
        ("DELETE", "/order"),
        ("DELETE", "/orders"),
        ("DELETE", "/cancel-market-orders"),
        ("POST", "/v1/heartbeats"),
        ("POST", "/orders-scoring"),
    ],
)
async def test_no_body_makes_the_exchange_stumble(
    urls: SandboxUrls, method: str, path: str
) -> None:
    async with traders(urls, 261 + len(method) * 20 + len(path)) as (ann,):
        nested = "[" * 5_000 + "]" * 5_000
        for text in [*(json.dumps(body) for body in HOSTILE), nested, "{", "\x00"]:
            answer = await ann.ask_raw(method, path, text.encode())
            assert answer.status_code in {200, 400}, (text[:40], answer.text)


async def test_absurd_numbers_are_refused(urls: SandboxUrls) -> None:
    async with traders(urls, 271) as (ann,):
        for name, value in (
            ("makerAmount", "9" * 78),
            ("takerAmount", "1"),
            ("takerAmount", "9" * 70),
            ("tokenId", "9" * 78),
            ("expiration", "9" * 78),
            ("timestamp", "9" * 78),
            ("salt", 10**40),
        ):
            body = ann.order(YES, BUY, "0.4", "10", **FINE)
            body["order"][name] = value
            assert (await ann.send(body)).status_code == 400
