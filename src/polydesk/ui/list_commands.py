"""Keys that move the cursor in every list."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

_L = Scope.LIST
_MOVE = "Move in a list"

LIST_COMMANDS: tuple[CommandSpec, ...] = tuple(
    CommandSpec(command_id, title, text, keys, _L, action, _MOVE, palette=False)
    for command_id, title, text, keys, action in (
        ("list.up", "Up", "Move the cursor one line up.", "up,k", "move(-1)"),
        ("list.down", "Down", "Move the cursor one line down.", "down,j", "move(1)"),
        ("list.page-up", "Page up", "Move the cursor one page up.", "pageup", "page(-1)"),
        ("list.page-down", "Page down", "Move the cursor one page down.", "pagedown", "page(1)"),
        ("list.first", "First", "Go to the first line and stay there.", "home,g", "first"),
        ("list.last", "Last", "Go to the last line.", "end,G", "last"),
        ("list.next", "Next list", "Give the keys to the next list.", "tab", "app.focus_next"),
        (
            "list.previous",
            "Previous list",
            "Give the keys to the previous list.",
            "shift+tab",
            "app.focus_previous",
        ),
    )
)
