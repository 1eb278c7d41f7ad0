"""Book hashes on stored vectors, and what whole recordings prove."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from polydesk.domain.events import BookChanged, BookSnapshotReceived, Event
from polydesk.domain.frames import MARKET, Frame
from polydesk.venues.polymarket.wire.audit import HashAuditor, Tally, event_order
from polydesk.venues.polymarket.wire.bookhash import (
    HashTerms,
    book_hash,
    book_head,
    held_levels,
    trade_text,
    trades_near,
)
from polydesk.venues.polymarket.wire.decoder import Decoder
from polydesk.venues.polymarket.wire.numbers import parse_size

T0 = 1_790_000_000_000_000_000


def head_of(book: dict[str, Any]) -> str:
    sides = [[(l["price"], l["size"]) for l in book[side]] for side in ("bids", "asks")]  # noqa: E741
    return book_head(book["market"], book["asset_id"], book["timestamp"], *sides)


def decoded(frames: list[Frame]) -> list[Event]:
    decoder = Decoder()
    events = [event for frame in frames for event in decoder.decode(frame)]
    assert (decoder.decode_errors, decoder.unknown_frames) == (0, 0)
    return events


def audited(events: list[Event]) -> HashAuditor:
    auditor = HashAuditor()
    for event in events:
        auditor.feed(event)
    auditor.finish()
    return auditor


def verdicts(events: list[Event]) -> list[bool | None]:
    return [event.hash_ok for event in events if isinstance(event, BookSnapshotReceived)]


def test_ten_key_form_reproduces_a_rest_book(example: Callable[[str], bytes]) -> None:
    book = json.loads(example("clob-book.json"))
    terms = HashTerms("5", "0.01", book["neg_risk"], book["last_trade_price"])
    assert book_hash(head_of(book), terms) == "7579762267918d7197195fbdeea8df93ef8ee532"


def test_nine_key_form_reproduces_books_of_2025(example: Callable[[str], bytes]) -> None:
    sequence = json.loads(example("orderbook-hash-sequence.json"))
    books = [item for item in sequence if "bids" in item]
    terms = HashTerms("5", "0.01", neg_risk=False, last_trade=None)
    assert [book_hash(head_of(book), terms) for book in books] == [b["hash"] for b in books]
    assert books[0]["hash"].startswith("f2bdf6ba")


def test_changes_of_2025_carry_the_hash_of_the_book_after_them(
    example: Callable[[str], bytes],
) -> None:
    frames = [Frame(MARKET, T0, example("orderbook-hash-sequence.json"))]
    auditor = audited(event_order(decoded(frames)))
    assert auditor.changes == Tally(match=2, mismatch=0, not_applicable=2)
    assert auditor.later_books == Tally(match=2)


def test_a_changed_level_breaks_the_proof(example: Callable[[str], bytes]) -> None:
    book = json.loads(example("clob-book.json"))
    book["bids"][3]["size"] = "25751"
    [event] = Decoder().decode(Frame("rest:clob/book", T0, json.dumps(book).encode()))
    assert isinstance(event, BookSnapshotReceived)
    assert event.hash_ok is False


def test_trimmed_socket_books_stay_undecided(example: Callable[[str], bytes]) -> None:
    events = Decoder().decode(Frame(MARKET, T0, example("ws-market-book.json")))
    assert verdicts(events) == [None, None, None]


def test_last_trade_is_written_with_three_decimals() -> None:
    assert [trade_text(p) for p in (490_000, 86_000, 1_200)] == ["0.490", "0.086", "0.0012"]


def test_search_stays_inside_the_grid_and_covers_both_tokens() -> None:
    prices = trades_near(860_000, 870_000, 10_000)
    assert prices[:4] == ["0.860", "0.140", "0.870", "0.130"]
    assert "0.000" not in prices
    assert len(prices) == len(set(prices)) <= 204


def test_held_levels_are_written_as_the_server_does(recordings: Any) -> None:
    [book] = json.loads((recordings / "tui_ws_market_book.json").read_bytes())
    asks = [(level["price"], level["size"]) for level in book["asks"]]
    held = {round(float(p) * 1_000_000): parse_size(s) for p, s in asks}
    assert held_levels(held, is_bid=False) == asks


def test_busy_recording_proves_every_book_in_arrival_order(btc5m_frames: list[Frame]) -> None:
    assert verdicts(decoded(btc5m_frames)) == [True] * 144


def test_busy_recording_in_event_order(btc5m_frames: list[Frame]) -> None:
    auditor = audited(event_order(decoded(btc5m_frames)))
    assert auditor.books == Tally(match=144)
    assert auditor.later_books == Tally(match=140)
    assert auditor.changes == Tally(match=10_290, mismatch=78, not_applicable=2)
    assert auditor.reordered == 410
    assert auditor.touches == Tally(match=10_366, mismatch=2, not_applicable=2)
    assert auditor.reports == Tally(match=144)


def test_busy_recording_in_arrival_order(btc5m_frames: list[Frame]) -> None:
    events = decoded(btc5m_frames)
    auditor = audited([e for e in events if not isinstance(e, BookChanged) or e.changes])
    assert auditor.touches == Tally(match=10_357, mismatch=4, not_applicable=9)
    assert auditor.reports == Tally(match=140, mismatch=4)
    assert auditor.later_books == Tally(match=42, mismatch=98)


def test_mirrored_changes_of_the_busy_recording(btc5m_frames: list[Frame]) -> None:
    changes = [event for event in decoded(btc5m_frames) if isinstance(event, BookChanged)]
    assert len(changes) == 5_185
    for event in changes:
        one, two = event.changes
        assert (one[1], one[2], one[3]) == (not two[1], 1_000_000 - two[2], two[3])


def test_neg_risk_recording_agrees_fully(fed_frames: list[Frame]) -> None:
    events = decoded(fed_frames)
    assert verdicts(events) == [True, True]
    auditor = audited(event_order(events))
    assert auditor.changes == Tally(match=24, mismatch=0, not_applicable=24)
    assert auditor.touches == Tally(match=24, mismatch=0, not_applicable=24)


def test_recording_with_rest_books_between_frames(multi_frames: list[Frame]) -> None:
    events = decoded(multi_frames)
    assert verdicts(events) == [True] * 54
    assert audited(event_order(events)).changes == Tally(match=16)


def test_auditor_notices_a_lost_change(btc5m_frames: list[Frame]) -> None:
    events = event_order(decoded(btc5m_frames))[:400]
    whole = audited(events)
    lost = next(n for n, e in enumerate(events) if n > 50 and isinstance(e, BookChanged))
    holed = audited(events[:lost] + events[lost + 1 :])
    assert holed.changes.mismatch > whole.changes.mismatch


@pytest.mark.parametrize("wanted", ["", "0" * 40])
def test_auditor_counts_what_it_cannot_or_does_not_prove(
    wanted: str, example: Callable[[str], bytes]
) -> None:
    [book] = Decoder().decode(Frame("rest:clob/book", T0, example("clob-book.json")))
    assert isinstance(book, BookSnapshotReceived)
    tally = audited([replace(book, hash=wanted)]).books
    assert tally == (Tally(mismatch=1) if wanted else Tally(not_applicable=1))
