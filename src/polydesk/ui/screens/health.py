"""The Health screen: what is connected, what is proved, how fast the desk is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from polydesk.domain.commands import TradingState
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.format import age
from polydesk.ui.refresh import PaintTimes
from polydesk.ui.screens.base import Page, desk_app
from polydesk.ui.screens.health_commands import HEALTH_COMMANDS
from polydesk.ui.screens.table import (
    Column,
    Fact,
    FactsPane,
    fact_columns,
    fact_lines,
    table_line,
)
from polydesk.ui.titlebar import SILENT_AFTER_NS
from polydesk.ui.venue_words import mode_title, venue_facts
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import HealthView, Mode, StreamRow
from polydesk.views.source import DeskSource

SLOW_LAG_MS = 50.0
"""Loop lag above which the number is marked."""


def _bad(count: int) -> str:
    return "pnl-down" if count else "pnl-up"


def _count(value: int) -> str:
    return f"{value:,}"


def _pair(p50_us: int | None, p99_us: int | None) -> str:
    """Write median and 99th percentile in microseconds."""
    if p50_us is None or p99_us is None:
        return "-"
    return f"{p50_us:,} / {p99_us:,} µs"


def _millis(value: float) -> str:
    return f"{value:.1f} ms"


def source_facts(health: HealthView) -> list[Fact]:
    """Return where the data comes from, how far it has come, and whether orders may be sent."""
    problem = health.last_problem
    return [
        ("Mode", _mode(health), "stale" if health.finished else "heading"),
        ("Source", health.notice or "-", ""),
        _trading(health),
        ("Last problem", problem or "none", "pnl-down" if problem else ""),
    ]


def _mode(health: HealthView) -> str:
    """Return mode, speed and progress in words."""
    if health.mode is Mode.LIVE:
        return mode_title(health.mode)
    words = [health.mode.value, health.speed]
    if health.finished:
        words.append("the recording has ended")
    elif health.progress is not None:
        words.append(f"{int(health.progress * 100)}% of the recording")
    return ", ".join(words)


def _trading(health: HealthView) -> Fact:
    """Return the trading state and the kill switch."""
    state = health.trading_state
    if health.killed:
        reason = health.kill_reason or "no reason given"
        return ("Trading", f"{state.value}, kill switch ON: {reason}", "pnl-down")
    ink = "pnl-up" if state is TradingState.ACTIVE else "stale"
    return ("Trading", f"{state.value}, kill switch off", ink)


def data_facts(health: HealthView) -> list[Fact]:
    """Return what was received and could not be read."""
    return [
        ("Frames", _count(health.frames), ""),
        ("Events/s", _count(health.events_per_second), ""),
        ("Decode errors", _count(health.decode_errors), _bad(health.decode_errors)),
        ("Unknown kinds", _count(health.unknown_kinds), "stale" if health.unknown_kinds else ""),
        ("Inbox", _count(health.inbox_depth), ""),
    ]


def book_facts(health: HealthView) -> list[Fact]:
    """Return how far the books can be trusted."""
    touches = health.touch_agree + health.touch_disagree
    hashes = health.hash_match + health.hash_mismatch
    return [
        ("Books", _count(health.books), ""),
        ("Stale", _count(health.stale_books), "stale" if health.stale_books else ""),
        ("Broken", _count(health.broken_books), _bad(health.broken_books)),
        ("Touch agrees", _proof(health.touch_agree, touches), _bad(health.touch_disagree)),
        ("Hash agrees", _proof(health.hash_match, hashes), _bad(health.hash_mismatch)),
    ]


def _proof(good: int, checks: int) -> str:
    if not checks:
        return "not checked yet"
    if good == checks:
        return f"all {_count(checks)}"
    return f"{_count(checks - good)} of {_count(checks)} differ"


def load_facts(health: HealthView, paint: PaintTimes) -> list[Fact]:
    """Return how fast the desk itself is."""
    lag = f"{health.loop_lag_p50_ms:.1f} / {_millis(health.loop_lag_p99_ms)}"
    slow = "stale" if health.loop_lag_max_ms > SLOW_LAG_MS else ""
    rss = "-" if health.rss_mb is None else f"{health.rss_mb:,} MB"
    drawing = _pair(paint.p50_us, paint.p99_us) if paint.ticks else "-"
    return [
        ("Loop p50/p99", lag, ""),
        ("Loop worst", _millis(health.loop_lag_max_ms), slow),
        ("Decide p50/p99", _pair(health.decided_p50_us, health.decided_p99_us), ""),
        ("Draw p50/p99", drawing, ""),
        ("Memory", rss, ""),
    ]


STREAM_COLUMNS: tuple[Column, ...] = (
    Column("stream", 12, grow=1),
    Column("state", 7),
    Column("last frame", 16),
    Column("frames", 12, "right"),
    Column("reconnects", 10, "right"),
    Column("detail", 12, grow=2),
)


def stream_cells(stream: StreamRow, now: int) -> tuple[Cell, ...]:
    """Return one stream's line."""
    quiet = stream.last_frame_at is not None and now - stream.last_frame_at > SILENT_AFTER_NS
    if stream.last_frame_at is None:
        last = "nothing yet"
    else:
        last = f"{age(now, stream.last_frame_at)} ago" + (" SILENT" if quiet else "")
    return (
        (stream.name, TEXT),
        ("up" if stream.up else "DOWN", "pnl-up" if stream.up else "pnl-down"),
        (last, "stale" if quiet or stream.last_frame_at is None else TEXT),
        (_count(stream.frames), TEXT),
        (_count(stream.reconnects), "stale" if stream.reconnects else TEXT),
        (stream.detail, "muted"),
    )


def stream_lines(health: HealthView, width: int) -> list[list[Cell]]:
    """Return the table of connections."""
    if not health.streams:
        return [[("No stream is open.", "stale")]]
    header = [(column.title, "muted") for column in STREAM_COLUMNS]
    rows = [header, *(stream_cells(stream, health.now) for stream in health.streams)]
    return [table_line(STREAM_COLUMNS, cells, width, "") for cells in rows]


def number_lines(health: HealthView, paint: PaintTimes, width: int) -> list[list[Cell]]:
    """Return data, books and load side by side; in two columns when the terminal is narrow."""
    data, books, load = data_facts(health), book_facts(health), load_facts(health, paint)
    if width >= 110:
        return fact_columns((data, books, load), width)
    facts = data + books + load
    half = -(-len(facts) // 2)
    return fact_columns((facts[:half], facts[half:]), width)


class HealthScreen(Page):
    """How the desk itself is doing."""

    SCOPE = Scope.HEALTH
    CSS_PATH = "health.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(HEALTH_COMMANDS))

    def body(self) -> ComposeResult:
        """Show all panes in one scrolling column."""
        with VerticalScroll(id="health", can_focus=False):
            yield FactsPane("Desk", self._source_lines, id="health-source")
            yield FactsPane("Venue: LIVE, real money", self._venue_lines, id="health-venue")
            yield FactsPane("Streams", self._stream_lines, id="health-streams")
            yield FactsPane("Data, books and load", self._numbers, id="health-numbers")

    @staticmethod
    def _source_lines(source: DeskSource, width: int) -> list[list[Cell]]:
        return fact_lines(source_facts(source.health()), width, 15)

    @staticmethod
    def _venue_lines(source: DeskSource, width: int) -> list[list[Cell]]:
        health = source.health()
        if health.venue is None:
            return [[("The venue is not known yet.", "stale")]]
        return fact_lines(venue_facts(health.venue, health.now), width, 15)

    @staticmethod
    def _stream_lines(source: DeskSource, width: int) -> list[list[Cell]]:
        return stream_lines(source.health(), width)

    def _numbers(self, source: DeskSource, width: int) -> list[list[Cell]]:
        return number_lines(source.health(), desk_app(self).driver.paint_times(), width)

    def action_scroll_body(self, direction: int) -> None:
        """Scroll by two lines."""
        self.query_one("#health").scroll_relative(y=2 * direction, animate=False)
