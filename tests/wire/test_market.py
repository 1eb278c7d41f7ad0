"""Market channel frames to events, value by value."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    MarketResolved,
    MarketsListed,
    TickSizeChanged,
    TouchReported,
    TradePrinted,
)
from polydesk.domain.frames import MARKET, Frame
from polydesk.domain.instruments import FeeSchedule, Side
from polydesk.venues.polymarket.wire.decoder import Decoder

T0 = 1_790_000_000_000_000_000
CONDITION = "0x" + "ab" * 32
CHANGE = {
    "market": CONDITION,
    "price_changes": [
        {"asset_id": "11", "price": "0.86", "size": "362.17", "side": "BUY", "hash": "h1",
         "best_bid": "0.86", "best_ask": "0.87"},
        {"asset_id": "22", "price": "0.14", "size": "0", "side": "SELL", "hash": "h2",
         "best_bid": "", "best_ask": "1"},
    ],
    "timestamp": "1776808414710",
    "event_type": "price_change",
}  # fmt: skip
BOOK = {
    "market": CONDITION, "asset_id": "11", "timestamp": "1776808414710", "hash": "",
    "bids": [{"price": "0.4", "size": "10"}], "asks": [{"price": "0.5", "size": "2.5"}],
    "tick_size": "0.01", "event_type": "book", "last_trade_price": "0.450",
}  # fmt: skip


def frame(value: object) -> Frame:
    return Frame(MARKET, T0, json.dumps(value, separators=(",", ":")).encode())


def changed(original: dict[str, object], **fields: object) -> dict[str, object]:
    return {**original, **fields}


def first_change(**fields: object) -> dict[str, object]:
    entries = CHANGE["price_changes"]
    return changed(CHANGE, price_changes=[{**entries[0], **fields}, entries[1]])  # type: ignore[dict-item]


def test_price_change_carries_both_tokens_in_micros() -> None:
    event = BookChanged(
        CONDITION, 1_776_808_414_710_000_000, T0,
        [("11", True, 860_000, 362_170_000, 860_000, 870_000, "h1"),
         ("22", False, 140_000, 0, None, 1_000_000, "h2")],
    )  # fmt: skip
    assert Decoder().decode(frame(CHANGE)) == [event]


def test_key_order_and_white_space_do_not_matter() -> None:
    reversed_keys = dict(reversed(list(CHANGE.items())))
    pretty = Frame(MARKET, T0, json.dumps(reversed_keys, indent=1).encode() + b"\n")
    assert Decoder().decode(pretty) == Decoder().decode(frame(CHANGE))


def test_integer_times_of_old_recordings_are_read() -> None:
    [event] = Decoder().decode(frame(changed(CHANGE, timestamp=1_776_808_414_710)))
    assert isinstance(event, BookChanged)
    assert event.ts_event == 1_776_808_414_710_000_000


def test_array_yields_the_events_in_order() -> None:
    events = Decoder().decode(frame([BOOK, CHANGE]))
    assert [type(event) for event in events] == [BookSnapshotReceived, BookChanged]


def test_good_elements_of_an_array_survive_a_broken_one() -> None:
    decoder = Decoder()
    events = decoder.decode(frame([BOOK, changed(BOOK, timestamp="soon"), CHANGE]))
    assert len(events) == 2
    assert (decoder.frames, decoder.decode_errors) == (1, 1)


def test_book_without_event_type_is_read_as_rest_sends_it() -> None:
    rest = {key: value for key, value in BOOK.items() if key != "event_type"}
    [event] = Decoder().decode(frame(changed(rest, min_order_size="15", neg_risk=True)))
    assert isinstance(event, BookSnapshotReceived)
    assert (event.bids, event.asks) == ([(400_000, 10_000_000)], [(500_000, 2_500_000)])
    assert (event.tick, event.last_trade, event.hash_ok) == (10_000, 450_000, None)


def test_book_without_a_trade_has_no_last_trade() -> None:
    [event] = Decoder().decode(frame(changed(BOOK, last_trade_price="")))
    assert isinstance(event, BookSnapshotReceived)
    assert event.last_trade is None


def test_decoder_remembers_the_terms_of_a_market() -> None:
    decoder = Decoder()
    decoder.decode(frame(changed(BOOK, min_order_size="15", neg_risk=True)))
    info = decoder.market_info(CONDITION)
    assert info is not None
    assert (info.min_order_size, info.tick, info.neg_risk) == ("15", "0.01", True)
    assert info.last_trade == "0.450"
    assert decoder.market_info("0xff") is None


def test_trade_print(example: Callable[[str], bytes]) -> None:
    [event] = Decoder().decode(Frame(MARKET, T0, example("ws-market-last_trade_price.json")))
    assert isinstance(event, TradePrinted)
    assert (event.price, event.size, event.side) == (2_000, 20_000_000, Side.SELL)
    assert event.transaction_hash.startswith("0x8ed4b95e")


def test_touch_report(example: Callable[[str], bytes]) -> None:
    event = Decoder().decode(Frame(MARKET, T0, example("ws-market-best_bid_ask.json")))[0]
    assert isinstance(event, TouchReported)
    assert (event.best_bid, event.best_ask) == (510_000, 520_000)


def test_tick_change(example: Callable[[str], bytes]) -> None:
    [event] = Decoder().decode(Frame(MARKET, T0, example("ws-market-tick_size_change.json")))
    assert isinstance(event, TickSizeChanged)
    assert event.tick == 1_000


def test_new_market_broadcast_is_listed(example: Callable[[str], bytes]) -> None:
    [event] = Decoder().decode(Frame(MARKET, T0, example("ws-market-new_market.json")))
    assert isinstance(event, MarketsListed)
    [market] = event.markets
    assert [outcome.label for outcome in market.outcomes] == ["Up", "Down"]
    assert market.outcomes[0].token_id.startswith("6708569619447829419748261905960579158995")
    assert market.min_size == 5_000_000
    assert (market.slug, market.event_id) == ("hype-updown-15m-1790865000", "1108872")
    assert market.fees == FeeSchedule(rate=70_000, exponent=1, taker_only=True)


def test_resolution_pays_the_winner(example: Callable[[str], bytes]) -> None:
    name = "ws-market-market_resolved.docs-example.json"
    [event] = Decoder().decode(Frame(MARKET, T0, example(name)))
    assert isinstance(event, MarketResolved)
    assert [payout for _, payout in event.payouts] == [1_000_000, 0]
    assert event.payouts[0][0].startswith("7604307375665")


def test_collected_samples_are_read_one_by_one(example: Callable[[str], bytes]) -> None:
    decoder = Decoder()
    for sample in json.loads(example("ws-market-session-sample.json"))["samples"]:
        assert len(decoder.decode(frame(sample))) == 1
    assert decoder.decode_errors == 0


@pytest.mark.parametrize("text", [b"", b"PING", b"PONG", b"ping", b" \n"])
def test_heartbeats_are_silent(text: bytes) -> None:
    decoder = Decoder()
    assert decoder.decode(Frame(MARKET, T0, text)) == []
    assert (decoder.frames, decoder.decode_errors, decoder.unknown_frames) == (1, 0, 0)


def test_unknown_kind_is_counted_by_name_and_cleaned() -> None:
    decoder = Decoder()
    assert decoder.decode(frame({"event_type": "so\u202enew\x1b[2J"})) == []
    assert dict(decoder.unknown_kinds) == {"sonew[2J": 1}


def test_number_of_unknown_names_is_bounded() -> None:
    decoder = Decoder()
    for n in range(500):
        decoder.decode(frame({"event_type": f"kind{n}"}))
    assert len(decoder.unknown_kinds) == 201
    assert sum(decoder.unknown_kinds.values()) == 500


BAD_NUMBERS = [
    "NaN", "inf", "1e999", "1e-1", " 0.5 ", "0.5\n", "1_0", "\u0660.\u0665", "0x1", "", "-0.5",
    "1.01", "0.1234567", "+0.5", "0,5", None, 0.5, True, [], "0", "1",
]  # fmt: skip


@pytest.mark.parametrize("price", BAD_NUMBERS)
def test_bad_level_price_is_an_error_and_kept(price: object) -> None:
    decoder = Decoder()
    bad = frame(first_change(price=price))
    assert decoder.decode(bad) == []
    assert decoder.decode_errors == 1
    assert list(decoder.broken) == [(MARKET, T0, bad.text)]


@pytest.mark.parametrize("size", ["-1", "NaN", "1e9", " 1", "\uff11", "9" * 20, None, 5])
def test_bad_size_is_an_error(size: object) -> None:
    decoder = Decoder()
    assert decoder.decode(frame(first_change(size=size))) == []
    assert decoder.decode_errors == 1


@pytest.mark.parametrize("touch", ["-0.1", "1.1", "NaN", " 0.5", None])
def test_bad_touch_is_an_error(touch: object) -> None:
    decoder = Decoder()
    assert decoder.decode(frame(first_change(best_bid=touch))) == []
    assert decoder.decode_errors == 1


@pytest.mark.parametrize(
    "stamp",
    ["", "0", "1577836799999", "4102444800001", "177680841471", "17768084147100", "1_76808414710",
     " 776808414710", "\uff1176808414710", "-177680841471", 5, -1, 2**70, 1.5, None, True],
)  # fmt: skip
def test_time_off_the_grammar_or_window_is_an_error(stamp: object) -> None:
    decoder = Decoder()
    assert decoder.decode(frame(changed(CHANGE, timestamp=stamp))) == []
    assert decoder.decode_errors == 1


@pytest.mark.parametrize("key", ["market", "price_changes", "timestamp"])
def test_missing_field_is_an_error(key: str) -> None:
    decoder = Decoder()
    assert decoder.decode(frame({k: v for k, v in CHANGE.items() if k != key})) == []
    assert decoder.decode_errors == 1


@pytest.mark.parametrize("side", ["buy", "Buy", "HOLD", "", None])
def test_unknown_side_is_an_error(side: object) -> None:
    decoder = Decoder()
    assert decoder.decode(frame(first_change(side=side))) == []
    assert decoder.decode_errors == 1


@pytest.mark.parametrize(
    "levels",
    [
        [{"price": "0.4", "size": "0"}],
        [{"price": "0.4", "size": "-1"}],
        [{"price": "0.4"}],
        [{"price": "0.4", "size": "1"}, {"price": "0.40", "size": "2"}],
        {"0.4": "1"},
    ],
)
def test_bad_book_level_is_an_error(levels: object) -> None:
    decoder = Decoder()
    assert decoder.decode(frame(changed(BOOK, bids=levels))) == []
    assert decoder.decode_errors == 1


@pytest.mark.parametrize("tick", ["0", "1", "0.003", "-0.01", "2"])
def test_impossible_tick_is_an_error(tick: str) -> None:
    decoder = Decoder()
    assert decoder.decode(frame(changed(BOOK, tick_size=tick))) == []
    assert decoder.decode_errors == 1


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"null",
        b'"book"',
        b"[" * 50_000,
        b'{"event_type":"book","x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"event_type":"book","market":"\xff"}',
        b'{"event_type":"book","market":"\\ud800"}',
        b'{"event_type":7}',
        b'{"market":NaN,"event_type":"price_change"}',
        b'[{"a":1}',
        b'x,"event_type":"price_change"}',
    ],
)
def test_broken_text_is_one_error(text: bytes) -> None:
    decoder = Decoder()
    assert decoder.decode(Frame(MARKET, T0, text)) == []
    assert (decoder.frames, decoder.decode_errors, decoder.unknown_frames) == (1, 1, 0)


def test_only_the_last_hundred_broken_frames_are_kept() -> None:
    decoder = Decoder()
    for n in range(150):
        decoder.decode(Frame(MARKET, n, b"{"))
    assert [ts for _, ts, _ in decoder.broken] == list(range(50, 150))
    assert decoder.decode_errors == 150
