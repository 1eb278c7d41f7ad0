"""Every REST route of the sandbox, asked over HTTP and read with the desk's own decoders."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.e2e import sandbox_client as client
from tests.unit.sandbox import small

from polydesk.domain.units import PriceMicros
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.wire.clob import parse_books, parse_prices_history, parse_time
from polydesk.venues.polymarket.wire.data_api import (
    parse_leaderboard,
    parse_positions,
    parse_trades,
)
from polydesk.venues.polymarket.wire.gamma import parse_events, parse_markets, parse_search

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

EXAMPLES = Path(__file__).parents[1] / "fixtures" / "examples"
UNKNOWN = "987654321"
NOBODY = "0x" + "9" * 40


@dataclass
class Asker:
    """Asks one finished sandbox."""

    urls: SandboxUrls
    http: httpx.AsyncClient

    async def raw(self, host: str, path: str, **params: Any) -> httpx.Response:
        base = getattr(self.urls, host)
        return await self.http.get(f"{base}{path}", params=params)

    async def get(self, host: str, path: str, **params: Any) -> Any:
        response = await self.raw(host, path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    async def post(self, path: str, body: Any) -> Any:
        response = await self.http.post(f"{self.urls.clob}{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asker]:
    tape = small.write(tmp_path_factory.mktemp("tape") / "small.tape")
    async with (
        await SandboxProcess.start(str(tape), speed=None) as sandbox,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        await client.play_to_end(sandbox.urls)
        yield Asker(sandbox.urls, http)


def example(name: str) -> Any:
    return json.loads((EXAMPLES / name).read_bytes())


# Gamma


async def test_markets_hide_resolved_ones_unless_asked_for(ask: Asker) -> None:
    for path in ("/markets/keyset", "/markets"):
        rows = await ask.get("gamma", path)
        shown = rows["markets"] if isinstance(rows, dict) else rows
        assert [row["slug"] for row in shown] == ["will-it-rain", "will-it-hail"]
    closed = await ask.get("gamma", "/markets/keyset", closed="true")
    assert [row["slug"] for row in closed["markets"]] == ["will-it-snow", "will-it-thaw"]


async def test_market_rows_are_what_the_decoder_reads(ask: Asker) -> None:
    response = await ask.raw("gamma", "/markets/keyset", clob_token_ids=small.RAIN_YES)
    (market,), cursor = parse_markets(response.content)
    assert cursor is None
    assert market.condition_id == small.RAIN
    assert market.tick == PriceMicros(10_000)
    assert market.event_slug == "weather-tomorrow"


async def test_price_fields_of_a_row_follow_its_book(ask: Asker) -> None:
    row = await ask.get("gamma", "/markets/slug/will-it-rain")
    assert (row["bestBid"], row["bestAsk"], row["lastTradePrice"]) == (0.52, 0.541, 0.52)
    assert json.loads(row["outcomePrices"]) == ["0.5305", "0.4695"]


@pytest.mark.parametrize(
    ("params", "slugs"),
    [
        ({"condition_ids": [small.RAIN, small.OLD]}, ["will-it-rain"]),
        ({"id": ["9", "12"]}, ["will-it-rain", "will-it-hail"]),
        ({"slug": "will-it-hail"}, ["will-it-hail"]),
        ({"tag_id": "7"}, ["will-it-rain"]),
        ({"volume_num_min": 9, "volume_num_max": 9}, ["will-it-rain"]),
        ({"end_date_max": "2026-09-30T00:00:00Z"}, []),
        ({"version": ["v1"]}, ["will-it-rain"]),
        ({"condition_ids": f"{small.RAIN},{small.OLD}"}, []),
    ],
)
async def test_market_filters(ask: Asker, params: dict[str, Any], slugs: list[str]) -> None:
    page = await ask.get("gamma", "/markets/keyset", **params)
    assert [row["slug"] for row in page["markets"]] == slugs


async def test_text_volume_sorts_wrongly_as_at_the_venue(ask: Asker) -> None:
    async def order(name: str) -> list[str]:
        params = {"closed": "true", "order": name, "ascending": "true"}
        page = await ask.get("gamma", "/markets/keyset", **params)
        return [row["volume"] for row in page["markets"]]

    assert await order("volumeNum") == ["10", "11"]
    falling = {"closed": "true", "order": "volumeNum", "ascending": "false"}
    page = await ask.get("gamma", "/markets/keyset", **falling)
    assert [row["volume"] for row in page["markets"]] == ["11", "10"]


async def test_unknown_sort_names_are_refused(ask: Asker) -> None:
    response = await ask.raw("gamma", "/markets/keyset", order="volume_num")
    assert response.status_code == 422


async def test_keyset_pages_end_without_a_cursor_and_cursors_are_bound(ask: Asker) -> None:
    first = await ask.get("gamma", "/markets/keyset", limit=1)
    cursor = first["next_cursor"]
    last = await ask.get("gamma", "/markets/keyset", limit=1, after_cursor=cursor)
    assert [row["id"] for row in first["markets"] + last["markets"]] == ["9", "12"]
    assert "next_cursor" not in last
    foreign = await ask.raw("gamma", "/markets/keyset", closed="true", after_cursor=cursor)
    assert foreign.status_code == 422


async def test_tags_come_only_with_include_tag(ask: Asker) -> None:
    assert "tags" not in await ask.get("gamma", "/markets/9")
    assert (await ask.get("gamma", "/markets/9", include_tag="true"))["tags"][0]["id"] == "7"
    assert (await ask.get("gamma", "/markets/9/tags"))[0]["slug"] == "weather"


async def test_events_and_their_singles(ask: Asker) -> None:
    response = await ask.raw("gamma", "/events/keyset")
    markets, _ = parse_events(response.content)
    assert small.RAIN in {market.condition_id for market in markets}
    bare = await ask.get("gamma", "/events/keyset", include_markets="false")
    assert "markets" not in bare["events"][0]
    assert (await ask.get("gamma", "/events"))[0]["id"] == "500"
    assert (await ask.get("gamma", "/events/500"))["slug"] == "weather-tomorrow"
    assert (await ask.get("gamma", "/events/slug/weather-tomorrow"))["id"] == "500"
    assert (await ask.get("gamma", "/events/500/tags"))[0]["id"] == "7"


async def test_search_has_the_venues_shape(ask: Asker) -> None:
    response = await ask.raw("gamma", "/public-search", q="RAIN tomorrow", search_tags="true")
    body = response.json()
    assert set(body) == {"events", "tags", "profiles", "pagination"}
    assert body["pagination"] == {"hasMore": False, "totalResults": 1}
    assert body["tags"] == [{"id": "7", "label": "Weather", "slug": "weather", "event_count": 1}]
    assert [m.slug for m in parse_search(response.content)][:1] == ["will-it-rain"]
    nothing = await ask.get("gamma", "/public-search", q="earthquake")
    assert nothing["events"] is None
    people = await ask.get("gamma", "/public-search", q="name bb", search_profiles="true")
    assert people["profiles"][0]["proxyWallet"] == small.BOB
    assert (await ask.raw("gamma", "/public-search")).status_code == 422


async def test_tags_of_recorded_rows_are_listed(ask: Asker) -> None:
    assert await ask.get("gamma", "/tags") == [{"id": "7", "label": "Weather", "slug": "weather"}]
    assert (await ask.get("gamma", "/tags/slug/weather"))["id"] == "7"


@pytest.mark.parametrize(
    "path", ["/markets/77", "/markets/slug/none", "/events/77", "/tags/77", "/nothing/here"]
)
async def test_unknown_gamma_things_are_not_found(ask: Asker, path: str) -> None:
    response = await ask.raw("gamma", path)
    assert response.status_code == 404
    assert "error" in response.json()


# CLOB


async def test_time_is_the_recordings_and_runs_on_after_its_end(ask: Asker) -> None:
    response = await ask.raw("clob", "/time")
    passed = parse_time(response.content) // 1_000_000_000 - small.START_S
    assert 61 <= passed < 661
    assert await ask.get("clob", "/ok") == "OK"
    assert await ask.get("clob", "/version") == {"version": 2}


async def test_a_book_has_the_examples_keys_and_a_true_hash(ask: Asker) -> None:
    response = await ask.raw("clob", "/book", token_id=small.RAIN_YES)
    assert list(response.json()) == list(example("clob-book.json"))
    (book,) = parse_books(response.content)
    assert book.hash_ok is True
    assert max(book.bids)[0] == 520_000


async def test_books_leave_out_ids_without_a_book(ask: Asker) -> None:
    body = [{"token_id": token} for token in (small.RAIN_NO, UNKNOWN, small.RAIN_YES)]
    found = [book["asset_id"] for book in await ask.post("/books", body)]
    assert found == [small.RAIN_NO, small.RAIN_YES]
    listed = await ask.get("clob", "/books", token_ids=f"{small.RAIN_NO},{UNKNOWN}")
    assert [book["asset_id"] for book in listed] == [small.RAIN_NO]
    assert await ask.post("/books", {"params": body}) == []


async def test_prices_of_one_token(ask: Asker) -> None:
    token = small.RAIN_YES
    assert await ask.get("clob", "/price", token_id=token, side="BUY") == {"price": "0.52"}
    assert await ask.get("clob", "/price", token_id=token, side="sell") == {"price": "0.541"}
    assert await ask.get("clob", "/midpoint", token_id=token) == {"mid": "0.5305"}
    assert await ask.get("clob", "/spread", token_id=token) == {"spread": "0.021"}
    last = await ask.get("clob", "/last-trade-price", token_id=token)
    assert last == {"price": "0.52", "side": "BUY"}
    assert (await ask.get("clob", "/last-trade-price", token_id=small.RAIN_NO))["side"] == ""
    assert await ask.get("clob", "/tick-size", token_id=token) == {"minimum_tick_size": 0.001}
    assert await ask.get("clob", "/neg-risk", token_id=token) == {"neg_risk": False}
    assert await ask.get("clob", "/fee-rate", token_id=token) == {"base_fee": 0}


async def test_prices_of_many_tokens(ask: Asker) -> None:
    body = [{"token_id": small.RAIN_YES, "side": "BUY"}, {"token_id": UNKNOWN, "side": "SELL"}]
    assert await ask.post("/prices", body) == {small.RAIN_YES: {"BUY": "0.52"}}
    assert (await ask.get("clob", "/prices"))[small.RAIN_YES] == {"BUY": "0.52", "SELL": "0.541"}
    assert await ask.post("/midpoints", body) == {small.RAIN_YES: "0.5305"}
    assert await ask.post("/spreads", body) == {small.RAIN_YES: "0.021"}
    last = {"token_id": small.RAIN_YES, "price": "0.52", "side": "BUY"}
    assert await ask.post("/last-trades-prices", body) == [last]


@pytest.mark.parametrize(
    "path", ["/book", "/midpoint", "/spread", "/last-trade-price", "/tick-size", "/neg-risk"]
)
async def test_an_unknown_token_is_404_and_a_foreign_id_400(ask: Asker, path: str) -> None:
    assert (await ask.raw("clob", path, token_id=UNKNOWN)).status_code == 404
    refused = await ask.raw("clob", path, token_id="0xabc")
    assert refused.status_code == 400
    assert set(refused.json()) == {"error"}


async def test_price_needs_a_side(ask: Asker) -> None:
    response = await ask.raw("clob", "/price", token_id=small.RAIN_YES)
    assert response.status_code == 400


async def test_more_than_500_ids_are_refused(ask: Asker) -> None:
    body = [{"token_id": str(n)} for n in range(501)]
    response = await ask.http.post(f"{ask.urls.clob}/books", json=body)
    assert response.status_code == 400


async def test_history_of_one_and_many_tokens(ask: Asker) -> None:
    params: dict[str, Any] = {"market": small.RAIN_YES, "interval": "1h", "fidelity": 1}
    response = await ask.raw("clob", "/prices-history", **params)
    assert set(response.json()["history"][0]) == set(
        example("clob-prices-history.json")["history"][0]
    )
    assert len(parse_prices_history(response.content)) == 2
    window = {"start_ts": small.START_S - 60, "end_ts": small.START_S + 5, "fidelity": 1}
    batch = await ask.post(
        "/batch-prices-history", {"markets": [small.RAIN_YES, UNKNOWN], **window}
    )
    assert [point["p"] for point in batch["history"][small.RAIN_YES]] == [0.535]
    assert batch["history"][UNKNOWN] == []


async def test_history_windows_are_checked(ask: Asker) -> None:
    long = {"market": small.RAIN_YES, "startTs": 1, "endTs": 2 + 15 * 86_400}
    assert (await ask.raw("clob", "/prices-history", **long)).status_code == 400
    assert (await ask.raw("clob", "/prices-history", market=small.RAIN_YES)).status_code == 400
    both = {"markets": ["1"] * 21, "start_ts": 1, "end_ts": 2}
    response = await ask.http.post(f"{ask.urls.clob}/batch-prices-history", json=both)
    assert response.status_code == 400


async def test_clob_markets_name_the_winner(ask: Asker) -> None:
    body = await ask.get("clob", f"/markets/{small.SNOW}")
    assert set(body) == set(example("clob-markets-by-condition-resolved.json"))
    assert [token["winner"] for token in body["tokens"]] == [False, True]
    assert [token["price"] for token in body["tokens"]] == [0, 1]


async def test_clob_market_lists_and_parameters(ask: Asker) -> None:
    page = await ask.get("clob", "/markets")
    assert (page["next_cursor"], page["count"]) == ("LTE=", 4)
    assert set(page) == set(example("clob-markets-page.json"))
    after_the_end = await ask.get("clob", "/markets", next_cursor="LTE=")
    assert after_the_end["data"] == []
    brief = await ask.get("clob", f"/clob-markets/{small.RAIN}")
    assert brief["fd"] == {"r": 0.05, "e": 1, "to": True}
    assert brief["mts"] == 0.001
    assert "nr" not in brief
    ids = await ask.get("clob", f"/markets-by-token/{small.RAIN_NO}")
    assert ids["condition_id"] == small.RAIN
    missing = await ask.raw("clob", "/markets/0x" + "9" * 64)
    assert missing.status_code == 404


# Data API v2


async def test_trades_have_the_examples_keys(ask: Asker) -> None:
    response = await ask.raw("data", "/v2/trades", taker_only="false")
    body = response.json()
    assert set(body["data"][0]) == set(example("data-v2-trades.json")["data"][0])
    assert set(body["pagination"]) == set(example("data-v2-trades.json")["pagination"])
    trades, cursor = parse_trades(response.content)
    assert cursor is None
    assert [trade.wallet[2] for trade in trades] == ["c", "a", "b", "a"]


@pytest.mark.parametrize(
    ("params", "owners"),
    [
        ({}, "caa"),
        ({"taker_only": "false"}, "caba"),
        ({"takerOnly": "false", "user": small.BOB.upper().replace("0X", "0x")}, "b"),
        ({"condition": small.SNOW}, "c"),
        ({"condition_id": f"{small.SNOW},{small.RAIN}"}, "caa"),
        ({"event_id": "500"}, "caa"),
        ({"event_id": "1"}, ""),
        ({"side": "SELL"}, "a"),
        ({"filter_type": "CASH", "filter_amount": "20"}, "aa"),
        ({"user": small.ALICE, "start": small.START_S + 1}, "a"),
        ({"user": small.ALICE, "end": small.START_S}, "a"),
        ({"user": NOBODY}, ""),
        ({"user": f"{small.ALICE},{small.BOB}"}, ""),
    ],
)
async def test_trade_filters(ask: Asker, params: dict[str, Any], owners: str) -> None:
    body = await ask.get("data", "/v2/trades", **params)
    assert "".join(row["proxy_wallet"][2] for row in body["data"]) == owners


async def test_a_walk_through_pages_meets_every_row_once(ask: Asker) -> None:
    seen, cursor = [], None
    for _ in range(4):
        params = {"taker_only": "false", "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = await ask.get("data", "/v2/trades", **params)
        seen += [row["proxy_wallet"][2] for row in page["data"]]
        cursor = page["pagination"]["next_cursor"]
        assert page["pagination"]["has_more"] is (cursor is not None)
    assert "".join(seen) == "caba"
    assert cursor is None


async def test_activity_includes_the_takers_fee(ask: Asker) -> None:
    body = await ask.get("data", "/v2/activity", user=small.ALICE)
    assert set(body["data"][0]) == set(example("data-v2-activity.json")["data"][0])
    assert [row["usdc_size"] for row in body["data"]] == [24, 51.25]
    rising = await ask.get("data", "/v2/activity", user=small.ALICE, sort_direction="ASC")
    assert [row["side"] for row in rising["data"]] == ["BUY", "SELL"]
    none = await ask.get("data", "/v2/activity", user=small.ALICE, type="REDEEM,SPLIT")
    assert none["data"] == []


async def test_positions_have_the_examples_keys_and_add_up(ask: Asker) -> None:
    response = await ask.raw("data", "/v2/positions", user=small.ALICE)
    (row,) = response.json()["data"]
    assert set(row) == set(example("data-v2-positions.json")["data"][0])
    assert (row["current_size"], row["avg_price"], row["realized_pnl"]) == (60, 0.5, 4)
    assert row["current_price"] == 0.5305
    assert row["total_pnl"] == round(4 + 60 * 0.5305 - 30, 6)
    assert row["opposite_token_id"] == small.RAIN_NO
    (held,), _ = parse_positions(response.content)
    assert held.token_id == small.RAIN_YES


@pytest.mark.parametrize(
    ("status", "count"),
    [("OPEN", 1), ("REDEEMABLE", 1), ("REDEEMABLE_LOST", 1), ("MERGEABLE", 0), ("CLOSED", 0)],
)
async def test_a_lost_position_stays_open_and_redeemable(
    ask: Asker, status: str, count: int
) -> None:
    body = await ask.get("data", "/v2/positions", user=small.CAROL, status=status)
    assert len(body["data"]) == count
    assert {row["current_price"] for row in body["data"]} <= {0}


async def test_positions_of_a_market_and_value_of_a_wallet(ask: Asker) -> None:
    body = await ask.get("data", "/v2/positions", condition=small.RAIN)
    assert [row["proxy_wallet"][2] for row in body["data"]] == ["b", "a"]
    value = await ask.get("data", "/v2/value", user=small.ALICE)
    assert value == {"data": {"proxy_wallet": small.ALICE, "value": 31.83}}
    assert (await ask.get("data", "/v2/value", user=NOBODY))["data"]["value"] == 0


async def test_the_leaderboard_and_one_standing(ask: Asker) -> None:
    response = await ask.raw("data", "/v2/leaderboard")
    rows = response.json()["data"]
    assert set(rows[0]) == set(example("data-v2-leaderboard.json")["data"][0])
    assert [(row["rank"], row["user_id"][2]) for row in rows] == [(1, "a"), (2, "c"), (3, "b")]
    assert len(parse_leaderboard(response.content)[0]) == 3
    by_volume = await ask.get("data", "/v2/leaderboard", sort_by="VOLUME", limit=1)
    assert by_volume["data"][0]["volume"] == 140
    standing = await ask.get("data", "/v2/leaderboard", user=small.BOB)
    assert set(standing["data"]) == set(example("data-v2-leaderboard-user.json")["data"])
    assert (await ask.get("data", "/v2/leaderboard", user=NOBODY))["data"] is None


async def test_price_history_by_interval_window_and_moment(ask: Asker) -> None:
    token = small.RAIN_YES
    body = await ask.get("data", "/v2/prices-history", token_id=token, interval="1h")
    assert set(body["data"][0]) == set(example("data-v2-prices-history.json")["data"][0])
    assert [point["price"] for point in body["data"]] == [0.535, 0.5305]
    early = await ask.get("data", "/v2/prices-history", token_id=token, as_of=small.START_S + 5)
    assert [point["price"] for point in early["data"]] == [0.535]
    window = {"start": small.START_S - 60, "end": small.START_S + 5}
    some = await ask.get("data", "/v2/prices-history", token_id=token, **window)
    assert len(some["data"]) == 1


async def test_tokens_resolve_ids(ask: Asker) -> None:
    body = await ask.get("data", "/v2/tokens", token_id=f"{small.SNOW_NO},{UNKNOWN}")
    (row,) = body["data"]
    assert (row["outcome"], row["final_price"], row["event_slug"]) == ("No", 1, "weather-tomorrow")
    both = await ask.get("data", "/v2/tokens", condition=small.RAIN)
    assert [row["token_id"] for row in both["data"]] == [small.RAIN_YES, small.RAIN_NO]


async def test_status_has_the_examples_shape(ask: Asker) -> None:
    body = (await ask.get("data", "/v2/status"))["data"]
    known = example("data-v2-status.json")["data"]
    assert set(body) == set(known)
    assert set(body["ingestion"]) == set(known["ingestion"])
    assert body["serving"]["lag_seconds"] == 55


@pytest.mark.parametrize(
    ("path", "params", "parameter"),
    [
        ("/v2/trades", {"offset": 1}, "offset"),
        ("/v2/trades", {"limit": 1001}, "limit"),
        ("/v2/trades", {"limit": 0}, "limit"),
        ("/v2/trades", {"user": "alice"}, "user"),
        ("/v2/trades", {"condition": "0x12"}, "condition"),
        ("/v2/trades", {"condition": small.RAIN, "event_id": 1}, "event_id"),
        ("/v2/trades", {"cursor": "nonsense"}, "cursor"),
        ("/v2/trades", {"taker_only": "maybe"}, "taker_only"),
        ("/v2/trades", {"filter_amount": "much"}, "filter_amount"),
        ("/v2/activity", {}, "user"),
        ("/v2/activity", {"user": small.ALICE, "type": "GIFT"}, "type"),
        ("/v2/positions", {}, "user"),
        ("/v2/positions", {"condition": small.RAIN, "status": "MERGEABLE"}, "user"),
        ("/v2/value", {}, "user"),
        ("/v2/leaderboard", {"time_period": "year"}, "time_period"),
        ("/v2/prices-history", {"token_id": "1"}, "interval"),
    ],
)
async def test_wrong_requests_get_the_v2_error_body(
    ask: Asker, path: str, params: dict[str, Any], parameter: str
) -> None:
    response = await ask.raw("data", path, **params)
    assert response.status_code == 400
    body = response.json()
    assert body["parameter"] == parameter
    assert (body["code"], body["retryable"]) == ("invalid_request", False)
    assert response.headers["x-trace-id"] == body["trace_id"]


async def test_a_cursor_of_another_route_is_refused(ask: Asker) -> None:
    page = await ask.get("data", "/v2/leaderboard", limit=1)
    cursor = page["pagination"]["next_cursor"]
    assert (await ask.raw("data", "/v2/trades", cursor=cursor)).status_code == 400


async def test_an_unknown_data_route_is_not_found(ask: Asker) -> None:
    response = await ask.raw("data", "/v2/other")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


async def test_the_same_question_gets_the_same_answer(ask: Asker) -> None:
    for host, path in (("gamma", "/events"), ("data", "/v2/leaderboard"), ("clob", "/markets")):
        first, second = await ask.raw(host, path), await ask.raw(host, path)
        assert first.content == second.content
