"""History gives back what it was given, finds markets and forgets on time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from polydesk.domain.candles import Candle
from polydesk.domain.events import TradePrinted, WalletTraded
from polydesk.domain.ids import ConditionId, EventId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import FeeSchedule, Market, MarketVersion, Outcome, Side
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.errors import StoreError
from polydesk.store.history import HistoryReader, HistoryWriter
from polydesk.store.history_reader import PnlPoint, StoredLeader
from polydesk.store.retention import DAY_NS, RetentionDays

YES, NO = TokenId("1" * 77), TokenId("2" * 77)
CONDITION = ConditionId("0x" + "c0" * 32)
LEADER = Wallet("0x" + "ab" * 20)
MARKET = Market(
    CONDITION,
    "Will the Golden Knights beat the Hurricanes?",
    "nhl-vgk-car",
    (Outcome(YES, "Knights", 0), Outcome(NO, "Hurricanes", 1)),
    tick=PriceMicros(1_000),
    min_size=ShareMicros(5_000_000),
    neg_risk=True,
    fees=FeeSchedule(70_000, 2, False),
    version=MarketVersion.V2,
    market_id="512",
    event_id=EventId("77"),
    event_slug="nhl-final",
    event_title="Stanley Cup Café",
    group_title="Game 7",
    category="Sports",
    end_ns=1_800_000_000_000_000_000,
    volume=UsdMicros(9_000_000),
    volume_24h=UsdMicros(500),
    liquidity=UsdMicros(77),
)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[HistoryWriter]:
    writer = HistoryWriter(tmp_path)
    yield writer
    writer.close()


@pytest.fixture
def reader(writer: HistoryWriter) -> Iterator[HistoryReader]:
    reader = HistoryReader(writer.path)
    yield reader
    reader.close()


def printed(ts: int, token: TokenId = YES) -> TradePrinted:
    return TradePrinted(
        token, CONDITION, ts, ts + 5, PriceMicros(530_000), ShareMicros(10), Side.SELL,
        "0x" + "fe" * 32,
    )  # fmt: skip


def leader_trade(number: int, wallet: Wallet = LEADER) -> WalletTraded:
    return WalletTraded(
        TradeId(f"0x{number:064x}:{wallet}:BUY"), wallet, "kestrel", YES, CONDITION, Side.BUY,
        PriceMicros(610_000), ShareMicros(12), 1_000 + number, 2_000 + number,
        f"0x{number:064x}", "title", "Knights", "slug", True, "data",
    )  # fmt: skip


def other_market(number: int, **changes: object) -> Market:
    tokens = (TokenId(f"9{number}1"), TokenId(f"9{number}2"))
    market = replace(
        MARKET,
        condition_id=ConditionId(f"0x{number:064x}"),
        outcomes=(Outcome(tokens[0], "Yes", 0), Outcome(tokens[1], "No", 1)),
    )
    return replace(market, **changes)  # type: ignore[arg-type]


def test_a_market_comes_back_equal(writer: HistoryWriter, reader: HistoryReader) -> None:
    writer.market(MARKET)
    writer.flush()
    assert reader.search_markets("golden", 10) == (MARKET,)


def test_a_market_is_kept_once_in_its_newest_form(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    renamed = replace(
        MARKET, question="Panthers win?", closed=True, payouts=(PriceMicros(0), PriceMicros(10**6))
    )
    writer.market(MARKET)
    writer.market(renamed)
    writer.flush()
    assert reader.search_markets("panthers", 10) == (renamed,)
    assert reader.search_markets("golden", 10) == ()
    assert reader.counts()["markets"] == 1


@pytest.mark.parametrize(
    "text",
    ["hurr", "KNIGHTS beat", "cafe", "Café", "game 7", "nhl-vgk", "stanley sports", "", "?!"],
)
def test_markets_are_found_by_beginnings_of_words(
    writer: HistoryWriter, reader: HistoryReader, text: str
) -> None:
    writer.market(MARKET)
    writer.flush()
    assert reader.search_markets(text, 5) == (MARKET,)


@pytest.mark.parametrize("text", ["ockey", "knights maple", "AND", "zzz*", "NEAR(a b)"])
def test_words_that_do_not_occur_find_nothing(
    writer: HistoryWriter, reader: HistoryReader, text: str
) -> None:
    writer.market(MARKET)
    writer.flush()
    assert reader.search_markets(text, 5) == ()


def test_open_and_busy_markets_come_first(writer: HistoryWriter, reader: HistoryReader) -> None:
    closed = other_market(1, closed=True, volume_24h=UsdMicros(900))
    quiet, busy = (other_market(n, volume_24h=UsdMicros(n)) for n in (2, 3))
    for market in (closed, quiet, busy):
        writer.market(market)
    writer.flush()
    assert reader.search_markets("golden", 10) == (busy, quiet, closed)
    assert reader.search_markets("golden", 1) == (busy,)
    assert reader.search_markets("golden", -1) == ()


def test_a_leaders_trades_come_back_newest_first_and_once(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    other = Wallet("0x" + "cd" * 20)
    for number in (1, 2, 2, 3):
        writer.leader_trade(leader_trade(number))
    writer.leader_trade(leader_trade(9, other))
    writer.flush()
    expected = tuple(leader_trade(number) for number in (3, 2, 1))
    assert reader.leader_trades(LEADER, 10) == expected
    assert reader.leader_trades(LEADER, 2) == expected[:2]
    assert reader.leader_trades(None, 1) == (leader_trade(9, other),)
    assert reader.leader_trades(Wallet("nobody\ud800"), 5) == ()


def test_bars_come_back_by_interval_oldest_first(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    bars = [Candle(60 * n, 5, 9, 1, 7, n) for n in range(5)]
    for bar in bars:
        writer.candle(YES, 60, bar)
    writer.candle(YES, 300, Candle(0, 1, 1, 1, 1, 1))
    writer.flush()
    assert reader.candles(YES, 60, 3) == tuple(bars[2:])
    assert reader.candles(YES, 300, 9) == (Candle(0, 1, 1, 1, 1, 1),)
    assert reader.candles(NO, 60, 3) == ()


def test_a_bar_given_again_is_completed_not_doubled(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    writer.candle(YES, 60, Candle(0, 500, 520, 490, 510, 7))
    for _ in range(2):
        writer.candle(YES, 60, Candle(0, 510, 600, 495, 505, 9))
    writer.flush()
    assert reader.candles(YES, 60, 3) == (Candle(0, 500, 600, 490, 505, 9),)


def test_pnl_and_leaders_come_back(writer: HistoryWriter, reader: HistoryReader) -> None:
    for ts in (1, 2, 3, 3):
        writer.pnl(ts, 100 + ts, 50, -7, 3)
    writer.leader(LEADER, "kestrel", '{"cash": 1}')
    writer.leader(LEADER, "kestrel", '{"cash": 2}')
    writer.flush()
    assert reader.pnl(2) == (PnlPoint(2, 102, 50, -7, 3), PnlPoint(3, 103, 50, -7, 3))
    assert reader.leaders() == (StoredLeader(LEADER, "kestrel", '{"cash": 2}'),)


def test_long_ids_are_stored_once_and_hashes_as_bytes(writer: HistoryWriter) -> None:
    for ts in range(50):
        writer.trade(printed(ts))
    writer.flush()
    connection = sqlite3.connect(writer.path)
    assert connection.execute("SELECT count(*) FROM tokens").fetchone() == (1,)
    kinds = connection.execute(
        "SELECT DISTINCT typeof(token), typeof(hash), length(hash), is_buy FROM prints"
    )
    assert kinds.fetchall() == [("integer", "blob", 32, 0)]
    connection.close()


def run_retention(writer: HistoryWriter, now_ns: int) -> None:
    writer.apply_retention(now_ns, RetentionDays())
    assert writer.retention is not None
    for _ in range(100):
        writer.flush()
        if writer.retention.done:
            return
    pytest.fail("retention did not finish")


def test_old_platform_trades_go_and_young_ones_stay(
    writer: HistoryWriter, reader: HistoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polydesk.store.retention.CHUNK", 10)
    for day in range(60):
        writer.trade(printed(day * DAY_NS))
        writer.leader_trade(leader_trade(day))
    run_retention(writer, 60 * DAY_NS)
    counts = reader.counts()
    assert (counts["prints"], counts["leader_trades"]) == (30, 60)
    assert writer.retention is not None
    assert writer.retention.deleted["prints"] == 30
    assert writer.problem is None


def test_everything_old_goes_when_nothing_is_young(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    for day in range(5):
        writer.trade(printed(day * DAY_NS))
    run_retention(writer, 500 * DAY_NS)
    assert reader.counts()["prints"] == 0


def test_trades_of_a_resolved_market_go_seven_days_after_it_was_noticed(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    open_market = other_market(5)
    writer.market(replace(MARKET, closed=True, payouts=(PriceMicros(10**6), PriceMicros(0))))
    writer.market(open_market)
    for token in (YES, open_market.outcomes[0].token_id):
        writer.trade(printed(20 * DAY_NS, token))
    for now, left in ((21, 2), (27, 2), (28, 1)):
        run_retention(writer, now * DAY_NS)
        assert reader.counts()["prints"] == left


def test_fine_bars_go_after_ninety_days_and_stored_ones_never(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    for interval in (5, 60, 86_400):
        writer.candle(YES, interval, Candle(0, 1, 1, 1, 1, 1))
        writer.candle(YES, interval, Candle(50 * DAY_NS, 1, 1, 1, 1, 1))
    run_retention(writer, 100 * DAY_NS)
    assert [len(reader.candles(YES, interval, 9)) for interval in (5, 60, 86_400)] == [1, 2, 2]


def test_the_history_goes_on_over_restarts(tmp_path: Path) -> None:
    for day in range(3):
        writer = HistoryWriter(tmp_path)
        writer.trade(printed(day))
        writer.market(MARKET)
        writer.close()
    reader = HistoryReader(writer.path)
    counts = reader.counts()
    reader.close()
    assert (counts["prints"], counts["tokens"], counts["markets"]) == (3, 2, 1)


def test_a_newer_history_is_refused_by_both_sides(tmp_path: Path) -> None:
    HistoryWriter(tmp_path).close()
    path = tmp_path / "history.db"
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO migrations VALUES (2, 'history-2')")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="newer polydesk"):
        HistoryWriter(tmp_path)
    with pytest.raises(StoreError, match="newer polydesk"):
        HistoryReader(path)


def test_a_journal_is_no_history(tmp_path: Path) -> None:
    from polydesk.store.journal import SqliteJournal

    SqliteJournal(tmp_path).close()
    with pytest.raises(StoreError, match="not a database of this kind"):
        HistoryReader(tmp_path / "journal.db")


def test_a_closed_reader_says_so(writer: HistoryWriter) -> None:
    reader = HistoryReader(writer.path)
    reader.close()
    with pytest.raises(StoreError, match="cannot be read"):
        reader.counts()


def test_a_foreign_tool_that_holds_the_file_costs_no_rows(
    writer: HistoryWriter, reader: HistoryReader
) -> None:
    holder = sqlite3.connect(writer.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    writer.trade(printed(1))
    with pytest.raises(StoreError, match=r"locked|did not answer"):
        writer.flush(timeout_s=0.2)
    holder.execute("ROLLBACK")
    holder.close()
    writer.flush()
    assert reader.counts()["prints"] == 1
    assert writer.problem is None
    assert writer.lost == 0
