"""Catalogue rows to markets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from polydesk.domain.events import MarketResolved, MarketsListed
from polydesk.domain.frames import Frame
from polydesk.domain.instruments import FeeSchedule, Market, MarketVersion
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.decoder import Decoder
from polydesk.venues.polymarket.wire.gamma import parse_events, parse_markets, parse_search

T0 = 1_790_000_000_000_000_000
ROW: dict[str, Any] = {
    "id": "7", "conditionId": "0x" + "cd" * 32, "question": "Rain?", "slug": "rain",
    "outcomes": '["Yes", "No"]', "clobTokenIds": '["11", "22"]', "outcomePrices": '["0.5", "0.5"]',
    "active": True, "closed": False,
}  # fmt: skip


def read(**fields: object) -> Market:
    [[market], _] = parse_markets(json.dumps([{**ROW, **fields}]).encode())
    return market


def tally(*rows: dict[str, Any]) -> Decoder:
    decoder = Decoder()
    decoder.decode(Frame("rest:gamma/markets", T0, json.dumps(list(rows)).encode()))
    return decoder


def test_open_market_with_both_ids_trades_by_version(example: Callable[[str], bytes]) -> None:
    [[market], _] = parse_markets(example("gamma-market-open-both-ids.json"))
    assert market.version is MarketVersion.V1
    assert market.outcomes[0].token_id.startswith("23305969272951306317")
    assert (market.tick, market.min_size, market.neg_risk) == (10_000, 5_000_000, True)
    assert market.fees == FeeSchedule(rate=50_000, exponent=1, taker_only=True)
    assert market.end_ns == 1_790_275_500_000_000_000
    assert market.volume == 1_111_647_718_016
    assert (market.accepting_orders, market.payouts) == (True, None)


def test_v2_market_trades_by_position_ids() -> None:
    ids = {"positionIds": ["33", "44"]}
    assert [o.token_id for o in read(version="v2", **ids).outcomes] == ["33", "44"]
    assert [o.token_id for o in read(version="v1", **ids).outcomes] == ["11", "22"]


def test_unknown_version_passes_through() -> None:
    assert read(version="v9").version is MarketVersion.OTHER


@pytest.mark.parametrize("field", ["outcomes", "clobTokenIds", "outcomePrices"])
def test_lists_may_be_arrays_or_texts(field: str) -> None:
    assert read(**{field: json.loads(ROW[field])}) == read()


def test_defaults_when_trading_fields_are_missing() -> None:
    market = read()
    assert (market.tick, market.min_size, market.fees) == (10_000, 5_000_000, FeeSchedule())


@pytest.mark.parametrize(
    ("prices", "payouts"),
    [
        ('["1", "0"]', (1_000_000, 0)),
        ('["0", "1"]', (0, 1_000_000)),
        ('["0.5", "0.5"]', (500_000, 500_000)),
        ('["0", "0"]', None),
        ('["0.9999999", "0.0000001"]', None),
        (
            '["0.9999999446889377616995000743179278", "0.00000005531106223830049992568207221142695"]',
            None,
        ),
        ('["0.6", "0.4"]', None),
        ("[1, 0.0]", (1_000_000, 0)),
        ("", None),
        (None, None),
    ],
)
def test_pay_out_needs_closed_and_exact_prices(
    prices: str | None, payouts: tuple[int, int] | None
) -> None:
    assert read(closed=True, outcomePrices=prices).payouts == payouts
    assert read(closed=False, outcomePrices=prices).payouts is None


def test_resolved_market_is_listed_and_resolved(example: Callable[[str], bytes]) -> None:
    body = example("gamma-market-resolved.json")
    listed, resolved = Decoder().decode(Frame("rest:gamma/markets", T0, body))
    assert isinstance(listed, MarketsListed)
    assert isinstance(resolved, MarketResolved)
    assert resolved.ts_event == 1_784_851_216_000_000_000
    assert sorted(payout for _, payout in resolved.payouts) == [0, 1_000_000]


def test_not_binary_and_tokenless_rows_are_dropped_and_counted() -> None:
    three = {**ROW, "outcomes": '["a","b","c"]'}
    bare = {**ROW, "clobTokenIds": None}
    decoder = tally(ROW, three, bare, {**bare, "clobTokenIds": ""})
    assert decoder.skipped == {"not binary": 1, "no tokens": 2}
    assert decoder.decode_errors == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"conditionId": None}, {"conditionId": "0x"}, {"clobTokenIds": '["11", "11"]'},
        {"clobTokenIds": '["11"]'}, {"clobTokenIds": "[1, 2]"}, {"clobTokenIds": '["1e5", "2"]'},
        {"outcomes": "nonsense"}, {"orderPriceMinTickSize": 0.003},
        {"orderMinSize": -5}, {"volumeNum": "NaN"},
        {"feeSchedule": {"rate": 0.07, "exponent": 1.5}}, {"feeSchedule": {"rate": 2}},
    ],
)  # fmt: skip
def test_malformed_row_is_an_error_and_leaves_the_others(fields: dict[str, object]) -> None:
    decoder = Decoder()
    body = json.dumps([{**ROW, **fields}, ROW]).encode()
    [listed] = decoder.decode(Frame("rest:gamma/markets", T0, body))
    assert isinstance(listed, MarketsListed)
    assert len(listed.markets) == 1
    assert decoder.decode_errors == 1


def test_nested_markets_know_their_event(example: Callable[[str], bytes]) -> None:
    markets, cursor = parse_events(example("gamma-events-offset-list.json"))
    assert cursor is None
    assert {market.event_id for market in markets} == {markets[0].event_id}
    assert markets[0].event_slug
    assert markets[0].event_title


def test_keyset_page_hands_on_its_cursor(example: Callable[[str], bytes]) -> None:
    markets, cursor = parse_markets(example("gamma-markets-keyset.json"))
    assert (len(markets), bool(cursor)) == (1, True)
    assert parse_markets(b'{"markets":[]}') == ([], None)


def test_search_reads_the_events_found(example: Callable[[str], bytes]) -> None:
    assert len(parse_search(example("gamma-public-search.json"))) == 1
    assert parse_search(b'{"events":null,"profiles":[null]}') == []


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"type":"error"}', b'{"markets":3}'])
def test_foreign_body_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_markets(body)


def test_market_terms_are_remembered_for_hashes() -> None:
    decoder = tally({**ROW, "orderMinSize": 15, "orderPriceMinTickSize": 0.001, "negRisk": True})
    info = decoder.market_info(ROW["conditionId"])
    assert info is not None
    assert (info.min_order_size, info.tick, info.neg_risk) == ("15", "0.001", True)


def test_hostile_texts_arrive_cleaned() -> None:
    market = read(question="a\x1b[31mb\u202e", outcomes=json.dumps(["Y\nes", "N\x00o"]))
    assert market.question == "a[31mb"
    assert [outcome.label for outcome in market.outcomes] == ["Y es", "No"]
