"""Write ``docs/keys.md`` from the command registry: ``python -m polydesk.ui.keydoc > docs/keys.md``."""

from __future__ import annotations

import sys

from polydesk.ui.commands import CommandSpec, Scope
from polydesk.ui.keymap import show_keys
from polydesk.ui.registry import commands_of

TITLES: tuple[tuple[Scope, str], ...] = (
    (Scope.APP, "Everywhere"),
    (Scope.DESK, "Desk"),
    (Scope.ORDER, "Order ticket"),
    (Scope.MARKETS, "Markets"),
    (Scope.FEED, "Feed"),
    (Scope.PORTFOLIO, "Portfolio"),
    (Scope.ORDERS, "Orders"),
    (Scope.REPORT, "Order detail and recovery report"),
    (Scope.HEALTH, "Health"),
    (Scope.LIST, "Lists"),
)
_HEAD = """# Keys

Every key of the desk, generated from the command registry. The screen's own help is on `?`,
and the command palette on `Ctrl+P` or `:` finds commands by name.

To move a command to other keys, name it in the keymap: the id on the left, keys separated by
commas on the right. Unknown ids and keys given twice are refused with a sentence.
"""


def keys_page() -> str:
    """Return the whole page."""
    parts = [_HEAD]
    for scope, title in TITLES:
        parts += [f"## {title}", "", "| Key | Command | Id | What it does |", "|---|---|---|---|"]
        parts += [_row(spec) for spec in commands_of(scope)]
        parts.append("")
    return "\n".join(parts)


def _row(spec: CommandSpec) -> str:
    keys = show_keys(spec.keys).replace("|", "\\|")
    return f"| {keys} | {spec.title} | `{spec.id}` | {spec.help} |"


if __name__ == "__main__":
    sys.stdout.write(keys_page())
