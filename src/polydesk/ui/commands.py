"""What a person can do: one ``CommandSpec`` an action, from which everything else derives.

Key bindings, command palette, help screen, key hints, ``docs/keys.md`` and user keymaps all
read these entries. The entries of a screen live beside it (``screens/<name>_commands.py``);
``registry.py`` collects them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Scope(StrEnum):
    """Where a command's keys work."""

    APP = "app"
    DESK = "desk"
    MARKETS = "markets"
    FEED = "feed"
    PORTFOLIO = "portfolio"
    ORDERS = "orders"
    HEALTH = "health"
    ORDER = "order"
    """The order ticket, while it is open."""
    REPORT = "report"
    """One order's detail or the recovery report, while it is open."""
    LIST = "list"
    """Any list of rows, while it has the focus."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One action of the desk."""

    id: str
    """Stable name used in keymaps, ``<scope>.<verb-noun>``."""
    title: str
    """Short name for palette, help and key hints."""
    help: str
    """One sentence: what happens when the key is pressed."""
    keys: str
    """Default keys in Textual's names, separated by commas."""
    scope: Scope
    action: str
    """Textual action such as ``app.show('feed')`` or ``toggle_pause``."""
    group: str = "General"
    """Heading in the help screen."""
    hint: bool = False
    """Whether the key hints at the bottom of the screen show it."""
    palette: bool = True
    """Whether the command palette offers it."""
    priority: bool = False
    """Whether the key works even while a text box has the focus."""

    @property
    def key_list(self) -> tuple[str, ...]:
        """The default keys one by one."""
        return split_keys(self.keys)


def split_keys(keys: str) -> tuple[str, ...]:
    """Return the keys of a comma-separated list."""
    return tuple(key.strip() for key in keys.split(",") if key.strip())


def to_bindings(commands: Iterable[CommandSpec]) -> list[Binding]:
    """Return the Textual bindings of ``commands``; the id lets a keymap move them."""
    return [
        Binding(
            spec.keys,
            spec.action,
            spec.title,
            show=spec.hint,
            id=spec.id,
            priority=spec.priority,
        )
        for spec in commands
    ]
