"""Every stored payload becomes the events expected of it, or stands in a table with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from polydesk.domain.events import Event
from polydesk.domain.frames import MARKET, RTDS, Frame
from polydesk.venues.polymarket.wire import clob, data_api
from polydesk.venues.polymarket.wire.decoder import Decoder

T0 = 1_790_000_000_000_000_000
BOOK, CHANGE, TRADE = "BookSnapshotReceived", "BookChanged", "WalletTraded"

DECODED: dict[str, tuple[str, list[str]]] = {
    "clob-book.json": ("rest:clob/book", [BOOK]),
    "data-v1-activity.json": ("rest:data/activity", [TRADE] * 2),
    "data-v2-activity.json": ("rest:data/activity", [TRADE] * 2),
    "data-v2-trades.json": ("rest:data/trades", [TRADE] * 2),
    "gamma-events-offset-list.json": ("rest:gamma/events", ["MarketsListed"]),
    "gamma-market-closed-nonbinary-legacy.json": ("rest:gamma/markets", ["MarketsListed"]),
    "gamma-market-open-both-ids.json": ("rest:gamma/markets", ["MarketsListed"]),
    "gamma-market-resolved.json": ("rest:gamma/markets", ["MarketsListed", "MarketResolved"]),
    "gamma-markets-keyset.json": ("rest:gamma/markets", ["MarketsListed", "MarketResolved"]),
    "gamma-public-search.json": ("rest:gamma/search", ["MarketsListed"]),
    "orderbook-hash-sequence.json": (MARKET, [BOOK, CHANGE, BOOK, CHANGE, BOOK]),
    "rtds-activity-trades.json": (RTDS, [TRADE] * 5),
    "ws-market-best_bid_ask.json": (MARKET, ["TouchReported"] * 2),
    "ws-market-book.json": (MARKET, [BOOK] * 3),
    "ws-market-last_trade_price.json": (MARKET, ["TradePrinted"]),
    "ws-market-market_resolved.docs-example.json": (MARKET, ["MarketResolved"]),
    "ws-market-new_market.json": (MARKET, ["MarketsListed"]),
    "ws-market-price_change.json": (MARKET, [CHANGE] * 3),
    "ws-market-tick_size_change.json": (MARKET, ["TickSizeChanged"]),
}
UNKNOWN_KINDS = {
    "rtds-crypto_prices-subscribe.json": "crypto_prices/subscribe",
    "rtds-crypto_prices-update.json": "crypto_prices/update",
    "rtds-equity_prices-subscribe.json": "equity_prices/subscribe",
}
PARSED: dict[str, tuple[Callable[[bytes], object], int]] = {
    "clob-prices-history.json": (clob.parse_prices_history, 7),
    "data-v2-prices-history.json": (clob.parse_prices_history, 2),
    "data-v1-positions.json": (lambda body: data_api.parse_positions(body)[0], 2),
    "data-v1-closed-positions.json": (lambda body: data_api.parse_positions(body)[0], 2),
    "data-v2-positions.json": (lambda body: data_api.parse_positions(body)[0], 2),
    "data-v2-positions-closed.json": (lambda body: data_api.parse_positions(body)[0], 2),
    "data-v1-leaderboard.json": (lambda body: data_api.parse_leaderboard(body)[0], 3),
    "data-v2-leaderboard.json": (lambda body: data_api.parse_leaderboard(body)[0], 2),
    "data-v2-leaderboard-user.json": (lambda body: data_api.parse_leaderboard(body)[0], 1),
}
_ROUTE = "a REST route the desk does not call"
_USER = "user channel: needs API credentials, which a desk without a key does not have"
NOT_READ: dict[str, str] = {
    "README.md": "tells where the payloads come from",
    "clob-batch-prices-history.json": "request and answer together, trimmed by its publisher",
    "clob-clob-markets.json": "Gamma rows carry the same trading parameters",
    "clob-markets-by-condition-resolved.json": "Gamma rows carry the resolution",
    "clob-markets-page.json": "Gamma lists the catalogue",
    "clob-small-responses.sdk-mocks.json": "several mock bodies in one file; see test_clob",
    "cmc-fear-and-greed.mock.json": "another company's API",
    "cmc-global-metrics.mock.json": "another company's API",
    "cmc-listings-latest.json": "another company's API",
    "data-v2-biggest-winners.json": _ROUTE,
    "data-v2-holders-include_pnl.json": _ROUTE,
    "data-v2-live-volume.json": _ROUTE,
    "data-v2-oi.json": _ROUTE,
    "data-v2-resolutions-pending.json": _ROUTE,
    "data-v2-resolutions.json": _ROUTE,
    "data-v2-status.json": _ROUTE,
    "data-v2-user-pnl.json": _ROUTE,
    "data-v2-user-stats.json": _ROUTE,
    "data-v2-user-volume.json": _ROUTE,
    "data-v2-value.json": _ROUTE,
    "gamma-comment.json": _ROUTE,
    "gamma-profile-by-user_address.json": _ROUTE,
    "gamma-public-profile.json": _ROUTE,
    "gamma-tags.json": _ROUTE,
    "polybolt-frames.json": "the reference price socket, which needs credentials",
    "ws-market-session-sample.json": "a collector's summary with frames inside; see test_market",
    "ws-sports-ended.docs-example.json": "the sports socket, not used",
    "ws-sports.json": "the sports socket, not used",
    "ws-user-order-cancellation.json": _USER,
    "ws-user-order-fok-killed.anonymised.json": _USER,
    "ws-user-order-invalid.anonymised.json": _USER,
    "ws-user-order-placement.json": _USER,
    "ws-user-order-update-matched.json": _USER,
    "ws-user-trade-maker-confirmed.json": _USER,
    "ws-user-trade-taker-matched-complement-maker.json": _USER,
    "ws-user-trade-taker-matched.json": _USER,
}


def decode(channel: str, text: bytes) -> tuple[Decoder, list[Event]]:
    decoder = Decoder()
    return decoder, decoder.decode(Frame(channel, T0, text))


def test_every_stored_payload_is_in_exactly_one_table(examples: Path) -> None:
    tables = [*DECODED, *UNKNOWN_KINDS, *PARSED, *NOT_READ]
    assert sorted(tables) == sorted(path.name for path in examples.iterdir())


@pytest.mark.parametrize("name", DECODED)
def test_payload_becomes_the_expected_events(name: str, example: Callable[[str], bytes]) -> None:
    channel, expected = DECODED[name]
    decoder, events = decode(channel, example(name))
    assert [type(event).__name__ for event in events] == expected
    assert (decoder.frames, decoder.decode_errors, decoder.unknown_frames) == (1, 0, 0)


@pytest.mark.parametrize("name", UNKNOWN_KINDS)
def test_foreign_topic_is_counted_by_kind(name: str, example: Callable[[str], bytes]) -> None:
    decoder, events = decode(RTDS, example(name))
    assert events == []
    assert dict(decoder.unknown_kinds) == {UNKNOWN_KINDS[name]: 1}
    assert (decoder.decode_errors, decoder.unknown_frames) == (0, 1)


@pytest.mark.parametrize("name", PARSED)
def test_answer_is_read_completely(name: str, example: Callable[[str], bytes]) -> None:
    parse, count = PARSED[name]
    rows = parse(example(name))
    assert isinstance(rows, list)
    assert len(rows) == count
