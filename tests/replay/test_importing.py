"""Captures of other recorders become recordings, or are refused with the reason."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from polydesk.domain.frames import Frame
from polydesk.errors import ConfigError, PolydeskError, RecordingError
from polydesk.replay.importing import ImportReport, import_capture, parquet_books
from polydesk.replay.tape import TapeReader, TapeWriter
from polydesk.venues.polymarket.wire.decoder import Decoder

CAPTURES = Path(__file__).parent.parent / "fixtures" / "captures"

MADE = {
    "activity.json.gz": {"rest:gamma/markets": 1, "rtds": 100},
    "book_pair.json": {"rest:gamma/markets": 1, "rest:clob/book": 1},
    "books.parquet": {"rest:gamma/markets": 1, "market": 356},
    "bot_history.json.gz": {"rest:clob/prices-history": 1},
    "candle.json.gz": {"rest:gamma/markets": 2, "rtds": 150},
    "captured.jsonl.gz": {"rest:gamma/markets": 1, "market": 200},
    "envelopes.jsonl.gz": {
        "rest:gamma/markets": 1,
        "rest:clob/book": 6,
        "market": 5,
        "other:binance": 5,
        "other:coinbase": 5,
        "rtds": 15,
    },
    "event.json.gz": {"rest:gamma/events": 1, "rest:gamma/markets": 1},
    "frames.json.gz": {"rest:gamma/markets": 1, "market": 27},
    "gamma_pair.json": {"rest:gamma/markets": 1},
    "history.json.gz": {"rest:clob/prices-history": 1},
    "markets.jsonl.gz": {"rest:gamma/markets": 1},
    "one_book.json": {"rest:gamma/markets": 1, "market": 1},
    "rtds.json": {"rest:gamma/markets": 1, "rtds": 5},
    "session.json.gz": {"rest:gamma/markets": 1, "rtds": 120},
    "wallet_dump.json.gz": {"rest:gamma/markets": 1, "rtds": 30},
}
REFUSED = {
    "book_of_nothing.json": "names no token",
    "captured.markets.json": "market list of a capture",
    "database.db.gz": "database",
    "exchange.json": "placing an order",
    "holders.json": "holders",
    "l2_july.metadata.csv": "token list of a capture",
    "leaderboard.csv.gz": "leaderboard",
    "names.json.gz": "table of market names",
    "own_order.json": "somebody's own orders",
    "positions.csv.gz": "wallets' positions",
    "resolutions.parquet": "market resolutions",
    "scores.csv": "score feed",
    "subgraph.json.gz": "subgraph",
    "subgraph_wallets.json.gz": "subgraph",
    "wallet_positions.json": "a wallet's positions",
}


def run(name: str, tmp_path: Path) -> tuple[ImportReport, list[Frame]]:
    report = import_capture(CAPTURES / name, tmp_path / "out.tape")
    with TapeReader(report.target) as reader:
        assert reader.damage is None
        return report, list(reader)


def bodies(frames: list[Frame], channel: str) -> list[Any]:
    return [json.loads(frame.text) for frame in frames if frame.channel == channel]


@pytest.mark.parametrize("name", MADE)
def test_a_capture_becomes_frames_the_wire_can_read(name: str, tmp_path: Path) -> None:
    report, frames = run(name, tmp_path)
    assert Counter(frame.channel for frame in frames) == MADE[name]
    assert report.frames == len(frames)
    decoder = Decoder()
    for frame in frames:
        decoder.decode(frame)
    assert decoder.decode_errors == 0
    assert sum(decoder.skipped.values()) == 0


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_recording_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=REFUSED[name]) as refusal:
        import_capture(CAPTURES / name, tmp_path / "out.tape")
    assert str(refusal.value).endswith(".")
    assert not (tmp_path / "out.tape").exists()


def test_message_text_is_kept_byte_for_byte_where_it_was_recorded(tmp_path: Path) -> None:
    _, frames = run("envelopes.jsonl.gz", tmp_path)
    lines = gzip.decompress((CAPTURES / "envelopes.jsonl.gz").read_bytes()).splitlines()
    assert [frame.text.decode() for frame in frames[1:]] == [
        json.loads(line)["payload"] for line in lines
    ]


def test_receive_times_lie_in_the_recorded_second(tmp_path: Path) -> None:
    _, frames = run("captured.jsonl.gz", tmp_path)
    lines = gzip.decompress((CAPTURES / "captured.jsonl.gz").read_bytes()).splitlines()
    seconds = [json.loads(line)["capturedAt"] for line in lines]
    assert [frame.ts_init // 1_000_000_000 for frame in frames[1:]] == seconds
    times = [frame.ts_init for frame in frames]
    assert times == sorted(times)


def test_the_market_list_beside_a_capture_names_its_outcomes(tmp_path: Path) -> None:
    _, frames = run("captured.jsonl.gz", tmp_path)
    rows = bodies(frames, "rest:gamma/markets")[0]
    assert [row["slug"] for row in rows] == ["btc-updown-5m-1776808200", "btc-updown-5m-1776808500"]
    assert {row["outcomes"] for row in rows} == {'["Up", "Down"]'}


def test_rows_of_one_book_become_one_message(tmp_path: Path) -> None:
    report, frames = run("l2_june.csv.gz", tmp_path)
    messages = bodies(frames, "market")
    lines = gzip.decompress((CAPTURES / "l2_june.csv.gz").read_bytes()).decode().splitlines()[1:]
    recorded = {tuple(line.split(",")[i] for i in (1, 7, 8)) for line in lines if ",book," in line}
    books = [m for m in messages if m["event_type"] == "book"]
    assert {(m["asset_id"], m["hash"], m["timestamp"]) for m in books} == recorded
    changes = sum(len(m["price_changes"]) for m in messages if m["event_type"] == "price_change")
    assert changes == sum(",price_change," in line for line in lines)
    assert any("Outcome names were not recorded" in note for note in report.notes)
    two_sided = [m for m in books if m["bids"] and m["asks"]]
    assert len(two_sided) == 30
    assert all(float(m["bids"][-1]["price"]) < float(m["asks"][-1]["price"]) for m in two_sided)


def test_two_lines_run_together_keep_the_second(tmp_path: Path) -> None:
    report, frames = run("l2_july.csv.gz", tmp_path)
    assert any("ran together in 1 line" in note for note in report.notes)
    assert json.loads(bodies(frames, "rest:gamma/markets")[0][0]["outcomes"]) == ["Reds", "Red Sox"]
    glued = [m for m in bodies(frames, "market") if m.get("hash", "").startswith("37e552e87bb0")]
    assert glued[0]["asks"][0] == {"price": "0.99", "size": "3333"}


def test_repeated_samples_are_left_out(tmp_path: Path) -> None:
    _, frames = run("books.parquet", tmp_path)
    times = Counter(frame.ts_init for frame in frames if frame.channel == "market")
    assert set(times.values()) == {2}


def test_parquet_without_its_library_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigError, match=r"pip install 'polydesk\[parquet\]'"):
        import_capture(CAPTURES / "books.parquet", tmp_path / "out.tape")


def test_trades_come_oldest_first_and_merges_stay_answers(tmp_path: Path) -> None:
    _, frames = run("wallet_market.json.gz", tmp_path)
    recorded = json.loads(gzip.decompress((CAPTURES / "wallet_market.json.gz").read_bytes()))
    trades = bodies(frames, "rtds")
    assert len(trades) == sum(row["type"] == "TRADE" for row in recorded)
    others = [row for page in bodies(frames, "rest:data/activity") for row in page]
    assert {row["type"] for row in others} == {"MERGE", "REDEEM"}
    times = [frame.ts_init for frame in frames]
    assert times == sorted(times)
    assert trades[0]["payload"] in recorded
    assert trades[0]["timestamp"] == trades[0]["payload"]["timestamp"] * 1000


def test_a_resolved_market_ends_with_its_winner(tmp_path: Path) -> None:
    _, frames = run("candle.json.gz", tmp_path)
    (row,) = json.loads(frames[-1].text)
    assert row["closed"] is True
    assert json.loads(row["outcomePrices"]) == ["1", "0"]


def test_a_directory_imports_each_capture_and_lists_the_rest(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name in ("one_book.json", "scores.csv", "rtds.json"):
        (source / name).write_bytes((CAPTURES / name).read_bytes())
    report = import_capture(source, tmp_path / "out")
    assert [part.target.name for part in report.parts] == ["one_book.tape", "rtds.tape"]
    assert [path.name for path, _ in report.refused] == ["scores.csv"]
    assert report.frames == sum(part.frames for part in report.parts)


def test_an_existing_recording_is_never_overwritten(tmp_path: Path) -> None:
    run("one_book.json", tmp_path)
    before = hashlib.sha256((tmp_path / "out.tape").read_bytes()).digest()
    with pytest.raises(RecordingError, match="exists already"):
        import_capture(CAPTURES / "rtds.json", tmp_path / "out.tape")
    assert hashlib.sha256((tmp_path / "out.tape").read_bytes()).digest() == before


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"There is no file at .*nothing\.json\."):
        import_capture(tmp_path / "nothing.json", tmp_path / "out.tape")


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_cut_off_capture_never_ends_in_a_foreign_error(name: str, tmp_path: Path) -> None:
    whole = (CAPTURES / name).read_bytes()
    for number, share in enumerate((0.02, 0.35, 0.8, 0.99)):
        cut = tmp_path / name
        cut.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(PolydeskError):
            import_capture(cut, tmp_path / f"{number}.tape")


@pytest.mark.parametrize(
    "text",
    [
        '[{"topic":1,"payload":2}]',
        '[{"event_type":"book","timestamp":{}}]',
        '[{"proxyWallet":1,"conditionId":[],"timestamp":"x"}]',
        '{"trades":5,"wallet":1}',
        '{"events":[{}],"name":1}',
        '{"history":[]}',
        '{"bids":1,"asks":2,"asset_id":3}',
        '{"title":1,"markets":[3]}',
        '{"trades":[[1]],"up_token":1,"down_token":2,"cid":3,"cs":1,"up_won":0}',
        '[{"question":1,"conditionId":2}, 5]',
        "[]",
        "{}",
        "5",
        "",
        "[[[[[",
        "[" * 100_000,
    ],
)
def test_hostile_json_is_refused_or_kept_but_never_crashes(text: str, tmp_path: Path) -> None:
    source = tmp_path / "capture.json"
    source.write_text(text)
    try:
        report = import_capture(source, tmp_path / "out.tape")
    except RecordingError:
        return
    with TapeReader(report.target) as reader:
        assert reader.frame_count == report.frames > 0


def test_a_part_that_cannot_be_recorded_refuses_the_whole_and_leaves_no_file(
    tmp_path: Path,
) -> None:
    rows = json.loads((CAPTURES / "rtds.json").read_text())
    rows[-1]["timestamp"] = 10**18
    source, target = tmp_path / "rtds.json", tmp_path / "out.tape"
    source.write_text(json.dumps(rows))
    with pytest.raises(RecordingError, match="a part of it has another form"):
        import_capture(source, target)
    assert not target.exists()


def test_a_disk_that_fails_while_importing_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TapeWriter, "write", full)
    target = tmp_path / "out.tape"
    with pytest.raises(RecordingError, match="No space left"):
        import_capture(CAPTURES / "rtds.json", target)
    assert not target.exists()


def test_a_table_of_more_rows_than_a_recorder_makes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_books, "MAX_ROWS", 3)
    with pytest.raises(RecordingError, match="more than 3 samples"):
        import_capture(CAPTURES / "books.parquet", tmp_path / "out.tape")
