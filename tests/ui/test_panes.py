"""What each pane writes, read from its strips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from tests.ui.fake_source import SECOND, START, FakeSource
from textual.app import App, ComposeResult

from polydesk.analytics.candles import DESK_INTERVALS
from polydesk.domain.book import HashState
from polydesk.domain.decisions import Verdict
from polydesk.domain.ids import TokenId
from polydesk.domain.orders import OrderState
from polydesk.domain.units import MICROS
from polydesk.ui.format import clock, price, short_size
from polydesk.ui.panes.chart import INTERVALS, PriceChart
from polydesk.ui.panes.feed import Feed
from polydesk.ui.panes.ladder import Ladder
from polydesk.ui.panes.positions import Positions
from polydesk.ui.panes.status import StatusBar
from polydesk.ui.panes.tape import Tape
from polydesk.ui.panes.watchlist import Watchlist
from polydesk.ui.themes import DESK_COLOURS
from polydesk.ui.widgets.line import LineWidget
from polydesk.views.models import ChartView, StreamRow

TOKEN = TokenId("1001")


class PaneApp(App[None]):
    """One pane on a screen."""

    def __init__(self, pane: LineWidget) -> None:
        super().__init__()
        self.pane = pane

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DESK_COLOURS)

    def compose(self) -> ComposeResult:
        yield self.pane


async def shown(
    pane: LineWidget, source: FakeSource, size: tuple[int, int] = (60, 20), **then: Any
) -> list[str]:
    """Return the lines of a pane that was opened on the first outcome and polled once."""
    async with PaneApp(pane).run_test(size=size) as pilot:
        opened: Callable[..., None] | None = getattr(pane, "open", None)
        if opened is not None:
            opened(TOKEN, source)
        if isinstance(pane, StatusBar):
            pane.token = TOKEN
        pane.poll(source)
        await pilot.pause()
        return pane.text_lines()


PANES: tuple[type[LineWidget], ...] = (
    Ladder, Tape, Feed, Watchlist, Positions, PriceChart, StatusBar,
)  # fmt: skip


@pytest.mark.parametrize("pane", PANES)
@pytest.mark.parametrize("size", [(28, 10), (38, 16), (60, 20), (110, 50)])
async def test_every_line_fills_the_width_exactly(
    pane: type[LineWidget], size: tuple[int, int]
) -> None:
    lines = await shown(pane(), FakeSource(), size)
    assert len(lines) == size[1]
    assert {cell_len(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("pane", PANES)
async def test_an_empty_desk_says_so_in_words(pane: type[LineWidget]) -> None:
    source = FakeSource()
    source.books.clear()
    source.watched.clear()
    source.trades.clear()
    source.decisions.clear()
    source.orders.clear()
    source.positions = tuple
    text = "\n".join(await shown(pane(), source))
    words = ("no book yet", "no trade yet", "no trade of a followed", "nothing is watched",
             "no position and no open order", "no prices yet", "book none")  # fmt: skip
    assert any(word in text for word in words)


# ladder


def inside(line: str) -> list[str]:
    """Return the words of a line without its frame."""
    return line.strip("┃│").split()


def row_of(lines: list[str], price: str) -> str:
    return next(line for line in lines[3:] if price in line)


async def test_ladder_shows_sizes_own_orders_queue_and_volume() -> None:
    source = FakeSource()
    source.set_level("1001", 612_000, 1_259 * MICROS)
    source.books[TOKEN].traded = {612_000: 640 * MICROS}
    lines = await shown(Ladder(), source, (80, 24))
    assert "Hurricanes · Golden Knights v Hurricanes" in lines[0]
    assert "tick .001" in lines[0]
    assert inside(lines[1]) == ["mine", "queue", "bid", "price", "ask", "queue", "mine", "vol"]
    cells = inside(row_of(lines, ".612"))
    assert cells == ["50", "~1,200", "1,259", ".612", "640"]


async def test_ladder_shows_mid_spread_and_imbalance() -> None:
    line = (await shown(Ladder(), FakeSource(), (80, 24)))[2]
    assert "mid .6130" in line
    assert "spread .002" in line
    assert "imbalance" in line


@pytest.mark.parametrize(
    ("change", "word"),
    [("stale", "STALE: waiting for a snapshot, last change 3.0 s ago"),
     ("crossed", "CROSSED"), ("broken", "BROKEN")],
)  # fmt: skip
async def test_ladder_calls_a_bad_book_bad(change: str, word: str) -> None:
    source = FakeSource()
    book = source.books[TOKEN]
    source.now += 3 * SECOND
    if change == "stale":
        book.stale = True
    elif change == "crossed":
        book.bids[620_000] = MICROS
    else:
        book.hash_state = HashState.BROKEN
    assert word in (await shown(Ladder(), source, (80, 24)))[2]


async def test_the_age_of_a_stale_book_grows_on_the_screen() -> None:
    source, pane = FakeSource(), Ladder()
    source.books[TOKEN].stale = True
    async with PaneApp(pane).run_test(size=(80, 24)):
        pane.open(TOKEN, source)
        source.now += 30 * SECOND
        assert pane.poll(source)
        assert "30 s ago" in pane.text_lines()[2]


async def test_ladder_marks_what_grew_and_shrank_then_forgets() -> None:
    source, pane = FakeSource(), Ladder()
    source.set_level("1001", 611_000, 100 * MICROS)
    source.set_level("1001", 615_000, 100 * MICROS)
    async with PaneApp(pane).run_test(size=(80, 24)):
        pane.open(TOKEN, source)
        source.set_level("1001", 611_000, 900 * MICROS)
        source.set_level("1001", 615_000, 10 * MICROS)
        pane.poll(source)
        assert "900+" in row_of(pane.text_lines(), ".611")
        assert "10-" in row_of(pane.text_lines(), ".615")
        for _ in range(20):
            pane.poll(source)
        assert "+" not in row_of(pane.text_lines(), ".611")


async def test_one_sided_and_empty_books_are_drawn() -> None:
    source = FakeSource()
    source.books[TOKEN].asks = {}
    lines = await shown(Ladder(), source, (80, 24))
    assert "spread -" in lines[2]
    source.books[TOKEN].bids = {}
    lines = await shown(Ladder(), source, (80, 24))
    assert any(".613" in line for line in lines)


# tape, feed, watchlist, positions


async def test_tape_shows_time_side_price_and_size() -> None:
    source = FakeSource()
    lines = await shown(Tape(), source, (40, 20))
    for line, row in zip(lines[1:], source.tape(TOKEN, 5).rows):
        words = inside(line)
        assert words[0] == clock(row.ts, 2)
        assert words[1:4] == [row.side.value, price(row.price), short_size(row.size)]


async def test_tape_names_the_outcome_whose_price_is_shown() -> None:
    source = FakeSource()
    source.step(2_000)
    rows = source.tape(TOKEN, 18).rows
    assert {row.token_id for row in rows} == {TOKEN, source.pairs[TOKEN]}
    for width in (34, 40, 60):
        lines = await shown(Tape(), source, (width, 20))
        for line, row in zip(lines[1:-1], rows):
            assert inside(line)[4].removesuffix("…").startswith(row.outcome[:2])
        assert ("$" in lines[1]) == (width == 60)


async def test_feed_tells_trade_decision_reason_and_delay() -> None:
    source = FakeSource()
    lines = await shown(Feed(), source, (90, 24))
    rows = source.feed(2).rows
    assert "5 wallets, p50 1.9 s" in lines[0]
    assert [row.verdict for row in rows] == [Verdict.COPIED, Verdict.SKIPPED]
    assert f"{rows[0].leader_name}" in lines[1]
    assert f"{rows[0].outcome} · {rows[0].title}" in lines[1]
    assert "copied 40 @" in lines[2]
    assert "filled" in lines[2]
    assert lines[2].rstrip("┃ ").endswith("1.8s")
    assert "skipped SLIPPAGE difference 0.012 max 0.010" in lines[4]


async def test_a_narrow_feed_still_names_the_market() -> None:
    source = FakeSource()
    lines = await shown(Feed(), source, (40, 24))
    for place, row in enumerate(source.feed(5).rows):
        assert row.outcome[:5] in lines[2 + 2 * place]


@pytest.mark.parametrize(
    ("state", "filled", "words"),
    [(OrderState.LIVE, 0, "copied 40 @ .445 resting"),
     (OrderState.PARTIAL, 12, "copied 12 of 40 @ .445 part filled"),
     (OrderState.MATCHED, 40, "copied 40 @ .445 filled"),
     (OrderState.DENIED, 0, "copied 40 @ .445 denied"),
     (OrderState.CANCELED, 12, "copied 12 of 40 @ .445 canceled")],
)  # fmt: skip
async def test_feed_tells_what_became_of_the_copy(
    state: OrderState, filled: int, words: str
) -> None:
    source = FakeSource()
    copied = next(row for row in source.decisions if row.verdict is Verdict.COPIED)
    source.decisions.clear()
    source.decisions.append(replace(copied, order_state=state, filled=filled * MICROS))
    assert words in (await shown(Feed(), source, (90, 10)))[2]


async def test_watchlist_shows_touch_change_and_what_is_held() -> None:
    source, pane = FakeSource(), Watchlist()
    source.move_mid("1001", 2)
    pane.current = TOKEN
    lines = await shown(pane, source, (46, 24))
    assert lines[2].startswith("┃▸Golden Knights v Hurricanes")
    assert inside(lines[3]) == ["Hurricanes", ".614", ".616", "+.002", "120"]


async def test_a_short_watchlist_uses_one_line_an_outcome() -> None:
    lines = await shown(Watchlist(), FakeSource(), (60, 11))
    assert "Hurricanes · " in lines[2]
    assert ".612" in lines[2]


async def test_a_stale_outcome_says_stale_instead_of_a_change() -> None:
    source = FakeSource()
    source.books[TOKEN].stale = True
    assert "stale" in (await shown(Watchlist(), source, (46, 24)))[3]


async def test_positions_and_orders_share_their_columns() -> None:
    lines = await shown(Positions(), FakeSource(), (90, 10))
    assert "Positions 2 · open orders 2" in lines[0]
    assert "realised +82.27" in lines[0]
    order, held = lines[2], lines[4]
    assert inside(held)[-6:] == ["120", "@", ".571", ".612", "+4.92", "kestrel"]
    assert held.index(" @ ") == order.index(" @ ")
    assert "+4.92" in held
    assert "kestrel" in held
    assert "BUY" in order
    assert "resting" in order
    assert "queue ~1,200" in order


async def test_a_short_list_shows_orders_first_and_counts_what_is_hidden() -> None:
    lines = await shown(Positions(), FakeSource(), (90, 5))
    assert "1 more ↓" in lines[0]
    assert "resting" in lines[1]
    assert "resting" in lines[2]
    assert "held" in lines[3]


@pytest.mark.parametrize("chosen", [False, True])
async def test_a_new_order_is_seen_and_leaves_a_chosen_line_alone(chosen: bool) -> None:
    source, pane = FakeSource(), Positions()
    resting = dict(source.orders)
    source.orders.clear()
    async with PaneApp(pane).run_test(size=(90, 4)) as pilot:
        pilot.app.screen.set_focus(pane if chosen else None)
        await pilot.pause()
        pane.poll(source)
        source.orders.update(resting)
        source._bump("portfolio")
        pane.poll(source)
        await pilot.pause()
        line = pane.text_lines()[1]
    assert ("held" in line) == chosen
    assert ("resting" in line) != chosen


# chart and status


async def test_chart_draws_prices_fills_and_axes() -> None:
    lines = await shown(PriceChart(), FakeSource(), (60, 16))
    assert "Hurricanes 1 m" in lines[0]
    assert "▲ bought" in lines[0]
    plot = "".join(lines[1:-2])
    assert plot.count("▲") == 2
    assert any(0x2800 < ord(char) < 0x2900 for char in plot)
    assert ":" in lines[-2]


async def test_chart_axis_covers_what_is_drawn() -> None:
    source = FakeSource()
    lines = await shown(PriceChart(), source, (60, 16))
    labels = [float(f"0{line.split()[-2]}") for line in lines[1:-2] if line.split()[-2][:1] == "."]
    view = source.chart(TOKEN, 60, 106)
    assert view is not None
    closes = [candle.close for candle in view.candles]
    assert labels == sorted(labels, reverse=True)
    assert labels[0] * MICROS >= max(closes) - 2_000


def test_the_chart_offers_exactly_the_intervals_that_are_built() -> None:
    assert INTERVALS == DESK_INTERVALS


async def test_a_young_market_starts_with_short_bars_until_a_person_chooses() -> None:
    source, pane = FakeSource(), PriceChart()
    whole = source.chart

    def young(token: TokenId, interval_s: int, limit: int) -> ChartView | None:
        return whole(token, interval_s, min(limit, 180 // interval_s))

    source.chart = young  # type: ignore[method-assign]
    async with PaneApp(pane).run_test(size=(60, 16)):
        pane.open(TOKEN, source)
        assert pane.interval_s == 5
        pane.change_interval(2, source)
        pane.poll(source)
        assert pane.interval_s == 60
        first = pane.text_lines()
        assert any(0x2800 < ord(line[1]) < 0x2900 for line in first[1:-2])


async def test_a_problem_replaces_the_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    source = FakeSource()
    health = replace(source.health(), last_problem="Order rejected: no match")
    monkeypatch.setattr(source, "health", lambda: health)
    text = (await shown(StatusBar(), source, (160, 1)))[0]
    assert "Order rejected: no match" in text
    assert "Recording of" not in text


async def test_status_tells_freshness_proof_lag_and_account() -> None:
    text = (await shown(StatusBar(), FakeSource(), (160, 1)))[0]
    for words in ("feed 12 ms", "book proven 0 ms", "loop 0.4 ms", "cash 9,412.60", "day +87.31",
                  "drawdown 0.8%", "Recording of 2026-06-07"):  # fmt: skip
        assert words in text


async def test_status_puts_trouble_first() -> None:
    source = FakeSource()
    source.killed, source.kill_reason = True, "by hand"
    assert (await shown(StatusBar(), source, (80, 1)))[0].startswith(" KILLED by hand")


@pytest.mark.parametrize(
    ("up", "last", "words"),
    [(False, START, "feed DOWN market"), (True, None, "feed no data"),
     (True, START - 60 * SECOND, "feed silent 1m00s")],
)  # fmt: skip
async def test_status_says_when_data_does_not_flow(
    up: bool, last: int | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FakeSource()
    health = replace(source.health(), streams=(StreamRow("market", up, "", 1, 0, last),))
    monkeypatch.setattr(source, "health", lambda: health)
    assert words in (await shown(StatusBar(), source, (120, 1)))[0]
