"""Tick tables: pairs are found, stale levels removed, and the rebuilt touch is the recorded one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from polydesk.domain.book import L2Book, Touch
from polydesk.domain.ids import TokenId
from polydesk.domain.units import parse_micros
from polydesk.errors import RecordingError
from polydesk.replay.importing.ticks import (
    TickRow,
    TickStream,
    condition_of,
    convert_ticks,
    find_pairs,
    read_rows,
    tick_of,
)

CAPTURE = Path(__file__).parent.parent / "fixtures" / "captures" / "ticks.csv.gz"
A, B = TokenId("1"), TokenId("2")
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return gzip.decompress(CAPTURE.read_bytes()).decode().splitlines()


def row(
    token: TokenId, price: int, size: int, touch: tuple[int, int], *, is_bid: bool, at: int = 1
) -> TickRow:
    return TickRow(at * SECOND, price, size, *touch, is_bid, False, token)


def both(price: int, size: int, touch: tuple[int, int], *, at: int) -> list[TickRow]:
    """A bid on A and its mirror on B."""
    bid, ask = touch
    mirrored = (1_000_000 - ask, 1_000_000 - bid)
    return [
        row(A, price, size, touch, is_bid=True, at=at),
        row(B, 1_000_000 - price, size, mirrored, is_bid=False, at=at),
    ]


def test_twelve_tokens_form_six_pairs(lines: list[str]) -> None:
    pairs = find_pairs(read_rows(lines))
    assert len(pairs) == 6
    assert len({token for pair in pairs for token in pair}) == 12


def test_each_mirror_pair_becomes_one_message_with_both_entries(lines: list[str]) -> None:
    frames = list(convert_ticks("ticks", lines).frames)
    messages = [json.loads(frame.text) for frame in frames if frame.channel == "market"]
    changes = [m for m in messages if m["event_type"] == "price_change"]
    trades = [m for m in messages if m["event_type"] == "last_trade_price"]
    recorded = [line for line in lines[1:] if "PRICE_CHANGE" in line]
    assert len(changes) * 2 == len(recorded)
    assert len(trades) == len(lines) - 1 - len(recorded)
    for message in changes:
        one, two = message["price_changes"][:2]
        assert parse_micros(one["price"]) + parse_micros(two["price"]) == 1_000_000
        assert {one["side"], two["side"]} == {"BUY", "SELL"}


def test_from_its_opening_book_on_touches_are_the_recorded_ones(lines: list[str]) -> None:
    rows = read_rows(lines)
    stream = TickStream.begin(rows)
    assert list(stream.feed(rows))
    books: dict[str, L2Book] = {}
    checks: list[Touch] = []
    for frame in list(convert_ticks("ticks", lines).frames)[1:]:
        message = json.loads(frame.text)
        ts = int(message["timestamp"]) * 1_000_000
        if message["event_type"] == "book":
            book = books[message["asset_id"]] = L2Book(message["asset_id"])
            bids, asks = (
                [(parse_micros(level["price"]), parse_micros(level["size"])) for level in side]
                for side in (message["bids"], message["asks"])
            )
            book.apply_snapshot(bids, asks, ts, ts)
        entries = [e for e in message.get("price_changes", ()) if e["asset_id"] in books]
        for entry in entries:
            price, size = parse_micros(entry["price"]), parse_micros(entry["size"])
            books[entry["asset_id"]].apply_change(entry["side"] == "BUY", price, size, ts, ts)
        for entry in entries:
            stated = parse_micros(entry["best_bid"]), parse_micros(entry["best_ask"])
            checks.append(books[entry["asset_id"]].check_touch(*stated))
    assert len(checks) > 500
    assert stream.checks.other == 0
    assert checks.count(Touch.DISAGREE) == stream.checks.unknown_level <= len(checks) // 200


def test_messages_are_received_in_the_order_of_the_file(lines: list[str]) -> None:
    frames = list(convert_ticks("ticks", lines).frames)
    times = [frame.ts_init for frame in frames]
    stamps = [int(json.loads(f.text)["timestamp"]) for f in frames if f.channel == "market"]
    assert times == sorted(times)
    assert stamps != sorted(stamps)


def test_a_stale_better_level_is_removed_by_an_entry_of_its_own() -> None:
    rows = [
        *both(500_000, 10_000_000, (500_000, 1_000_000), at=1),
        *both(400_000, 7_000_000, (400_000, 1_000_000), at=2),
    ]
    stream = TickStream.begin(rows)
    messages = [json.loads(frame.text) for frame in stream.feed(rows)]
    last = [m for m in messages if m["event_type"] == "price_change"][-1]
    removed = [entry for entry in last["price_changes"] if entry["size"] == "0"]
    assert [(e["asset_id"], e["side"], e["price"]) for e in removed] == [
        ("1", "BUY", "0.5"),
        ("2", "SELL", "0.5"),
    ]
    assert stream.checks.pruned == 2
    assert stream.checks.agreed == stream.checks.total == 4


def test_a_best_level_never_seen_is_counted_not_invented() -> None:
    rows = both(400_000, 7_000_000, (450_000, 1_000_000), at=1)
    stream = TickStream.begin(rows)
    (frame,) = stream.feed(rows)
    assert len(json.loads(frame.text)["price_changes"]) == 2
    assert stream.checks.before_opening == 2


def test_a_row_without_its_mirror_stands_alone() -> None:
    rows = [
        row(A, 400_000, 1_000_000, (400_000, 1_000_000), is_bid=True),
        row(A, 390_000, 1_000_000, (400_000, 1_000_000), is_bid=True),
    ]
    messages = [json.loads(frame.text) for frame in TickStream.begin(rows).feed(rows)]
    assert [m["event_type"] for m in messages] == ["price_change", "book", "price_change"]
    assert [len(m["price_changes"]) for m in messages if "price_changes" in m] == [1, 1]


def test_condition_ids_do_not_depend_on_the_order_of_tokens() -> None:
    assert condition_of(["9", "1"]) == condition_of(["1", "9"])
    assert condition_of(["1", "9"]) != condition_of(["1", "8"])


@pytest.mark.parametrize(
    ("prices", "tick"), [([10_000, 500_000], 10_000), ([12_000, 10_000], 1_000), ([100], 100)]
)
def test_the_grid_is_the_coarsest_that_holds_all_prices(prices: list[int], tick: int) -> None:
    assert tick_of(prices) == tick


def test_a_broken_row_is_named(lines: list[str]) -> None:
    broken = [*lines[:5], lines[5].replace("PRICE_CHANGE", "PRICE_CHANGE").replace("0.", "zero", 1)]
    with pytest.raises(RecordingError, match="Line 6"):
        read_rows(broken)
