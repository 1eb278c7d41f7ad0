"""Our own orders and fills, from the user channel and from REST."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polydesk.domain.fills import Liquidity
from polydesk.domain.instruments import Side
from polydesk.domain.units import format_micros
from polydesk.domain.venue import TradeStatus, VenueFill, VenueOrder, VenueOrderStatus
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.user import (
    OwnIdentity,
    read_order,
    read_orders,
    read_trades,
    read_user_frame,
)
from polydesk.venues.polymarket.wire.user_orders import order_status, time_ns

KEY = "3e2c94ca-8124-c4c1-c7ea-be1ea21b71fe"
WALLET = "0xa3d82ed56f4c68d2328fb8c29e568ba2caf7d7c8"
NOBODY = "0x" + "0" * 40
OWN = OwnIdentity(KEY, frozenset({WALLET}))
YES, NO = "111", "222"
MARKET = "0x" + "ab" * 32
S = 1_000_000_000

Example = Callable[[str], bytes]


def order(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "0x" + "1" * 64, "market": MARKET, "asset_id": YES, "side": "BUY", "price": "0.513",
        "original_size": "5", "size_matched": "0", "status": "ORDER_STATUS_LIVE", "owner": KEY,
        "maker_address": WALLET, "order_type": "GTC", "created_at": 1795000000,
        "expiration": "0", "associate_trades": [], "outcome": "Yes",
    }  # fmt: skip
    return row | changes


def maker(**changes: Any) -> dict[str, Any]:
    row = {
        "order_id": "0x" + "a" * 64, "owner": KEY, "maker_address": WALLET, "matched_amount": "3",
        "price": "0.4", "asset_id": NO, "outcome": "No", "side": "BUY", "fee_rate_bps": "",
    }  # fmt: skip
    return row | changes


def trade(*makers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    row = {
        "id": "t-1", "taker_order_id": "0x" + "b" * 64, "market": MARKET, "asset_id": YES,
        "side": "BUY", "size": "5.0000", "price": "0.6", "status": "TRADE_STATUS_MATCHED",
        "match_time": "1795000000", "owner": "someone", "maker_address": "0x" + "9" * 40,
        "trader_side": "MAKER", "transaction_hash": "", "maker_orders": list(makers),
    }  # fmt: skip
    return row | changes


def text(value: Any) -> bytes:
    return json.dumps(value).encode()


def one_order(row: dict[str, Any]) -> VenueOrder:
    [found] = read_orders(text([row]), OWN).rows
    return found


def legs(*rows: dict[str, Any], own: OwnIdentity = OWN) -> list[VenueFill]:
    found = read_trades(text(list(rows)), own)
    assert found.broken == []
    return found.rows


def refusal(row: dict[str, Any], read: Callable[..., Any] = read_orders) -> str:
    """Read a bad row between two good neighbours and return why it was left out."""
    good = order() if read is read_orders else trade(maker())
    found = read(text([good, row, good]), OWN)
    assert len(found.rows) == 2
    [why] = found.broken
    return str(why)


# Recorded frames


@pytest.mark.parametrize(
    ("name", "status", "matched"),
    [
        ("ws-user-order-placement", VenueOrderStatus.LIVE, 0),
        ("ws-user-order-cancellation", VenueOrderStatus.CANCELED, 5_000_000),
    ],
)
def test_recorded_order_events(
    example: Example, name: str, status: VenueOrderStatus, matched: int
) -> None:
    [found] = read_user_frame(example(f"{name}.json"), OWN).rows
    assert isinstance(found, VenueOrder)
    assert (found.status, found.matched, found.size) == (status, matched, 5_000_000)
    assert (found.price, found.expires_ns) == (513_000, None)
    assert 1_725_841_741 * S <= found.created_ns <= 1_725_842_520 * S


def test_recorded_kill_keeps_the_venues_sentence(example: Example) -> None:
    own = OwnIdentity("x", frozenset({"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"}))
    [found] = read_user_frame(example("ws-user-order-fok-killed.anonymised.json"), own).rows
    assert isinstance(found, VenueOrder)
    assert (found.status, found.matched) == (VenueOrderStatus.CANCELED, 0)
    assert found.status_text.endswith("FOK orders are fully filled or killed.")
    assert (found.time_in_force, found.created_ns) == ("FOK", 0)


def test_recorded_invalid_order_with_milliseconds(example: Example) -> None:
    own = OwnIdentity("00000000-0000-0000-0000-000000000001", frozenset())
    [found] = read_user_frame(example("ws-user-order-invalid.anonymised.json"), own).rows
    assert isinstance(found, VenueOrder)
    assert found.status is VenueOrderStatus.INVALID
    assert found.created_ns == 1_774_377_384 * S


def test_recorded_update_with_numbers_instead_of_texts(example: Example) -> None:
    own = OwnIdentity("", frozenset({NOBODY}))
    [found] = read_user_frame(example("ws-user-order-update-matched.json"), own).rows
    assert isinstance(found, VenueOrder)
    assert (found.status, found.matched) == (VenueOrderStatus.MATCHED, 5_000_000)


def test_recorded_maker_fill_is_our_entry_and_not_the_takers(example: Example) -> None:
    [found] = read_user_frame(example("ws-user-trade-maker-confirmed.json"), OWN).rows
    assert isinstance(found, VenueFill)
    assert found.liquidity is Liquidity.MAKER
    assert (found.price, found.size, found.status) == (513_000, 5_000_000, TradeStatus.CONFIRMED)
    assert found.venue_order_id.startswith("0x3ad09f22")
    assert found.ts_event == 1_762_776_367 * S


def test_recorded_taker_fill(example: Example) -> None:
    [found] = read_user_frame(example("ws-user-trade-taker-matched.json"), OWN).rows
    assert isinstance(found, VenueFill)
    assert (found.liquidity, found.price) == (Liquidity.TAKER, 520_000)
    assert found.venue_order_id.startswith("0x5b605a0e")


def test_f045_recorded_complement_maker_has_his_own_token_side_and_price(example: Example) -> None:
    own = OwnIdentity("cefa82ec-0ba0-5d8f-0000-000000000000", frozenset())
    frame = example("ws-user-trade-taker-matched-complement-maker.json")
    [found] = read_user_frame(frame, own).rows
    assert isinstance(found, VenueFill)
    assert (found.side, found.price, found.size) == (Side.BUY, 400_000, 5_000_000)
    assert found.token_id.startswith("95786924")
    assert found.liquidity is Liquidity.MAKER


# Legs


def test_f036_several_own_makers_of_one_trade_are_several_legs() -> None:
    found = legs(trade(maker(), maker(order_id="0x" + "c" * 64, matched_amount="2", price="0.39")))
    assert [(leg.venue_order_id[2], leg.size, leg.price) for leg in found] == [
        ("a", 3_000_000, 400_000),
        ("c", 2_000_000, 390_000),
    ]
    assert {leg.trade_id for leg in found} == {"t-1"}


def test_foreign_makers_are_no_legs_of_ours() -> None:
    foreign = maker(order_id="0x" + "d" * 64, owner="x", maker_address="0x" + "8" * 40)
    [found] = legs(trade(foreign, maker()))
    assert found.venue_order_id == "0x" + "a" * 64


def test_a_trade_with_ourselves_has_both_legs() -> None:
    found = legs(trade(maker(), owner=KEY, trader_side="TAKER"))
    assert [(leg.liquidity, leg.token_id, leg.price) for leg in found] == [
        (Liquidity.TAKER, YES, 600_000),
        (Liquidity.MAKER, NO, 400_000),
    ]


@pytest.mark.parametrize("side", ["MAKER", "TAKER", ""])
def test_a_takers_leg_needs_our_name_and_not_the_venues_word(side: str) -> None:
    assert legs(trade(trader_side=side)) == []
    [found] = legs(trade(trader_side=side, maker_address=WALLET.upper().replace("X", "x")))
    assert found.liquidity is Liquidity.TAKER


def test_a_trade_that_names_no_taker_goes_by_the_venues_word() -> None:
    assert len(legs(trade(owner=None, maker_address="", trader_side="TAKER"))) == 1
    assert legs(trade(owner=None, maker_address="", trader_side="MAKER")) == []


@pytest.mark.parametrize(
    ("asset", "taker", "ours"),
    [(YES, "BUY", "SELL"), (YES, "SELL", "BUY"), (NO, "BUY", "BUY"), (NO, "SELL", "SELL")],
)
def test_a_makers_missing_side_is_the_only_one_that_can_match(
    asset: str, taker: str, ours: str
) -> None:
    [found] = legs(trade(maker(asset_id=asset, side=None), side=taker))
    assert found.side == ours


def test_one_order_twice_in_one_trade_is_a_contradiction() -> None:
    assert "twice" in refusal(trade(maker(), maker()), read_trades)


@pytest.mark.parametrize("gap", ["asset_id", "matched_amount", "price"])
def test_an_own_entry_with_a_gap_is_never_filled_from_the_takers_fields(gap: str) -> None:
    refusal(trade(maker(**{gap: None})), read_trades)


def test_a_foreign_trade_is_counted_as_such() -> None:
    found = read_trades(text([trade()]), OWN)
    assert (found.rows, found.skipped) == ([], {"not ours": 1})


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("MATCHED", TradeStatus.MATCHED),
        ("TRADE_STATUS_MATCHED_NOT_BROADCASTED", TradeStatus.MATCHED),
        ("TRADE_STATUS_MINED", TradeStatus.MINED),
        ("RETRYING", TradeStatus.RETRYING),
        ("trade_status_confirmed", TradeStatus.CONFIRMED),
        ("FAILED", TradeStatus.FAILED),
    ],
)
def test_words_of_settlement(word: str, status: TradeStatus) -> None:
    found = read_trades(text([trade(maker(), status=word)]), OWN)
    assert (found.rows[0].status, found.odd) == (status, {})


def test_f081_an_unknown_word_of_settlement_proves_a_match_and_is_told() -> None:
    found = read_trades(text([trade(maker(), status="TELEPORTED")]), OWN)
    assert found.rows[0].status is TradeStatus.MATCHED
    assert found.odd == {"trade status TELEPORTED": 1}


def test_a_match_time_gains_its_nanoseconds_where_both_agree() -> None:
    exact = {"match_time_nano": "1795000000123456789"}
    assert legs(trade(maker(), **exact))[0].ts_event == 1_795_000_000_123_456_789
    off = trade(maker(), match_time="1795000007", **exact)
    assert legs(off)[0].ts_event == 1_795_000_007 * S
    unstated = trade(maker(), match_time=None, last_update="1795000009")
    assert legs(unstated)[0].ts_event == 1_795_000_009 * S


# Orders


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("ORDER_STATUS_LIVE", VenueOrderStatus.LIVE),
        ("live", VenueOrderStatus.LIVE),
        ("ORDER_STATUS_MATCHED", VenueOrderStatus.MATCHED),
        ("ORDER_STATUS_CANCELED_MARKET_RESOLVED", VenueOrderStatus.CANCELED),
        ("CANCELED_NOT_ENOUGH_BALANCE", VenueOrderStatus.CANCELED),
        ("CANCELLED", VenueOrderStatus.CANCELED),
        ("CANCELED_EXPIRED_ORDER", VenueOrderStatus.EXPIRED),
        ("DELAYED", VenueOrderStatus.DELAYED),
        ("UNMATCHED", VenueOrderStatus.UNMATCHED),
        ("INVALID", VenueOrderStatus.INVALID),
        ("SLEEPING", VenueOrderStatus.OTHER),
        ("", VenueOrderStatus.OTHER),
    ],
)
def test_words_of_an_order(word: str, status: VenueOrderStatus) -> None:
    assert order_status(word) is status


def test_an_unknown_status_keeps_its_text_made_inert() -> None:
    found = one_order(order(status="SLEEP\x1b[31mING\u202e"))
    assert (found.status, found.status_text) == (VenueOrderStatus.OTHER, "SLEEP[31mING")


@pytest.mark.parametrize(
    ("event", "status", "matched", "expected"),
    [
        ("PLACEMENT", None, "0", VenueOrderStatus.LIVE),
        ("UPDATE", "", "5", VenueOrderStatus.MATCHED),
        ("UPDATE", "", "4", VenueOrderStatus.LIVE),
        ("CANCELLATION", None, "0", VenueOrderStatus.CANCELED),
        ("CANCELLATION", "LIVE", "0", VenueOrderStatus.CANCELED),
        ("CANCELLATION", "MATCHED", "5", VenueOrderStatus.MATCHED),
        ("CANCELLATION", "INVALID", "0", VenueOrderStatus.INVALID),
        (None, None, "5", VenueOrderStatus.OTHER),
    ],
)
def test_an_event_speaks_where_its_status_is_missing_or_behind(
    event: str | None, status: str | None, matched: str, expected: VenueOrderStatus
) -> None:
    assert one_order(order(type=event, status=status, size_matched=matched)).status is expected


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        (1795000000, 1_795_000_000 * S),
        ("1795000000", 1_795_000_000 * S),
        ("1795000000123", 1_795_000_000_123 * 1_000_000),
        ("2026-11-18T11:06:40Z", 1_795_000_000 * S),
        ("2026-11-18T11:06:40.5+00:00", 1_795_000_000 * S + S // 2),
        ("1795000000123456789", 1_795_000_000_123_456_789),
        ("", 0),
        ("0", 0),
        (None, 0),
    ],
)
def test_times_of_every_form(stated: Any, read: int) -> None:
    found = one_order(order(created_at=stated, expiration=stated))
    assert found.created_ns == read
    assert found.expires_ns == (read or None)


@pytest.mark.parametrize("bad", ["17950000", "-1795000000", "9999999999", "soon", "1_795_000_000"])
def test_impossible_times_are_refused(bad: str) -> None:
    with pytest.raises(WireError):
        time_ns(bad)


BAD_NUMBERS = ["NaN", "Infinity", "1e3", "5E0", "-1", " 5", "5 ", "٥", "1_0", "0x5", "", "1.2345678",
               "9" * 30, True, [5], {"n": 5}]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_NUMBERS, ids=str)
@pytest.mark.parametrize("field", ["price", "original_size"])
def test_f079_a_malformed_number_costs_its_row_only(field: str, bad: Any) -> None:
    assert refusal(order(**{field: bad}))


@pytest.mark.parametrize("bad", [*BAD_NUMBERS, "0", "1", "1.01"], ids=str)
def test_f079_a_malformed_price_of_a_fill_costs_its_row_only(bad: Any) -> None:
    assert refusal(trade(maker(price=bad)), read_trades)


@pytest.mark.parametrize("literal", ["1e1", "5E0", "NaN", "1e999", "-Infinity", "1.2345678"])
def test_f079_bare_json_numbers_are_read_by_the_same_grammar(literal: str) -> None:
    body = text([order(original_size="@")]).replace(b'"@"', literal.encode())
    try:
        assert len(read_orders(body, OWN).broken) == 1
    except WireError:
        assert literal.strip("-") in {"NaN", "Infinity"}


def test_bare_json_numbers_are_exact() -> None:
    body = text([order(price="@")]).replace(b'"@"', b"0.290")
    assert read_orders(body, OWN).rows[0].price == 290_000


@pytest.mark.parametrize(
    "changes",
    [{"id": "0x1 2"}, {"id": ""}, {"id": "x" * 101}, {"market": "abc"}, {"asset_id": "0x12"},
     {"side": "HOLD"}, {"side": None}, {"associate_trades": ["a b"]}, {"price": "1.01"}],
)  # fmt: skip
def test_f082_malformed_fields_cost_their_row_only(changes: dict[str, Any]) -> None:
    assert refusal(order(**changes))


def test_ids_compare_with_digests_we_computed() -> None:
    assert one_order(order(id="0xABCDEF")).venue_order_id == "0xabcdef"


def test_f080_a_doubled_key_costs_its_row_only() -> None:
    double = text(order())[:-1] + b', "price": "0.9"}'
    body = b"[" + b",".join([text(order()), double, text(order())]) + b"]"
    found = read_orders(body, OWN)
    assert (len(found.rows), len(found.broken)) == (2, 1)


def test_f084_foreign_orders_are_left_out() -> None:
    foreign = order(owner="x", maker_address=NOBODY)
    found = read_orders(text([foreign, order(owner="x"), order(owner=None)]), OWN)
    assert (len(found.rows), found.skipped) == (2, {"not ours": 1})


# Envelopes


@pytest.mark.parametrize(
    ("stated", "cursor"), [("LTE=", None), ("", None), (None, None), ("MzAw", "MzAw")]
)
def test_an_envelope_and_a_bare_array_are_the_same_rows(
    stated: str | None, cursor: str | None
) -> None:
    envelope = {"limit": 300, "count": 1, "next_cursor": stated, "data": [order()]}
    found = read_orders(text(envelope), OWN)
    assert found.rows == read_orders(text([order()]), OWN).rows
    assert found.next_cursor == cursor
    assert read_orders(text([order()]), OWN).next_cursor is None


def test_an_envelope_without_rows_is_empty() -> None:
    assert read_trades(text({"data": None, "next_cursor": "LTE="}), OWN).rows == []


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"7", b'"x"', b"null", b'{"error":"no"}', b'{"data":7}', b"\xff\xfe",
     b"[" * 100_000, b'{"data":[],"data":[]}', b"<html>"],
)  # fmt: skip
def test_f077_f078_a_body_that_is_no_list_is_a_wire_error(body: bytes) -> None:
    with pytest.raises(WireError):
        read_orders(body, OWN)


@pytest.mark.parametrize("body", [b"", b" ", b"null", b"{}", b"[]", b'""'])
def test_an_order_that_is_not_there_is_none(body: bytes) -> None:
    assert read_order(body) is None


def test_one_order_by_itself() -> None:
    found = read_order(text(order(associate_trades=["t-1"], status="MATCHED", size_matched="5")))
    assert found is not None
    assert (found.trade_ids, found.matched) == (("t-1",), 5_000_000)


@pytest.mark.parametrize("body", [b"7", b"[1]", b'{"id":"0x1"}', b'{"error":"x"}', b"<html>"])
def test_an_unreadable_order_is_an_error_and_not_absence(body: bytes) -> None:
    with pytest.raises(WireError):
        read_order(body)


def test_f081_a_frame_may_be_an_array_and_what_is_not_known_is_counted() -> None:
    frame = [order(event_type="order", type="PLACEMENT"), trade(maker(), type="TRADE"),
             {"event_type": "party"}, 7]  # fmt: skip
    found = read_user_frame(text(frame), OWN)
    assert [type(row) for row in found.rows] == [VenueOrder, VenueFill]
    assert found.skipped == {"kind PARTY": 1}
    assert len(found.broken) == 1


@pytest.mark.parametrize("silence", [b"PONG", b"", b"pong\n", b"PING"])
def test_heartbeats_are_silent(silence: bytes) -> None:
    found = read_user_frame(silence, OWN)
    assert (found.rows, found.broken, found.skipped) == ([], [], {})


# Whatever arrives

ODD = st.sampled_from(
    [None, True, -1, 0, 5, 1e308, 2**80, "", "NaN", "1e9", " 0.5 ", "1_0", "\u0661", "\x00",
     "\x1b[2J", "\u202e", "9" * 400, [], {}, [[]], "-0.0", "0.1234567891", "MAKER", KEY, WALLET]
)  # fmt: skip
SEEDS = [order(event_type="order", type="UPDATE"), trade(maker(), maker(order_id="0xcc")),
         trade(maker(), owner=KEY)]  # fmt: skip


def numbers_in(value: Any) -> set[str]:
    """Return every number and number-like text, as its shortest decimal."""
    if isinstance(value, dict):
        return set().union(*(numbers_in(one) for one in value.values()), {"0"})
    if isinstance(value, list):
        return set().union(*(numbers_in(one) for one in value), {"0"})
    shown = str(value)
    return {shown.rstrip("0").rstrip(".") if "." in shown else shown}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_row_ever_holds_a_number_that_was_not_in_it(data: st.DataObject) -> None:
    row = json.loads(json.dumps(data.draw(st.sampled_from(SEEDS))))
    target = row
    if row.get("maker_orders") and data.draw(st.booleans()):
        target = data.draw(st.sampled_from(row["maker_orders"]))
    for key in data.draw(st.lists(st.sampled_from(sorted(target)), min_size=1, max_size=3)):
        target[key] = data.draw(ODD)
    found = read_user_frame(text(row), OWN)
    assert len(found.broken) <= 1
    given_numbers = numbers_in(row)
    for one in found.rows:
        assert format_micros(one.price) in given_numbers
        assert format_micros(one.size) in given_numbers
        assert all(shown.isprintable() for shown in astuple(one) if isinstance(shown, str))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_no_frame_raises_anything_but_a_wire_error(frame: bytes) -> None:
    for read in (read_user_frame, read_orders, read_trades):
        try:
            read(frame, OWN)
        except WireError:
            continue
