"""The help screen: every key of one screen in groups, from the command registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

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

KEY_WIDTH = 18
TITLE_WIDTH = 18


def help_groups(commands: tuple[CommandSpec, ...]) -> dict[str, list[CommandSpec]]:
    """Return commands by heading, both in the order of the registry."""
    groups: dict[str, list[CommandSpec]] = {}
    for spec in commands:
        groups.setdefault(spec.group, []).append(spec)
    return groups


def help_content(scope: Scope, keymap: Mapping[str, str]) -> Content:
    """Return the whole page of one screen."""
    lines: list[Content] = []
    for heading, specs in help_groups(help_commands(scope)).items():
        if lines:
            lines.append(Content(""))
        lines.append(Content.styled(heading, "bold $heading"))
        lines += [_line(spec, keymap) for spec in specs]
    return Content("\n").join(lines)


def _line(spec: CommandSpec, keymap: Mapping[str, str]) -> Content:
    keys = show_keys(effective_keys(spec, keymap))
    return Content.assemble(
        (fit(keys, KEY_WIDTH), "bold $key"), fit(spec.title, TITLE_WIDTH), (spec.help, "$muted")
    )


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
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 104; max-width: 96%; height: auto; max-height: 90%; padding: 1 2;
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
        box = VerticalScroll(Static(help_content(self._scope, desk_app(self).user_keymap)))
        box.border_title = f"Keys of the {self._scope.value.title()} screen"
        box.border_subtitle = "Esc closes"
        yield box

    def action_scroll(self, lines: int) -> None:
        """Scroll the page."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()
