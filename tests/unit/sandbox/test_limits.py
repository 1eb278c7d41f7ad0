"""Token buckets per signer and the answers they lead to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from polydesk.sandbox.limiter import Limiter
from polydesk.sandbox.limits import NS, RATES, Bucket, Limits, Rate, SignerLimits, Tier

ORDERS, CANCELS = "/clob/order", "/clob/orders"


@dataclass
class Venue:
    """Cancels as many orders as it is told and knows one signer."""

    tier: Tier = Tier.STANDARD
    limits: Limits = Limits.ENFORCE
    at_s: float = 100.0
    served: int = 0
    sweep: int = 0
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        routes = [
            Route("/clob/order", self.answer, methods=["POST", "DELETE"]),
            Route("/clob/orders", self.answer, methods=["POST", "DELETE"]),
            Route("/clob/cancel-all", self.cancel_all, methods=["DELETE"]),
            Route("/clob/book", self.answer),
        ]
        limiter = Limiter(
            Starlette(routes=routes),
            SignerLimits(self.tier),
            self.limits,
            monotonic_s=lambda: self.at_s,
            now_s=lambda: 1_000,
        )
        transport = httpx.ASGITransport(_with_state(limiter))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://venue")

    async def answer(self, request: Request) -> Response:
        await request.body()
        self.served += 1
        unknown = request.headers.get("poly_address") == "0xstranger"
        return JSONResponse({}, 401 if unknown else 200)

    async def cancel_all(self, _: Request) -> Response:
        return JSONResponse({"canceled": ["0x"] * self.sweep, "not_canceled": {}})

    async def send(
        self, method: str, path: str, body: object = None, signer: str = "0xA"
    ) -> httpx.Response:
        headers = {"POLY_ADDRESS": signer}
        return await self.client.request(
            method, path, content=json.dumps(body).encode(), headers=headers
        )

    async def left(self, cancels: bool = False) -> int:
        """Return what is left after one more request."""
        reply = await self.send("DELETE" if cancels else "POST", ORDERS)
        return int(reply.headers["poly-ratelimit-remaining"])


def _with_state(application: Limiter):  # type: ignore[no-untyped-def]
    async def call(scope, receive, send):  # type: ignore[no-untyped-def]
        await application({**scope, "state": {}}, receive, send)

    return call


def test_the_tiers_are_the_venues() -> None:
    standard, elite, diamond = RATES[Tier.STANDARD], RATES[Tier.ELITE], RATES[Tier.DIAMOND]
    assert (standard.orders, standard.cancels) == (Rate(40, 60), Rate(80, 120, debt=True))
    assert (elite.orders, elite.cancels) == (Rate(600, 900), Rate(1_200, 1_800))
    assert (diamond.orders.burst, diamond.cancels.burst) == (787, 1_575)
    assert [tier.value for tier in Tier if RATES[tier].cancels.debt][-1] == "gold"


async def test_a_burst_passes_and_the_next_request_is_told_when_to_come_back() -> None:
    venue = Venue()
    assert [await venue.left() for _ in range(60)] == list(range(59, -1, -1))
    refused = await venue.send("POST", ORDERS)
    assert (refused.status_code, refused.json()) == (429, {"error": "Too Many Requests"})
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["poly-ratelimit-reset"] == "1001"
    assert refused.headers["poly-ratelimit-tier"] == "standard"
    assert venue.served == 60
    venue.at_s += 0.025
    assert (await venue.send("POST", ORDERS)).status_code == 200


async def test_orders_and_cancels_and_signers_have_buckets_of_their_own() -> None:
    venue = Venue()
    for _ in range(61):
        await venue.send("POST", ORDERS)
    assert await venue.left(cancels=True) == 119
    assert (await venue.send("POST", ORDERS, signer="0xB")).status_code == 200
    assert (await venue.send("POST", ORDERS, signer="0xa")).status_code == 429


async def test_a_batch_costs_its_entries_all_or_nothing() -> None:
    venue = Venue()
    for _ in range(4):
        assert (await venue.send("POST", CANCELS, [{}] * 12)).status_code == 200
    refused = await venue.send("POST", CANCELS, [{}] * 13)
    assert refused.status_code == 429
    assert refused.headers["poly-ratelimit-remaining"] == "12"
    assert venue.served == 4


async def test_more_than_a_burst_can_never_pass_and_is_not_told_to_wait() -> None:
    refused = await Venue().send("DELETE", CANCELS, ["0x"] * 121)
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers


async def test_a_sweep_costs_what_it_canceled_and_may_lead_into_debt() -> None:
    venue = Venue(sweep=150)
    swept = await venue.send("DELETE", "/clob/cancel-all")
    assert swept.headers["poly-ratelimit-remaining"] == "-31"
    assert (await venue.send("DELETE", ORDERS)).status_code == 429
    venue.at_s += 0.4
    assert (await venue.send("DELETE", ORDERS)).status_code == 200


async def test_the_highest_tiers_are_empty_at_worst() -> None:
    venue = Venue(tier=Tier.PLATINUM, sweep=5_000)
    swept = await venue.send("DELETE", "/clob/cancel-all")
    assert swept.headers["poly-ratelimit-remaining"] == "0"


async def test_warning_mode_serves_and_warns() -> None:
    venue = Venue(limits=Limits.WARN)
    replies = [await venue.send("POST", ORDERS) for _ in range(61)]
    assert "poly-ratelimit-warning" not in replies[59].headers
    assert (replies[60].status_code, replies[60].headers["poly-ratelimit-warning"]) == (200, "true")


async def test_reading_and_strangers_cost_nothing() -> None:
    venue = Venue()
    assert "poly-ratelimit-remaining" not in (await venue.send("GET", "/clob/book")).headers
    for _ in range(70):
        assert (await venue.send("POST", ORDERS, signer="0xstranger")).status_code == 401


@pytest.mark.parametrize("body", [{}, "text", []])
async def test_a_malformed_batch_costs_one(body: object) -> None:
    reply = await Venue().send("POST", CANCELS, body)
    assert reply.headers["poly-ratelimit-remaining"] == "59"


@given(st.lists(st.tuples(st.integers(0, 2 * NS), st.integers(1, 60)), max_size=40))
def test_no_bucket_gives_more_than_burst_and_flow(steps: list[tuple[int, int]]) -> None:
    bucket, now, paid = Bucket(Rate(40, 60), 0), 0, 0
    for passed, cost in steps:
        now += passed
        bucket.fill(now)
        if bucket.covers(cost):
            bucket.take(cost)
            paid += cost
        else:
            wait = bucket.wait_ns(cost)
            assert wait is not None
            assert wait > 0
        assert 0 <= bucket.tokens <= 60
        assert paid * NS <= 60 * NS + 40 * now


@given(st.integers(1, 60), st.integers(0, NS))
def test_whoever_waits_as_told_can_pay(cost: int, passed: int) -> None:
    bucket = Bucket(Rate(40, 60), 0)
    bucket.take(60)
    bucket.fill(passed)
    wait = bucket.wait_ns(cost)
    assert wait is not None
    bucket.fill(passed + wait)
    assert bucket.covers(cost)
