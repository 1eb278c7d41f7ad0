"""The help screen: every key of one screen in groups, from the command registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from polydesk.ui.commands import CommandSpec, Scope
from polydesk.ui.format import fit
from polydesk.ui.keymap import effective_keys, show_keys
from polydesk.ui.registry import help_commands
from polydesk.ui.screens.base import Dialog, desk_app
from polydesk.ui.screens.table import wrap

KEY_WIDTH = 16
TITLE_WIDTH = 18
BOX_WIDTH = 110
_FRAME = 8
"""Cells of the box that are not text."""


def help_groups(commands: tuple[CommandSpec, ...]) -> dict[str, list[CommandSpec]]:
    """Return commands by heading, both in the order of the registry."""
    groups: dict[str, list[CommandSpec]] = {}
    for spec in commands:
        groups.setdefault(spec.group, []).append(spec)
    return groups


def help_content(scope: Scope, keymap: Mapping[str, str], width: int) -> Content:
    """Return the whole page of one screen in lines of at most ``width`` cells."""
    lines: list[Content] = []
    for heading, specs in help_groups(help_commands(scope)).items():
        if lines:
            lines.append(Content(""))
        lines.append(Content.styled(heading, "bold $heading"))
        for spec in specs:
            lines += _lines(spec, keymap, width)
    return Content("\n").join(lines)


def _lines(spec: CommandSpec, keymap: Mapping[str, str], width: int) -> list[Content]:
    """Return keys, title and help; long help goes on under itself."""
    keys = fit(show_keys(effective_keys(spec, keymap)), KEY_WIDTH)
    title = fit(spec.title, TITLE_WIDTH)
    first, *rest = wrap(spec.help, max(10, width - KEY_WIDTH - TITLE_WIDTH))
    indent = " " * (KEY_WIDTH + TITLE_WIDTH)
    return [
        Content.assemble((keys, "bold $key"), title, (first, "$muted")),
        *(Content.assemble(indent, (line, "$muted")) for line in rest),
    ]


class HelpScreen(Dialog[None]):
    """Every key that works on the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "close", "Close"),
        Binding("down,j", "scroll(1)", "Down"),
        Binding("up,k", "scroll(-1)", "Up"),
        Binding("pagedown,space", "scroll(10)", "Page down"),
        Binding("pageup", "scroll(-10)", "Page up"),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 110; max-width: 100%; height: auto; max-height: 90%; padding: 1 2;
        background: $surface; border: solid $frame-focus;
        border-title-color: $heading; border-subtitle-color: $muted; scrollbar-size-vertical: 1;
    }
    HelpScreen Static { width: 1fr; height: auto; }
    """

    def __init__(self, scope: Scope) -> None:
        """Make the help of one screen."""
        super().__init__()
        self._scope = scope

    def compose(self) -> ComposeResult:
        """Show the page in a scrolling box."""
        box = VerticalScroll(Static(id="help-text"))
        self.entitle(box, f"Keys of the {self._scope.value.title()} screen")
        box.border_subtitle = "Esc closes"
        yield box

    def on_resize(self, event: events.Resize) -> None:
        """Fit the page to the width."""
        width = min(BOX_WIDTH, event.size.width) - _FRAME
        page = help_content(self._scope, desk_app(self).user_keymap, width)
        self.query_one("#help-text", Static).update(page)

    def action_scroll(self, lines: int) -> None:
        """Scroll the page."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()
