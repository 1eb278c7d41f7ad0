"""What every screen and dialog of the desk shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget

from polydesk.ui.app_commands import APP_COMMANDS
from polydesk.ui.commands import CommandSpec, Scope, split_keys, to_bindings
from polydesk.ui.keymap import effective_keys, show_key
from polydesk.ui.panes.venue import VenueBar
from polydesk.ui.titlebar import TitleBar
from polydesk.ui.venue_words import mode_title
from polydesk.views.source import DeskSource

if TYPE_CHECKING:
    from polydesk.ui.app import DeskApp


def desk_app(widget: Widget) -> DeskApp:
    """Return the application of a widget under its real type."""
    return cast("DeskApp", widget.app)


def key_hint(spec: CommandSpec, keymap: Mapping[str, str]) -> Content:
    """Return the first key of a command and its title."""
    key = split_keys(effective_keys(spec, keymap))[0]
    return Content.assemble(
        (f" {show_key(key)}", "bold $key"), (f" {spec.title.lower()} ", "$muted")
    )


def hint_line(
    own: Iterable[CommandSpec],
    everywhere: Iterable[CommandSpec],
    keymap: Mapping[str, str],
    width: int,
) -> Content:
    """Return the hints that fit whole: a screen's own may not push out those that work everywhere."""
    last = [key_hint(spec, keymap) for spec in everywhere if spec.hint]
    room = width - sum(hint.cell_length for hint in last)
    first: list[Content] = []
    for hint in (key_hint(spec, keymap) for spec in own if spec.hint):
        if hint.cell_length > room:
            break
        room -= hint.cell_length
        first.append(hint)
    return Content.assemble(*first, *last)


class KeyHints(Widget):
    """The last line: the keys that matter here."""

    DEFAULT_CSS = """
    KeyHints { dock: bottom; height: 1; width: 100%; background: $panel; }
    """

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope

    def render(self) -> Content:
        """Return the hints of the screen, then those that work everywhere."""
        from polydesk.ui.registry import commands_of

        keymap = desk_app(self).user_keymap
        own, everywhere = commands_of(self._scope), commands_of(Scope.APP)
        return hint_line(own, everywhere, keymap, self.size.width)


class Page(Screen[None]):
    """One of the screens on a number key: title line, body, key hints."""

    SCOPE: ClassVar[Scope]

    def compose(self) -> ComposeResult:
        """Frame the body with the title line and the key hints."""
        yield TitleBar(self.SCOPE.value)
        yield VenueBar()
        yield from self.body()
        yield KeyHints(self.SCOPE)

    def body(self) -> ComposeResult:
        """Compose what lies between the two lines."""
        yield from ()

    @property
    def source(self) -> DeskSource:
        """The desk's views and commands."""
        return desk_app(self).source


class Dialog(ModalScreen[ScreenResultType]):
    """A box over a screen, which stays visible. Kill switch and Ctrl+C still work."""

    DEFAULT_CSS = "Dialog { background: $background 60%; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        *to_bindings(spec for spec in APP_COMMANDS if spec.priority)
    ]

    def entitle(self, box: Widget, title: str = "") -> None:
        """Put the mode, and what the box is about in our own words, on the frame of a box."""
        box.add_class("box")
        box.border_title = mode_title(desk_app(self).source.health().mode, title)
