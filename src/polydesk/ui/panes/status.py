"""The status line of the Desk: is the data fresh and proven, and how does the account stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from polydesk.domain.ids import TokenId
from polydesk.ui.format import age, clip, money, percent, plain, signed_money
from polydesk.ui.screens.words import gain_ink, result_facts
from polydesk.ui.venue_words import can_sign
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, LineWidget, Row
from polydesk.views.models import BookView, HealthView, Mode, PortfolioView
from polydesk.views.source import DeskSource

_SECOND = 1_000_000_000
SLOW_LAG_MS = 50
"""Loop lag from which the word ``slow`` is added."""
_QUIET = 10 * _SECOND
_NOTICE_NEEDS = 20
_TOTAL_NEEDS = 110
Fact = tuple[str, str, str]
"""(label, value, style name)."""


class StatusBar(LineWidget, can_focus=False):
    """One line; facts leave from the right when it is too narrow."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("bid", "pnl-up", "pnl-down", "waiting"), ("panel",)
    )
    FRAMED = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.token: TokenId | None = None
        self._health: HealthView | None = None
        self._portfolio: PortfolioView | None = None
        self._book: BookView | None = None
        self._versions = (-1, -1)

    def poll(self, source: DeskSource) -> bool:
        """Take health, and account and book when they moved."""
        self._health = source.health()
        book = source.book_version(self.token) if self.token is not None else -1
        versions = (source.portfolio_version(), book)
        if versions[0] != self._versions[0]:
            self._portfolio = source.portfolio()
        if versions[1] != self._versions[1]:
            self._book = source.book(self.token, 1) if self.token is not None else None
        self._versions = versions
        return self.update_lines()

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the facts of the line."""
        health = self._health
        if health is None:
            return [()]
        result = _result(self._portfolio, health.mode, width)
        facts = [_killed(health), _feed(health), _book(self._book, health.now)]
        facts += [] if result and width < _TOTAL_NEEDS else [_lag(health)]
        facts += _account(self._portfolio, result)
        shown = tuple(fact for fact in facts if fact)
        return [("status", shown, health.notice, health.last_problem)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the facts that fit, and the newest problem or the notice in what is left."""
        _, facts, notice, problem = cast("tuple[str, tuple[Fact, ...], str, str]", row)
        cells: list[Cell] = [(" ", "text")]
        room = width - 1
        for label, value, ink in facts:
            text = f"{label} " if label else ""
            room -= len(text) + len(value)
            if room < 0:
                break
            gap = min(2, room)
            cells += [(text, "muted"), (value, ink), (" " * gap, "text")]
            room -= gap
        if room > _NOTICE_NEEDS:
            words, ink = (problem, "stale") if problem else (notice, "muted")
            cells.append((clip(plain(words), room - 1), ink))
        return cells


def _killed(health: HealthView) -> Fact | None:
    """Return that the kill switch is on, before anything else."""
    if not health.killed:
        return None
    way_out = "R releases" if can_sign(health.venue) else "R, then restart"
    return ("", clip(f"KILLED {plain(health.kill_reason)}: {way_out}", 48), "bold pnl-down")


def _feed(health: HealthView) -> Fact:
    """Return how old the newest frame is; down and silent streams in words."""
    if health.finished:
        return ("feed", "ended", "stale")
    down = [stream for stream in health.streams if not stream.up]
    if down:
        return ("feed", f"DOWN {plain(down[0].name)}", "bold pnl-down")
    newest = max((stream.last_frame_at or 0 for stream in health.streams), default=0)
    if not newest:
        return ("feed", "no data", "stale")
    old = age(health.now, newest)
    silent = health.now - newest > _QUIET
    return ("feed", f"silent {old}" if silent else old, "stale" if silent else "pnl-up")


def _book(view: BookView | None, now: int) -> Fact:
    """Return proof and age of the book in the ladder."""
    if view is None:
        return ("book", "none", "stale")
    if view.stale:
        return ("book", "STALE", "bold stale")
    if view.crossed:
        return ("book", "CROSSED", "bold stale")
    state = view.hash_state.value
    ink = {"proven": "pnl-up", "checked": "pnl-up", "broken": "bold stale"}.get(state, "waiting")
    word = state.upper() if state == "broken" else state
    return ("book", f"{word} {age(now, view.changed_at)}", ink)


def _lag(health: HealthView) -> Fact:
    lag = health.loop_lag_p99_ms
    slow = lag >= SLOW_LAG_MS
    return ("loop", f"{lag:.1f} ms{' slow' if slow else ''}", "stale" if slow else "text")


def _result(view: PortfolioView | None, mode: Mode, width: int) -> list[Fact]:
    """Return what is settled, at risk and both; a narrow line leaves the sum to the reader."""
    facts = result_facts(view, mode) if view is not None else []
    if view is None or not facts:
        return []
    settled, risky = signed_money(view.settled), signed_money(view.at_risk)
    words = f"{settled} settled / {risky} at risk"
    if width >= _TOTAL_NEEDS:
        words += f" / {facts[-1][1]} total"
    return [("pnl", words, "stale" if view.at_risk_value else "text")]


def _account(view: PortfolioView | None, result: list[Fact]) -> list[Fact]:
    """Return cash, the result by how sure it is, today's result and drawdown."""
    if view is None:
        return []
    return [
        ("cash", money(view.cash), "bold text"),
        *result,
        ("day", signed_money(view.day_pnl), gain_ink(view.day_pnl)),
        ("drawdown", percent(view.drawdown, view.peak, 1), "text"),
        ("equity", money(view.equity), "text"),
    ]
