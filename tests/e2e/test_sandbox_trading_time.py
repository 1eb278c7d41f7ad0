"""What happens on the sandbox by itself: expiry, heartbeats, restarts, session keys."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from tests.e2e import sandbox_client as client
from tests.e2e.local_trader import Trader, traders
from tests.unit.sandbox import small

from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import MICROS
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.signing.keys import PrivateKey
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.wallets import derive_wallets

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
BUY, YES = Side.BUY, small.RAIN_YES
FINE = {"tick": 1_000}


def address(number: int) -> str:
    return PrivateKey(number.to_bytes(32, "big")).address


OWNER, SESSION, RICH = address(301), address(302), address(303)
WALLET = derive_wallets(OWNER).deposit_beacon
EXTRA = ["--session", f"{WALLET}={SESSION}", "--account", f"{RICH}=77.5", "--seed", "9"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tape(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(small.write(tmp_path_factory.mktemp("tape") / "small.tape"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def urls(tape: str) -> AsyncIterator[SandboxUrls]:
    async with await SandboxProcess.start(tape, speed=None, extra=EXTRA) as sandbox:
        await client.play_to_end(sandbox.urls)
        yield sandbox.urls


async def advance(urls: SandboxUrls, seconds: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{urls.control}/advance", json={"seconds": seconds})
        assert answer.status_code == 200, answer.text


async def test_a_gtd_order_of_the_clients_own_clock_lives_as_long_as_meant(
    urls: SandboxUrls,
) -> None:
    async with traders(urls, 311) as (ann,), ann.listen() as feed:
        until = int(time.time()) + 240
        await ann.place(YES, BUY, "0.4", "10", kind=TimeInForce.GTD, expiration_s=until, **FINE)
        (order,) = (await ann.get("/data/orders"))["data"]
        assert order["expiration"] == str(until)
        await advance(urls, 160)
        assert len((await ann.get("/data/orders"))["data"]) == 1
        await advance(urls, 30)
        await feed.until("CANCELED_EXPIRED_ORDER", "order")
        assert feed.seen[-1]["type"] == "CANCELLATION"
        assert (await ann.get("/data/orders"))["data"] == []


async def beat(trader: Trader, given: str) -> tuple[int, dict[str, str]]:
    answer = await trader.ask("POST", "/v1/heartbeats", {"heartbeat_id": given})
    return answer.status_code, answer.json()


async def test_a_missed_heartbeat_cancels_every_order_of_the_key_and_no_other(
    urls: SandboxUrls,
) -> None:
    async with traders(urls, 321, 322) as (ann, bob), ann.listen() as feed:
        _, armed = await beat(ann, "")
        code, wrong = await beat(ann, "another")
        expected = armed["heartbeat_id"]
        assert (code, wrong) == (
            400,
            {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": expected},
        )
        await ann.place(YES, BUY, "0.4", "10", **FINE)
        await bob.place(YES, BUY, "0.4", "10", **FINE)
        await advance(urls, 8)
        code, armed = await beat(ann, expected)
        assert (code, armed["heartbeat_id"] != expected) == (200, True)
        await advance(urls, 8)
        assert len((await ann.get("/data/orders"))["data"]) == 1
        await advance(urls, 8)
        await feed.until("CANCELED", "order")
        assert (await ann.get("/data/orders"))["data"] == []
        assert len((await bob.get("/data/orders"))["data"]) == 1
        assert (await beat(ann, armed["heartbeat_id"]))[1]["heartbeat_id"] == ""


async def test_the_older_heartbeat_route_arms_too(urls: SandboxUrls) -> None:
    async with traders(urls, 331) as (ann,):
        await ann.place(YES, BUY, "0.4", "10", **FINE)
        answer = await ann.ask("POST", "/heartbeats", {})
        assert answer.json() == {"status": "ok"}
        await advance(urls, 16)
        assert (await ann.get("/data/orders"))["data"] == []


async def test_a_session_key_trades_for_the_wallet_and_sees_only_its_own(
    urls: SandboxUrls,
) -> None:
    kind = SignatureType.POLY_1271
    async with traders(urls, 301, 302, 304) as (owner, session, stranger):
        fields = {"wallet": WALLET, "signature_type": kind, "session": True, **FINE}
        await session.place(YES, BUY, "0.4", "10", **fields)
        assert (await owner.get("/data/orders"))["data"] == []
        (order,) = (await session.get("/data/orders"))["data"]
        assert order["maker_address"] == WALLET
        assert await session.balance(signature_type=3) == 10_000 * MICROS
        refused = await stranger.send(stranger.order(YES, BUY, "0.4", "10", **fields))
        assert refused.json() == {
            "error": "the order signer address has to be the address of the API KEY"
        }


async def test_a_chosen_account_has_what_was_chosen_and_its_other_wallets_nothing(
    urls: SandboxUrls,
) -> None:
    async with traders(urls, 303) as (rich,):
        assert await rich.balance() == 77_500_000
        assert await rich.balance(signature_type=2) == 0


async def test_credentials_outlive_a_restart_with_the_same_seed(
    urls: SandboxUrls, tape: str
) -> None:
    async with traders(urls, 341) as (ann,):
        extra = ["--seed", "9"]
        async with await SandboxProcess.start(tape, speed=None, extra=extra) as second:
            ann.urls = second.urls
            assert (await ann.get("/data/orders"))["data"] == []
            async with ann.listen():
                assert await ann.get("/auth/api-keys") == {"apiKeys": [ann.auth["apiKey"]]}
        async with await SandboxProcess.start(tape, speed=None) as other:
            ann.urls = other.urls
            assert (await ann.ask("GET", "/data/orders")).status_code == 401


async def test_resting_orders_follow_the_recording_as_it_plays(tape: str) -> None:
    extra = ["--settle-ms", "1"]
    async with (
        await SandboxProcess.start(tape, speed=None, extra=extra) as sandbox,
        traders(sandbox.urls, 351) as (ann,),
        ann.listen() as feed,
    ):
        await ann.place(YES, BUY, "0.52", "5")
        await ann.place(small.SNOW_YES, BUY, "0.1", "5")
        lost = ann.last_id
        await client.play_to_end(sandbox.urls)
        await feed.until("CANCELED_MARKET_RESOLVED", "order")
        ended = (await ann.get("/data/orders", id=lost))["data"][0]
        assert ended["status"] == "CANCELED_MARKET_RESOLVED"
        # The finer grid is in force, and the book of the old one is still there to be taken.
        await ann.place(YES, BUY, "0.523", "5", **FINE)
        taken = await ann.place(YES, BUY, "0.55", "30", **FINE)
        assert taken["status"] == "matched"


async def test_a_looped_recording_begins_each_round_with_fresh_accounts(tape: str) -> None:
    async with (
        await SandboxProcess.start(tape, speed=None, loop=True) as sandbox,
        traders(sandbox.urls, 361, 362) as (ann, bob),
    ):
        async with ann.listen() as feed:
            await ann.place(YES, BUY, "0.5", "10")
            await bob.place(small.RAIN_NO, BUY, "0.5", "8")
            assert await ann.balance() < 10_000 * MICROS
            await ann.http.post(f"{sandbox.urls.control}/start")
            await feed.socket.wait_closed()
            assert feed.socket.close_code == 1012
        await client.until(sandbox.urls, lambda found: found["phase"] == "waiting")
        assert await ann.balance() == 10_000 * MICROS
        assert (await ann.get("/data/trades"))["data"] == []
        assert (await ann.get("/data/orders"))["data"] == []
        assert (await ann.place(YES, BUY, "0.5", "10"))["status"] == "live"
