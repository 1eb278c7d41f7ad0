"""The trading client against the sandbox exchange in a process of its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e import sandbox_client
from tests.e2e.local_trader import Trader, traders
from tests.unit.sandbox import small

from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ConditionId, TokenId, VenueOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.refusals import RefusalCode
from polydesk.domain.units import MICROS
from polydesk.domain.venue import OutcomeKind, TradeStatus, VenueMode, VenueOrderStatus
from polydesk.runtime.clocks import LiveClock
from polydesk.runtime.demo import sandbox_hosts
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.http import HttpRules
from polydesk.venues.polymarket.signing.auth import l2_headers
from polydesk.venues.polymarket.trading.account import COLLATERAL, CONDITIONAL
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.wire.user import OwnIdentity

pytestmark = pytest.mark.e2e
BUY, SELL = Side.BUY, Side.SELL
YES, NO, MARKET = small.RAIN_YES, small.RAIN_NO, ConditionId(small.RAIN)
ACCEPTED, REJECTED = OutcomeKind.ACCEPTED, OutcomeKind.REJECTED
UNAVAILABLE, UNKNOWN = OutcomeKind.UNAVAILABLE, OutcomeKind.UNKNOWN


class Desk:
    """A trader's key, and the client that is tested."""

    def __init__(self, trader: Trader) -> None:
        self.trader = trader
        own = OwnIdentity(trader.auth["apiKey"], frozenset({trader.key.address.lower()}))
        rules = HttpRules(wait_initial_s=0.01, wait_max_s=0.02, wait_jitter_s=0.0)
        self.told: list[str] = []
        self.rest = TradingRest(
            sandbox_hosts(trader.urls), LiveClock(), self, own, rules=rules, tell=self.told.append
        )

    async def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        trader, now_s = self.trader, int(time.time())
        return l2_headers(trader.key.address, trader.credentials, now_s, method, path, body)

    def signed(self, *order: Any, **options: Any) -> tuple[bytes, VenueOrderId]:
        body = self.trader.order(*order, **options)
        return json.dumps(body, separators=(",", ":")).encode(), VenueOrderId(self.trader.last_id)


@asynccontextmanager
async def desks(folder: Path, *extra: str) -> AsyncIterator[tuple[SandboxUrls, Desk, Desk]]:
    tape = small.write(folder / "still.tape", small.frames()[:3])
    options = ("--settle-ms", "20", *extra)
    async with await SandboxProcess.start(str(tape), speed=None, extra=options) as process:
        await sandbox_client.play_to_end(process.urls)
        async with traders(process.urls, 1, 2) as (ann, bob):
            both = Desk(ann), Desk(bob)
            try:
                yield process.urls, *both
            finally:
                for one in both:
                    await one.rest.close()


async def control(urls: SandboxUrls, method: str, path: str, body: Any = None) -> Any:
    async with httpx.AsyncClient(trust_env=False) as client:
        content = b"" if body is None else json.dumps(body).encode()
        answer = await client.request(method, f"{urls.control}/{path}", content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_order_lives_and_dies_and_each_answer_is_evidence(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, ann, _bob):
        rest, (body, digest) = ann.rest, ann.signed(YES, BUY, "0.3", "10")
        assert await rest.order(digest) is None
        placed = await rest.post_order(body, digest)
        assert (placed.kind, placed.status, placed.venue_order_id) == (ACCEPTED, "live", digest)
        again = await rest.post_order(body, digest)
        assert (again.kind, again.is_duplicate) == (UNKNOWN, True)
        found = await rest.order(digest)
        assert found is not None
        assert (found.price, found.size, found.matched) == (300_000, 10 * MICROS, 0)
        assert found.status is VenueOrderStatus.LIVE
        assert await rest.open_orders() == await rest.open_orders(MARKET) == [found]
        canceled = await rest.cancel_order(digest)
        assert (canceled.kind, canceled.canceled) == (ACCEPTED, (digest,))
        late = await rest.cancel_orders([digest])
        assert [one for one, _ in late.not_canceled] == [digest]
        assert await rest.open_orders() == []
        over = await rest.order(digest)
        assert over is None or over.status is VenueOrderStatus.CANCELED


async def test_maker_and_taker_read_their_own_legs_of_one_trade(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, ann, bob):
        makers = [ann.signed(YES, BUY, price, "10") for price in ("0.52", "0.53")]
        assert [one.status for one in await ann.rest.post_orders(makers)] == ["live"] * 2
        body, digest = bob.signed(NO, BUY, "0.48", "20")
        assert (await bob.rest.post_order(body, digest)).status == "matched"
        [taken] = await bob.rest.trades()
        made = await ann.rest.trades(condition_id=MARKET, ids=[taken.trade_id])
        assert {leg.trade_id for leg in made} == {taken.trade_id}
        assert (taken.venue_order_id, taken.liquidity) == (digest, Liquidity.TAKER)
        assert (taken.token_id, taken.side, taken.size) == (NO, BUY, 20 * MICROS)
        assert {(leg.venue_order_id, leg.price, leg.size) for leg in made} == {
            (makers[0][1], 520_000, 10 * MICROS),
            (makers[1][1], 530_000, 10 * MICROS),
        }
        assert {(leg.token_id, leg.side, leg.liquidity) for leg in made} == {
            (YES, BUY, Liquidity.MAKER)
        }
        async with asyncio.timeout(15):
            while (await ann.rest.trades())[0].status is not TradeStatus.CONFIRMED:
                await ann.rest.open_orders()
        cash = await ann.rest.balance(COLLATERAL, None, 0)
        assert cash.balance == 10_000 * MICROS - 10_500_000
        shares = await ann.rest.balance(CONDITIONAL, TokenId(YES), 0)
        assert (shares.balance, shares.allowance) == (20 * MICROS, 10**18)


async def test_refusals_kills_and_batches_have_their_outcomes(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, ann, _bob):
        legs = [
            ann.signed(YES, BUY, "0.3", "10"),
            ann.signed(YES, BUY, "0.3", "4"),
            ann.signed(YES, BUY, "0.3", "90000"),
            ann.signed(YES, BUY, "0.1", "10", kind=TimeInForce.FOK),
            ann.signed(YES, BUY, "0.9", "10", post_only=True),
            ann.signed(YES, BUY, "0.31", "10"),
        ]
        outcomes = await ann.rest.post_orders(legs)
        assert [one.kind for one in outcomes] == [ACCEPTED, *[REJECTED] * 4, ACCEPTED]
        assert [one.refusal for one in outcomes[1:5]] == [
            RefusalCode.SIZE_BELOW_MINIMUM,
            RefusalCode.NOT_ENOUGH_BALANCE,
            RefusalCode.FOK_NOT_FILLED,
            RefusalCode.POST_ONLY_WOULD_CROSS,
        ]
        swept = await ann.rest.cancel_market(condition_id=MARKET)
        assert set(swept.canceled) == {legs[0][1], legs[5][1]}
        assert (await ann.rest.cancel_all()).canceled == ()


async def test_f009_a_lost_reply_is_unknown_and_the_digest_finds_the_order(tmp_path: Path) -> None:
    async with desks(tmp_path) as (urls, ann, _bob):
        rule = {"match": {"endpoint": "place"}, "fault": {"kind": "after_commit"}, "count": 1}
        await control(urls, "PUT", "faults", {"rules": [rule]})
        body, digest = ann.signed(YES, BUY, "0.3", "10")
        assert (await ann.rest.post_order(body, digest)).kind is UNKNOWN
        found = await ann.rest.order(digest)
        assert found is not None
        assert found.status is VenueOrderStatus.LIVE
        assert list((await control(urls, "GET", "truth"))["orders"]) == [digest]


async def test_f018_a_restart_is_unavailable_and_f017_limits_are_learned(tmp_path: Path) -> None:
    async with desks(tmp_path, "--limits", "enforce") as (urls, ann, _bob):
        for n in range(3):
            await ann.rest.post_order(*ann.signed(YES, BUY, f"0.0{n + 1}", "10"))
        assert ann.rest.budget.view().orders_left < 60
        await control(urls, "POST", "restart", {"seconds": 30, "post_only_seconds": 30})
        outcome = await ann.rest.post_order(*ann.signed(YES, BUY, "0.3", "10"))
        assert (outcome.kind, outcome.mode) == (UNAVAILABLE, VenueMode.RESTARTING)
        cancel = await ann.rest.cancel_all()
        assert (cancel.kind, cancel.mode) == (UNAVAILABLE, VenueMode.RESTARTING)


async def test_the_account_the_region_and_the_heartbeat(tmp_path: Path) -> None:
    async with desks(tmp_path) as (_, ann, _bob):
        assert await ann.rest.closed_only() is False
        assert (await ann.rest.geoblock()).blocked is False
        await ann.rest.update_balance(COLLATERAL, None, 0)
        following = await ann.rest.heartbeat("")
        assert await ann.rest.heartbeat("not the expected one") != following
        offset_s = await ann.rest.time_offset() / 10**9
        exchange_s = (await ann.trader.http.get(f"{ann.trader.urls.clob}/time")).json()
        assert offset_s == pytest.approx(exchange_s - time.time(), abs=3.0)
