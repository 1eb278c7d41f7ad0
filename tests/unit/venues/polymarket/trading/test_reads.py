"""Private reads of the client: pages, filters, absence, credentials, clocks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from polydesk.domain.ids import ConditionId, TokenId, TradeId, VenueOrderId
from polydesk.errors import (
    OutcomeUnknown,
    RateLimited,
    SignerLost,
    VenueRejected,
    VenueUnavailable,
    WireError,
)
from polydesk.runtime.clocks import LiveClock
from polydesk.venues.polymarket.http import HttpRules
from polydesk.venues.polymarket.signing.contracts import EXCHANGE, NEG_RISK_EXCHANGE
from polydesk.venues.polymarket.trading.account import COLLATERAL, CONDITIONAL
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.trading.reading import MAX_PAGES
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire.user import OwnIdentity

KEY = "3e2c94ca-8124-c4c1-c7ea-be1ea21b71fe"
ID = VenueOrderId("0x" + "1" * 64)
MARKET, ELSEWHERE = ConditionId("0x" + "ab" * 32), ConditionId("0x" + "cd" * 32)
QUICK = HttpRules(
    attempts=3, wait_initial_s=0.001, wait_max_s=0.002, wait_jitter_s=0.0, longest_asked_wait_s=0.0
)


def order(**changes: Any) -> dict[str, Any]:
    row = {
        "id": ID, "market": MARKET, "asset_id": "111", "side": "BUY", "price": "0.5",
        "original_size": "5", "size_matched": "0", "status": "LIVE", "owner": KEY,
    }  # fmt: skip
    return row | changes


def trade(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "t-1", "taker_order_id": ID, "market": MARKET, "asset_id": "111", "side": "BUY",
        "size": "5", "price": "0.6", "status": "MATCHED", "match_time": "1795000000",
        "owner": KEY, "trader_side": "TAKER",
    }  # fmt: skip
    return row | changes


class Signer:
    """Makes headers that name what they cover; fails when told to."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str, bytes]] = []
        self.error: Exception | None = None

    async def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        if self.error is not None:
            raise self.error
        self.made.append((method, path, body))
        return {"POLY_SIGNATURE": f"{len(self.made)}"}


class Venue:
    """Answers each path with its replies in turn, the last one for ever."""

    def __init__(self, *, measured: bool = True) -> None:
        self.replies: dict[str, list[Any]] = {}
        self.asked: list[httpx.Request] = []
        self.told: list[str] = []
        self.signer = Signer()
        self.rest = TradingRest(
            Hosts(clob="http://127.0.0.1:1", geoblock="http://127.0.0.1:1/api/geoblock"),
            LiveClock(),
            self.signer,
            OwnIdentity(KEY, frozenset()),
            rules=QUICK,
            tell=self.told.append,
            transport=httpx.MockTransport(self._answer),
        )
        now_ns = LiveClock().now_ns()
        if measured:
            self.rest.skew.learn(now_ns // 10**9, now_ns, now_ns)

    def say(self, path: str, *replies: Any) -> None:
        self.replies[path] = list(replies)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        replies = self.replies[request.url.path]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        made = reply if isinstance(reply, httpx.Response) else httpx.Response(200, json=reply)
        body = httpx.ByteStream(made.content)
        return httpx.Response(made.status_code, headers=made.headers, stream=body)

    def queries(self) -> list[dict[str, str]]:
        return [dict(request.url.params) for request in self.asked]


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    made = Venue()
    yield made
    await made.rest.close()


def page(rows: list[Any], cursor: str | None = "LTE=") -> dict[str, Any]:
    return {"limit": 300, "count": len(rows), "next_cursor": cursor, "data": rows}


async def test_all_pages_of_open_orders_are_read(venue: Venue) -> None:
    ids = ["0xa1", "0xa2", "0xa3"]
    pages = [page([order(id=ids[0])], "MQ=="), page([order(id=ids[1])], "Mg=="),
             page([order(id=ids[2])])]  # fmt: skip
    venue.say("/data/orders", *pages)
    assert [row.venue_order_id for row in await venue.rest.open_orders()] == ids
    assert venue.queries() == [{}, {"next_cursor": "MQ=="}, {"next_cursor": "Mg=="}]


async def test_the_signed_path_has_neither_host_nor_query(venue: Venue) -> None:
    venue.say("/data/orders", [])
    await venue.rest.open_orders(MARKET)
    assert venue.signer.made == [("GET", "/data/orders", b"")]
    assert venue.queries() == [{"market": MARKET}]


async def test_every_page_has_headers_of_its_own(venue: Venue) -> None:
    venue.say("/data/orders", page([], "MQ=="), page([]))
    await venue.rest.open_orders()
    assert [request.headers["POLY_SIGNATURE"] for request in venue.asked] == ["1", "2"]


async def test_f083_a_repeated_cursor_is_an_error_and_not_an_answer(venue: Venue) -> None:
    venue.say("/data/trades", page([trade()], "MQ=="), page([], "Mg=="), page([], "MQ=="))
    with pytest.raises(WireError, match="repeats a cursor"):
        await venue.rest.trades()


async def test_f083_pages_without_end_are_bounded(venue: Venue) -> None:
    venue.say("/data/trades", *[page([], f"c{n}") for n in range(MAX_PAGES + 5)])
    with pytest.raises(WireError, match="no end"):
        await venue.rest.trades()
    assert len(venue.asked) == MAX_PAGES


async def test_a_page_that_fails_fails_the_whole_list(venue: Venue) -> None:
    venue.say("/data/orders", page([order()], "MQ=="), httpx.Response(502, text="bad gateway"))
    with pytest.raises(VenueUnavailable, match="502"):
        await venue.rest.open_orders()


async def test_f084_a_filter_the_venue_ignores_is_applied_here_and_told(venue: Venue) -> None:
    venue.say("/data/orders", [order(), order(id="0xa2", market=ELSEWHERE)])
    [row] = await venue.rest.open_orders(MARKET)
    assert row.condition_id == MARKET
    assert venue.told == ["the venue ignored the filter market: 1 rows more"]


async def test_f084_trades_by_id_are_asked_one_by_one_and_checked(venue: Venue) -> None:
    venue.say("/data/trades", [trade()], [trade(), trade(id="t-2")])
    ids = [TradeId("t-1"), TradeId("t-2")]
    found = await venue.rest.trades(ids=ids, after_s=1_794_000_000, condition_id=MARKET)
    assert [fill.trade_id for fill in found] == ["t-1", "t-2"]
    assert venue.queries() == [{"id": one, "market": MARKET, "after": "1794000000"} for one in ids]
    assert venue.told == ["the venue ignored the filter id: 1 rows more"]


async def test_foreign_and_malformed_rows_are_left_out_and_told(venue: Venue) -> None:
    venue.say("/data/orders", [order(owner="x"), order(price="NaN"), order()])
    assert len(await venue.rest.open_orders()) == 1
    assert any("malformed row" in words for words in venue.told)
    assert any("not ours" in words for words in venue.told)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"error": "Order not found"}),
        httpx.Response(404),
        httpx.Response(200, text=""),
        httpx.Response(200, text="null"),
        httpx.Response(200, json={}),
    ],
    ids=["404", "bare 404", "empty", "null", "object"],
)
async def test_an_order_that_is_not_found_is_none(venue: Venue, answer: httpx.Response) -> None:
    venue.say(f"/data/order/{ID}", answer)
    assert await venue.rest.order(ID) is None


async def test_an_order_by_id(venue: Venue) -> None:
    venue.say(f"/data/order/{ID}", order(status="MATCHED", size_matched="5"))
    found = await venue.rest.order(ID)
    assert found is not None
    assert found.matched == 5_000_000
    assert venue.signer.made == [("GET", f"/data/order/{ID}", b"")]


async def test_f084_another_order_than_the_one_asked_for_is_no_answer(venue: Venue) -> None:
    venue.say(f"/data/order/{ID}", order(id="0xa2"))
    with pytest.raises(WireError, match="answered about 0xa2"):
        await venue.rest.order(ID)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_web_page_is_never_absence(venue: Venue, status: int) -> None:
    venue.say(f"/data/order/{ID}", httpx.Response(status, html="<html>blocked</html>"))
    with pytest.raises(VenueRejected):
        await venue.rest.order(ID)


@pytest.mark.parametrize("text", ["<html>", "{", "7", '{"id":"0x1"}'])
async def test_an_unreadable_order_is_never_absence(venue: Venue, text: str) -> None:
    venue.say(f"/data/order/{ID}", httpx.Response(200, text=text))
    with pytest.raises((WireError, VenueUnavailable)):
        await venue.rest.order(ID)


async def test_f085_an_answer_from_a_cache_is_asked_for_again(venue: Venue) -> None:
    stale = httpx.Response(200, json=[order()], headers={"Age": "240"})
    venue.say("/data/orders", stale, [])
    assert await venue.rest.open_orders() == []
    assert [request.headers["Cache-Control"] for request in venue.asked] == ["no-cache"] * 2


async def test_f085_an_answer_that_stays_old_is_no_answer(venue: Venue) -> None:
    venue.say("/data/orders", httpx.Response(200, json=[], headers={"Age": "240"}))
    with pytest.raises(VenueUnavailable, match="cache"):
        await venue.rest.open_orders()


# Credentials and clocks

REFUSED = httpx.Response(401, json={"error": "Unauthorized/Invalid api key"})


def asked_for_time(venue: Venue) -> int:
    return sum(request.url.path == "/time" for request in venue.asked)


async def test_f023_a_401_measures_the_clock_once_and_asks_again(venue: Venue) -> None:
    venue.say("/time", 1_795_000_000)
    venue.say("/data/orders", REFUSED, [order()])
    assert len(await venue.rest.open_orders()) == 1
    assert asked_for_time(venue) == 1
    assert venue.rest.skew.is_large
    assert len(venue.signer.made) == 2


async def test_f023_a_401_that_stays_is_reported_and_makes_no_loop(venue: Venue) -> None:
    venue.say("/time", 1_795_000_000)
    venue.say("/data/orders", REFUSED)
    for _ in range(3):
        with pytest.raises(VenueRejected, match="401"):
            await venue.rest.open_orders()
    assert asked_for_time(venue) == 1
    assert len(venue.asked) == 1 + 2 + 1 + 1


async def test_f023_after_a_success_the_next_401_measures_again(venue: Venue) -> None:
    venue.say("/time", 1_795_000_000)
    venue.say("/data/orders", REFUSED, [], REFUSED, [])
    await venue.rest.open_orders()
    await venue.rest.open_orders()
    assert asked_for_time(venue) == 2


async def test_a_clock_that_cannot_be_read_does_not_hide_the_401(venue: Venue) -> None:
    venue.say("/time", httpx.Response(500))
    venue.say("/data/orders", REFUSED)
    with pytest.raises(VenueRejected, match="401"):
        await venue.rest.open_orders()
    assert any("time could not be read" in words for words in venue.told)


async def test_a_clock_that_was_never_measured_is_measured_before_the_first_read() -> None:
    unmeasured = Venue(measured=False)
    unmeasured.say("/time", 1_795_000_000)
    unmeasured.say("/data/orders", [])
    for _ in range(3):
        await unmeasured.rest.open_orders()
    assert [request.url.path for request in unmeasured.asked] == ["/time", *["/data/orders"] * 3]
    assert unmeasured.rest.skew.is_large
    await unmeasured.rest.close()


async def test_a_time_that_cannot_be_read_is_told_and_not_asked_for_all_the_time() -> None:
    unmeasured = Venue(measured=False)
    unmeasured.say("/time", httpx.Response(502))
    unmeasured.say("/data/orders", [])
    for _ in range(3):
        assert await unmeasured.rest.open_orders() == []
    assert asked_for_time(unmeasured) == 1
    assert len(unmeasured.told) == 1
    await unmeasured.rest.close()


async def test_the_offset_is_measured_without_credentials(venue: Venue) -> None:
    venue.say("/time", httpx.Response(200, text="1795000000"))
    assert await venue.rest.time_offset() < 0
    assert venue.signer.made == []


@pytest.mark.parametrize("text", ["", "soon", "-1", "9" * 13, "1.5"])
async def test_a_time_that_is_no_number_is_an_error(venue: Venue, text: str) -> None:
    venue.say("/time", httpx.Response(200, text=text))
    with pytest.raises(WireError, match="without a number"):
        await venue.rest.time_offset()


async def test_a_lost_signer_passes_through_and_nothing_is_sent(venue: Venue) -> None:
    venue.signer.error = SignerLost("no signer")
    with pytest.raises(SignerLost):
        await venue.rest.open_orders()
    with pytest.raises(SignerLost):
        await venue.rest.post_order(b"{}", ID)
    assert venue.asked == []


async def test_a_read_that_was_lost_is_read_again(venue: Venue) -> None:
    venue.say("/data/orders", httpx.ReadError("gone"), httpx.Response(503), [order()])
    assert len(await venue.rest.open_orders()) == 1


async def test_a_wait_the_venue_asks_for_is_handed_on(venue: Venue) -> None:
    venue.say("/data/orders", httpx.Response(429, headers={"Retry-After": "60"}))
    with pytest.raises(RateLimited) as caught:
        await venue.rest.open_orders()
    assert caught.value.retry_after_s == 60.0
    assert len(venue.asked) == 1


# The account


@pytest.mark.parametrize(
    ("allowances", "smallest"),
    [
        ({EXCHANGE: "5000000", NEG_RISK_EXCHANGE: "7"}, 7),
        ({EXCHANGE.lower(): "5000000", "0x" + "9" * 40: "0"}, 5_000_000),
        ({"0x" + "9" * 40: "3"}, 3),
        ({EXCHANGE: str(2**256 - 1)}, 10**18),
        ({}, 0),
    ],
)
async def test_balance_and_the_smallest_allowance_that_matters(
    venue: Venue, allowances: dict[str, str], smallest: int
) -> None:
    venue.say("/balance-allowance", {"balance": "9412600000", "allowances": allowances})
    assert await venue.rest.balance(COLLATERAL, None, 3) == (9_412_600_000, smallest)
    assert venue.queries() == [{"asset_type": "COLLATERAL", "signature_type": "3"}]


async def test_the_older_form_of_a_balance(venue: Venue) -> None:
    venue.say("/balance-allowance", {"balance": 12, "allowance": "4"})
    assert await venue.rest.balance(CONDITIONAL, TokenId("111"), 0) == (12, 4)
    assert venue.queries()[0]["token_id"] == "111"


@pytest.mark.parametrize(
    "answer",
    [{}, [], None, {"balance": "1.5", "allowance": "1"}, {"balance": "-1", "allowance": "1"},
     {"balance": "1"}, {"balance": "1" * 79, "allowance": "1"}, {"balance": "1" * 30, "allowance": "1"},
     {"balance": "1", "allowances": {EXCHANGE: "x"}}],
    ids=str,
)  # fmt: skip
async def test_a_malformed_balance_is_an_error(venue: Venue, answer: Any) -> None:
    venue.say("/balance-allowance", answer)
    with pytest.raises(WireError):
        await venue.rest.balance(COLLATERAL, None, 0)


async def test_the_venue_is_told_to_look_at_the_chain(venue: Venue) -> None:
    venue.say("/balance-allowance/update", httpx.Response(200, text='""'))
    await venue.rest.update_balance(CONDITIONAL, TokenId("111"), 2)
    assert venue.queries() == [
        {"asset_type": "CONDITIONAL", "signature_type": "2", "token_id": "111"}
    ]


@pytest.mark.parametrize("flag", [True, False])
async def test_closed_only(venue: Venue, flag: bool) -> None:
    venue.say("/auth/ban-status/closed-only", {"closed_only": flag})
    assert await venue.rest.closed_only() is flag


@pytest.mark.parametrize("answer", [{}, {"closed_only": "false"}, {"closed_only": 0}, None, []])
async def test_a_closed_only_answer_that_does_not_say_is_an_error(
    venue: Venue, answer: Any
) -> None:
    venue.say("/auth/ban-status/closed-only", answer)
    with pytest.raises(WireError):
        await venue.rest.closed_only()


async def test_the_region_is_asked_for_without_credentials(venue: Venue) -> None:
    venue.say("/api/geoblock", {"blocked": True, "ip": "x", "country": "D\x1bE", "region": "BE"})
    found = await venue.rest.geoblock()
    assert (found.blocked, found.country, found.region) == (True, "DE", "BE")
    assert venue.signer.made == []


@pytest.mark.parametrize("answer", [{}, {"blocked": "no"}, httpx.Response(404, json={})])
async def test_a_region_that_is_not_told_is_an_error(venue: Venue, answer: Any) -> None:
    venue.say("/api/geoblock", answer)
    with pytest.raises((WireError, VenueUnavailable)):
        await venue.rest.geoblock()


# Heartbeats

BEAT = "/v1/heartbeats"


def sent_ids(venue: Venue) -> list[str]:
    return [json.loads(request.content)["heartbeat_id"] for request in venue.asked]


async def test_heartbeats_hand_over_their_ids(venue: Venue) -> None:
    venue.say(BEAT, {"heartbeat_id": "h1"}, {"heartbeat_id": "h2"})
    assert await venue.rest.heartbeat(await venue.rest.heartbeat("")) == "h2"
    assert sent_ids(venue) == ["", "h1"]
    assert venue.signer.made[0] == ("POST", BEAT, b'{"heartbeat_id":""}')


@pytest.mark.parametrize("key", ["error_msg", "error"])
@pytest.mark.parametrize("expected", ["h7", ""])
async def test_a_wrong_id_is_corrected_once(venue: Venue, key: str, expected: str) -> None:
    wrong = httpx.Response(400, json={key: "Invalid Heartbeat ID", "heartbeat_id": expected})
    venue.say(BEAT, wrong, {"heartbeat_id": "h8"})
    assert await venue.rest.heartbeat("h1") == "h8"
    assert sent_ids(venue) == ["h1", expected]


async def test_two_senders_for_one_key_are_named(venue: Venue) -> None:
    wrong = [httpx.Response(400, json={"error_msg": "Invalid Heartbeat ID", "heartbeat_id": f"h{n}"})
             for n in range(3)]  # fmt: skip
    venue.say(BEAT, *wrong)
    with pytest.raises(VenueRejected, match="another program"):
        await venue.rest.heartbeat("")
    assert len(venue.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(200, text="<html>"), httpx.Response(200, json={}),
     httpx.ReadTimeout("slow"), httpx.ReadError("gone"), httpx.Response(503)],
    ids=["500", "page", "no id", "slow", "gone", "503"],
)  # fmt: skip
async def test_a_heartbeat_that_may_have_armed_is_unknown(venue: Venue, answer: Any) -> None:
    venue.say(BEAT, answer)
    with pytest.raises(OutcomeUnknown):
        await venue.rest.heartbeat("")
    assert len(venue.asked) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(425), VenueUnavailable),
        (httpx.Response(429, headers={"Retry-After": "2"}), RateLimited),
        (httpx.Response(401, json={"error": "Unauthorized/Invalid api key"}), VenueRejected),
        (httpx.Response(503, json={"error": "Trading is currently disabled."}), VenueUnavailable),
        (httpx.ConnectError("refused"), VenueUnavailable),
    ],
    ids=["restarting", "too many", "unauthorised", "disabled", "unreachable"],
)
async def test_a_heartbeat_that_provably_armed_nothing(
    venue: Venue, answer: Any, error: type[Exception]
) -> None:
    venue.say(BEAT, answer)
    with pytest.raises(error):
        await venue.rest.heartbeat("")
    assert len(venue.asked) == 1
