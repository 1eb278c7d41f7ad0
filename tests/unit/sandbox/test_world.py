from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.sandbox import small

from polydesk.domain.frames import MARKET, REST_EVENTS, REST_MARKETS, RTDS, Frame
from polydesk.domain.units import decimal_from_micros
from polydesk.sandbox.world import World

FIXTURES = Path(__file__).parents[2] / "fixtures"


def played(recorded: list[Frame] | None = None) -> World:
    world = World()
    for frame in small.frames() if recorded is None else recorded:
        world.consume(frame)
    return world


def market(world: World, body: Any, at_ms: int = small.START_MS) -> None:
    world.consume(Frame(MARKET, at_ms * 1_000_000, json.dumps(body).encode()))


def book_json(world: World, token: str) -> dict[str, Any]:
    held = world.book(token)
    assert held is not None
    return held.rest_json()


def test_changes_of_both_outcomes_reach_both_books() -> None:
    world = played()
    yes, no = book_json(world, small.RAIN_YES), book_json(world, small.RAIN_NO)
    assert yes["bids"] == small.levels(("0.4", "100"), ("0.5", "40"), ("0.52", "30"))
    assert yes["asks"] == small.levels(("0.55", "60"), ("0.541", "5"))
    assert no["asks"] == small.levels(("0.6", "100"), ("0.5", "40"), ("0.48", "30"))


def test_a_book_carries_the_time_of_its_newest_change() -> None:
    world = played()
    assert book_json(world, small.RAIN_YES)["timestamp"] == str(small.START_MS + 61_000)
    assert book_json(world, small.RAIN_NO)["timestamp"] == str(small.START_MS + 1_000)


def test_a_late_snapshot_does_not_undo_newer_levels() -> None:
    world, s = World(), small.START_MS
    first = small.book(small.RAIN_YES, small.RAIN, s, small.levels(("0.4", "1")), [])
    late = small.book(small.RAIN_YES, small.RAIN, s + 5, small.levels(("0.4", "2")), [])
    market(world, first)
    market(world, small.change(small.RAIN, s + 9, (small.RAIN_YES, "BUY", "0.45", "7")))
    market(world, late)
    expected = small.levels(("0.4", "2"), ("0.45", "7"))
    assert book_json(world, small.RAIN_YES)["bids"] == expected


def test_a_token_without_a_snapshot_has_no_book() -> None:
    world = World()
    change = (small.RAIN_YES, "BUY", "0.45", "7")
    market(world, small.change(small.RAIN, small.START_MS, change))
    assert world.book(small.RAIN_YES) is None


def test_a_tick_change_keeps_the_levels() -> None:
    world = played()
    body = book_json(world, small.RAIN_YES)
    assert body["tick_size"] == "0.001"
    assert len(body["bids"]) == 3


def test_the_recorded_rest_book_comes_back_with_its_own_hash() -> None:
    text = (FIXTURES / "examples" / "clob-book.json").read_bytes()
    world = World()
    world.consume(Frame("rest:clob/book", 1, text))
    recorded = json.loads(text)
    assert book_json(world, recorded["asset_id"]) == recorded


def test_every_hash_of_the_recorded_fed_session_is_reproduced() -> None:
    text = (FIXTURES / "recordings" / "fed_july_frames_20260720.json").read_bytes()
    world, proven, stated = World(), 0, 0
    for number, body in enumerate(json.loads(text)):
        market(world, body, small.START_MS + number)
        for event in body if isinstance(body, list) else [body]:
            for item in [event, *event.get("price_changes", [])]:
                if item.get("hash") and world.book(item["asset_id"]) is not None:
                    stated += 1
                    proven += book_json(world, item["asset_id"])["hash"] == item["hash"]
    assert (proven, stated) == (26, 26)


def test_the_socket_book_has_the_keys_the_venue_sends() -> None:
    recorded = json.loads((FIXTURES / "examples" / "ws-market-book.json").read_bytes())
    held = played().book(small.RAIN_YES)
    assert held is not None
    assert set(held.socket_json()) == set(recorded[0])


def test_a_resolution_closes_the_row_and_its_copy_in_the_event() -> None:
    world = played()
    row = world.catalogue.market(small.SNOW)
    event = world.catalogue.event("500")
    assert row is not None
    assert event is not None
    assert row["closed"] is True
    assert json.loads(row["outcomePrices"]) == ["0", "1"]
    assert [copy["closed"] for copy in event["markets"]] == [False, True, True]


def test_an_announced_market_is_in_the_catalogue_as_announced() -> None:
    row = played().catalogue.market("41" * 20)
    assert row is not None
    assert row["id"] == "12"
    assert row["orderPriceMinTickSize"] == 0.001
    assert row["feeSchedule"]["rate"] == 0.07
    assert row["events"][0]["slug"] == "hail"


def test_an_announcement_does_not_replace_a_recorded_row() -> None:
    recorded = small.frames()
    body = {**small.NEW_MARKET, "id": "9", "question": "Something else?"}
    recorded.append(Frame(MARKET, recorded[-1].ts_init, json.dumps(body).encode()))
    row = played(recorded).catalogue.market("9")
    assert row is not None
    assert row["question"] == "Will it rain tomorrow?"


def test_history_repeats_the_midpoint_through_quiet_minutes() -> None:
    world = played()
    minute = small.START_S - small.START_S % 60
    series = world.history.series(small.RAIN_YES, 0, minute + 240)
    assert [at for at, _ in series] == [minute, minute + 60, minute + 120, minute + 180]
    mids = [str(decimal_from_micros(mid)) for _, mid in series]
    assert mids[0] == "0.535000"
    assert set(mids[1:]) == {"0.530500"}


def test_a_later_minute_is_not_known_earlier() -> None:
    recorded = small.frames()[:-1]
    series = played(recorded).history.series(small.RAIN_YES, 0, small.START_S + 300)
    assert {mid for _, mid in series} == {535_000}


def test_foreign_text_is_counted_and_changes_nothing() -> None:
    world = played()
    before = book_json(world, small.RAIN_YES)
    for text in (b"PONG", b"{", b'{"event_type":"book","timestamp":"soon"}', b"\xff"):
        assert world.consume(Frame(MARKET, 1, text)) is None
    assert world.unread == 4
    assert book_json(world, small.RAIN_YES) == before


def test_a_bad_price_in_one_frame_does_not_stop_the_next() -> None:
    world = played()
    bad = small.change(small.RAIN, small.START_MS + 62_000, (small.RAIN_YES, "BUY", "x", "1"))
    good = small.change(small.RAIN, small.START_MS + 63_000, (small.RAIN_YES, "BUY", "0.53", "1"))
    market(world, bad)
    market(world, good)
    assert book_json(world, small.RAIN_YES)["bids"][-1] == {"price": "0.53", "size": "1"}


def test_the_same_frames_give_the_same_answers() -> None:
    first, second = played(), played()
    for token in small.TOKENS[:3]:
        assert book_json(first, token) == book_json(second, token)
    assert list(first.catalogue.markets) == list(second.catalogue.markets)
    assert [row.key for row in first.trades.rows] == [row.key for row in second.trades.rows]


def test_time_never_runs_backwards_when_frames_do() -> None:
    world = played()
    now = world.now_ns
    world.consume(Frame(MARKET, now - 10**9, b"[]"))
    assert world.now_ns == now


def test_endless_nesting_and_impossible_times_are_counted_and_survived() -> None:
    world = played()
    before = world.unread
    deep = b"[" * 100_000
    for channel in (MARKET, RTDS, REST_MARKETS, REST_EVENTS):
        world.consume(Frame(channel, small.START_MS * 1_000_000, deep))
    nested = {"id": "1", "conditionId": small.RAIN, "clobTokenIds": deep.decode()}
    text = json.dumps([nested]).encode()
    world.consume(Frame(REST_MARKETS, small.START_MS * 1_000_000, text))
    winner = {"market": small.RAIN, "winning_asset_id": small.RAIN_YES}
    market(world, {"event_type": "market_resolved", **winner, "timestamp": str(10**30)})
    assert world.unread == before + 6
