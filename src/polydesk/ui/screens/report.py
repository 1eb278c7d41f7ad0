"""A scrolling box over a screen: one order's detail, or the recovery report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from polydesk.ui.commands import to_bindings
from polydesk.ui.screens.base import Dialog, desk_app
from polydesk.ui.screens.kill import ask_to_kill
from polydesk.ui.screens.orders_commands import REPORT_COMMANDS
from polydesk.ui.screens.table import FactsPane
from polydesk.ui.widgets.line import Cell
from polydesk.views.source import DeskSource


class ReportLines(FactsPane):
    """The lines; the box around them has the frame, which does not scroll away."""

    FRAMED = False
    DEFAULT_CSS = "ReportLines { background: $surface; }"


class ReportBox(Dialog[None]):
    """Lines that follow the source; the kill key works here too."""

    TITLE_WORDS: ClassVar[str] = ""
    KEYS_WORDS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(REPORT_COMMANDS))
    DEFAULT_CSS = """
    ReportBox { align: center middle; }
    ReportBox > VerticalScroll {
        width: 124; max-width: 100%; height: auto; max-height: 96%;
        background: $surface; border: heavy $frame-focus;
        border-title-color: $heading; border-subtitle-color: $muted; scrollbar-size-vertical: 1;
    }
    """

    def compose(self) -> ComposeResult:
        """Show the lines in a scrolling box."""
        with VerticalScroll(id="report", can_focus=False) as box:
            self.entitle(box, self.TITLE_WORDS)
            box.border_subtitle = self.KEYS_WORDS
            yield ReportLines("", self.lines, id="report-lines")

    def on_mount(self) -> None:
        """Show the first lines at once."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        self.query_one(ReportLines).poll(desk_app(self).source)

    def lines(self, source: DeskSource, width: int) -> Sequence[Sequence[Cell]]:
        """Return what is known now, for a width."""
        raise NotImplementedError

    def action_scroll(self, lines: int) -> None:
        """Scroll the box."""
        self.query_one("#report").scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()

    def action_kill(self) -> None:
        """Ask to latch the kill switch."""
        ask_to_kill(desk_app(self))
