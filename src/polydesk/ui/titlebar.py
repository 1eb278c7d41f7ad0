"""The first line of every screen: which venue this is, where we are, and whether data flows."""

from __future__ import annotations

from typing import cast

from textual.content import Content
from textual.widget import Widget

from polydesk.domain.commands import TradingState
from polydesk.ui.format import clock, safe
from polydesk.ui.refresh import DeskApp
from polydesk.ui.venue_words import short_wallet
from polydesk.views.models import HealthView, Mode

SCREEN_TABS: tuple[tuple[str, str, str], ...] = (
    ("1", "desk", "Desk"),
    ("2", "markets", "Markets"),
    ("3", "feed", "Feed"),
    ("5", "portfolio", "Portfolio"),
    ("F2", "orders", "Orders"),
    ("0", "health", "Health"),
)
"""(key, mode, title)."""
_SECOND = 1_000_000_000
SILENT_AFTER_NS = 10 * _SECOND
"""A stream that has delivered nothing this long is called silent."""


def link_word(health: HealthView) -> tuple[str, str]:
    """Return the state of the data in words and the colour variable it is drawn with."""
    if health.finished:
        return "recording ended", "$stale"
    down = sum(not stream.up for stream in health.streams)
    if not health.streams:
        return "no streams", "$stale"
    if down:
        return f"{down} of {len(health.streams)} streams down", "$pnl-down"
    newest = max((s.last_frame_at or 0 for s in health.streams), default=0)
    if not newest:
        return "no data yet", "$stale"
    if health.now - newest > SILENT_AFTER_NS:
        return f"silent {(health.now - newest) // _SECOND} s", "$stale"
    is_real = health.mode in {Mode.PAPER, Mode.LIVE}
    return "live data" if is_real else "data flows", "$pnl-up"


def trading_word(health: HealthView) -> tuple[str, str]:
    """Return what orders may do now and the colour variable it is drawn with."""
    if health.killed:
        return "KILLED", "$pnl-down"
    colour = "$pnl-up" if health.trading_state is TradingState.ACTIVE else "$stale"
    return health.trading_state.value, colour


def progress_word(health: HealthView) -> str:
    """Return the speed and, for a recording, how far it has played."""
    if health.progress is None:
        return ""
    return f"{health.speed} {int(health.progress * 100)}%"


class TitleBar(Widget):
    """One line: mode badge, screen tabs, state of data and trading, desk time."""

    DEFAULT_CSS = """
    TitleBar {
        dock: top; height: 1; width: 100%;
        background: $panel; color: $foreground;
    }
    """

    def __init__(self, active: str) -> None:
        super().__init__()
        self._active = active
        self._health: HealthView | None = None

    def on_mount(self) -> None:
        """Name the mode on the very first frame."""
        self.show(cast("DeskApp", self.app).source.health())

    def show(self, health: HealthView) -> None:
        """Draw the line again when anything on it changed."""
        before, self._health = self._health, health
        if before is None or self._facts(before) != self._facts(health):
            self.refresh()

    @staticmethod
    def _facts(health: HealthView) -> tuple[object, ...]:
        return (
            health.mode,
            link_word(health),
            trading_word(health),
            progress_word(health),
            health.venue.wallet if health.venue else "",
            health.now // _SECOND,
        )

    def render(self) -> Content:
        """Return the line fitted to the width; badge, data and trading give way last."""
        health = self._health
        if health is None:
            return Content("")
        badge, state = self._badge(health), self._state(health)
        short = self._state(health, clock_shown=False)
        for tabs, right in (
            (self._tabs(compact=False), state),
            (self._tabs(compact=True), state),
            (self._tabs(compact=True), short),
            (Content(""), state),
        ):
            gap = self.size.width - badge.cell_length - 1 - tabs.cell_length - right.cell_length
            if gap >= 1:
                return Content.assemble(badge, " ", tabs, " " * gap, right)
        return Content.assemble(badge, " ", short)

    @staticmethod
    def _badge(health: HealthView) -> Content:
        mode = health.mode.value
        wallet = f" {short_wallet(health.venue.wallet)}" if health.venue else ""
        return Content.styled(f" {mode.upper()}{wallet} ", f"bold $mode-text on $mode-{mode}")

    def _tabs(self, *, compact: bool) -> Content:
        parts: list[Content] = []
        for key, mode, title in SCREEN_TABS:
            active = mode == self._active
            style = "bold $cursor-text on $cursor" if active else "$muted"
            label = f" {key} " if compact and not active else f" {key} {title} "
            parts.append(Content.styled(label, style))
        return Content.assemble(*parts)

    @staticmethod
    def _state(health: HealthView, *, clock_shown: bool = True) -> Content:
        link, link_colour = link_word(health)
        trading, trading_colour = trading_word(health)
        progress = progress_word(health)
        return Content.assemble(
            safe(progress),
            "  " if progress else "",
            (f"● {link}", link_colour),
            "  ",
            (trading, f"bold {trading_colour}"),
            "  ",
            (f"{clock(health.now)} UTC " if clock_shown else "", "$muted"),
        )
