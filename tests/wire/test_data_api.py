"""Data API rows, in both versions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from polydesk.domain.events import WalletTraded
from polydesk.domain.frames import RTDS, Frame
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.data_api import (
    parse_leaderboard,
    parse_positions,
    parse_trades,
)
from polydesk.venues.polymarket.wire.decoder import Decoder

T0 = 1_790_000_000_000_000_000


def answer(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"data": rows}).encode()


@pytest.fixture
def rows(example: Callable[[str], bytes]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(example("data-v2-activity.json"))["data"]
    return found


def test_activity_row_becomes_a_repair(rows: list[dict[str, Any]]) -> None:
    [event] = Decoder().decode(Frame("rest:data/activity", T0, answer(rows[:1])))
    assert isinstance(event, WalletTraded)
    assert (event.is_repair, event.source, event.name) == (True, "data", "jaboobelite")
    assert (event.price, event.size) == (520_000, 22_840_000)
    assert event.ts_event == 1_789_381_477_000_000_000


def test_unrounded_price_is_rounded_to_micros(example: Callable[[str], bytes]) -> None:
    trades, cursor = parse_trades(example("data-v1-activity.json"), T0)
    assert [trade.price for trade in trades] == [480_000, 480_000]
    assert cursor is None


def test_rest_row_has_the_identity_of_the_rtds_row(example: Callable[[str], bytes]) -> None:
    envelope = json.loads(example("rtds-activity-trades.json"))[0]
    payload = envelope["payload"]
    row = {
        "proxy_wallet": payload["proxyWallet"].lower(), "token_id": payload["asset"],
        "condition_id": payload["conditionId"], "side": payload["side"],
        "size": payload["size"], "price": payload["price"], "timestamp": payload["timestamp"],
        "transaction_hash": payload["transactionHash"],
    }  # fmt: skip
    decoder = Decoder()
    [live] = decoder.decode(Frame(RTDS, T0, json.dumps(envelope).encode()))
    [[repair], _] = parse_trades(answer([row]))
    assert isinstance(live, WalletTraded)
    assert repair.trade_id == live.trade_id
    assert decoder.decode(Frame("rest:data/trades", T0, answer([row]))) == []


def test_only_followed_wallets_and_trades_pass(rows: list[dict[str, Any]]) -> None:
    wallet = rows[0]["proxy_wallet"]
    body = answer(
        [
            rows[0],
            {**rows[0], "proxy_wallet": "0x" + "1" * 40},
            {**rows[0], "type": "REDEEM"},
            {**rows[0], "is_combo": True},
            {**rows[0], "condition_id": "0x" + "03" * 31, "slug": "x"},
            {**rows[0], "condition_id": "0x" + "01" * 31, "slug": ""},
        ]
    )
    decoder = Decoder(wallets={wallet})
    assert len(decoder.decode(Frame("rest:data/activity", T0, body))) == 1
    assert decoder.skipped == {"other wallet": 1, "REDEEM": 1, "combo": 3}
    assert decoder.decode_errors == 0


def test_binary_market_of_protocol_v2_is_no_combo(rows: list[dict[str, Any]]) -> None:
    row = {**rows[0], "condition_id": "0x" + "01" * 31}
    assert len(parse_trades(answer([row]))[0]) == 1


def test_broken_row_leaves_the_others(rows: list[dict[str, Any]]) -> None:
    decoder = Decoder()
    body = answer([{**rows[0], "price": 7}, rows[1], {"x": 1}])
    assert len(decoder.decode(Frame("rest:data/trades", T0, body))) == 1
    assert decoder.decode_errors == 1


def test_next_cursor_is_handed_on(example: Callable[[str], bytes]) -> None:
    rows, cursor = parse_leaderboard(example("data-v2-leaderboard.json"))
    assert cursor is not None
    assert cursor.startswith("eyJkYXRh")
    assert (rows[0].rank, rows[0].name, rows[0].pnl) == (1, "00gringo00", 2_492_743_867_760)


def test_leaderboard_of_version_one_ranks_by_text(example: Callable[[str], bytes]) -> None:
    rows, _ = parse_leaderboard(example("data-v1-leaderboard.json"))
    assert [row.rank for row in rows] == [1, 2, 16]
    assert rows[0].volume == 43_013_258_515_682


def test_position_values(example: Callable[[str], bytes]) -> None:
    rows, _ = parse_positions(example("data-v2-positions.json"))
    assert (rows[0].size, rows[0].average_price, rows[0].current_price) == (
        28_090_000, 669_900, 715_000,
    )  # fmt: skip
    assert (rows[0].status, rows[0].redeemable) == ("OPEN", False)


@pytest.mark.parametrize("parse", [parse_trades, parse_positions, parse_leaderboard])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":"x"}', b"3", b'{"data":'])
def test_foreign_body_is_refused(parse: Callable[[bytes], object], body: bytes) -> None:
    with pytest.raises(WireError):
        parse(body)


def test_empty_answers_are_empty() -> None:
    assert parse_trades(b"[]") == ([], None)
    assert parse_positions(b'{"data":null}') == ([], None)


def test_error_answer_is_counted_not_decoded() -> None:
    decoder = Decoder()
    body = b'{"error":"rate limited","code":"rate_limited","retryable":true}'
    assert decoder.decode(Frame("rest:data/trades", T0, body)) == []
    assert dict(decoder.unknown_kinds) == {"error answer rest:data/trades": 1}


def test_unknown_channel_is_counted() -> None:
    decoder = Decoder()
    assert decoder.decode(Frame("rest:nowhere", T0, b"{}")) == []
    assert dict(decoder.unknown_kinds) == {"channel rest:nowhere": 1}
    assert decoder.decode(Frame("control", T0, b"anything")) == []
    assert (decoder.frames, decoder.unknown_frames, decoder.decode_errors) == (2, 1, 0)
