"""CLOB answers and the texts we send."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple

import pytest

from polydesk.errors import WireError
from polydesk.venues.polymarket.urls import Hosts
from polydesk.venues.polymarket.wire import subscribe
from polydesk.venues.polymarket.wire.clob import parse_books, parse_prices_history, parse_time


def test_full_book_is_proved_by_its_hash(example: Callable[[str], bytes]) -> None:
    [book] = parse_books(example("clob-book.json"), 5)
    assert (len(book.bids), book.bids[-1]) == (28, (570_000, 145_296_730_000))
    assert book.asks[-1][0] == min(price for price, _ in book.asks)
    assert (book.hash_ok, book.ts_init, book.tick) == (True, 5, 10_000)


def test_array_of_books_is_read(example: Callable[[str], bytes]) -> None:
    body = b"[" + example("clob-book.json") + b"]"
    assert parse_books(body) == parse_books(example("clob-book.json"))


@pytest.mark.parametrize("body", [b"", b"{}", b"[{}]", b'{"error":"No orderbook exists"}'])
def test_foreign_body_is_no_book(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_books(body)


def test_price_history_of_both_hosts(example: Callable[[str], bytes]) -> None:
    clob = parse_prices_history(example("clob-prices-history.json"))
    assert clob[0] == (1_789_660_814_000_000_000, 515_000)
    data = parse_prices_history(example("data-v2-prices-history.json"))
    assert data == sorted(data)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"history":[{"t":1,"p":0.5}]}'])
def test_foreign_body_is_no_history(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_prices_history(body)


def test_time_is_read_as_nanoseconds() -> None:
    assert parse_time(b"1764612536") == 1_764_612_536_000_000_000
    for body in (b"", b'"x"', b"17", b"1e99"):
        with pytest.raises(WireError):
            parse_time(body)


def test_market_subscription_as_recorded(example: Callable[[str], bytes]) -> None:
    wanted = json.loads(example("ws-market-session-sample.json"))["subscribe"]
    assert json.loads(subscribe.build_market_subscription(wanted["assets_ids"])) == wanted


def test_market_update_names_its_operation() -> None:
    text = subscribe.build_market_update("unsubscribe", ["1"], custom=False)
    assert json.loads(text) == {
        "operation": "unsubscribe", "assets_ids": ["1"], "custom_feature_enabled": False,
    }  # fmt: skip


def test_rtds_subscription_asks_for_both_types() -> None:
    message = json.loads(subscribe.build_rtds_subscription())
    assert message["action"] == "subscribe"
    assert [s["type"] for s in message["subscriptions"]] == ["trades", "orders_matched"]
    assert {s["topic"] for s in message["subscriptions"]} == {"activity"}


def test_production_hosts_have_no_trailing_slash() -> None:
    hosts = Hosts()
    for address in astuple(hosts):
        assert address.startswith(("https://", "wss://"))
        assert not address.endswith("/")
