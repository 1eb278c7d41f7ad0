"""User keymaps: command id to keys, checked before they are used, and keys written for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from polydesk.errors import ConfigError
from polydesk.ui.commands import CommandSpec, Scope, split_keys

PLACES: tuple[frozenset[Scope], ...] = (
    frozenset({Scope.APP, Scope.DESK}),
    frozenset({Scope.APP, Scope.LIST, Scope.MARKETS}),
    frozenset({Scope.APP, Scope.LIST, Scope.FEED}),
    frozenset({Scope.APP, Scope.LIST, Scope.PORTFOLIO}),
    frozenset({Scope.APP, Scope.LIST, Scope.ORDERS}),
    frozenset({Scope.APP, Scope.HEALTH}),
    frozenset({Scope.ORDER}),
    frozenset({Scope.REPORT}),
)
"""Scopes whose keys are heard together."""

_SHOWN = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "space": "Space",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "Shift+Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "comma": ",",
    "full_stop": ".",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "backspace": "Backspace",
    "delete": "Del",
    "vertical_line": "|",
    "asterisk": "*",
    "number_sign": "#",
}


def show_key(key: str) -> str:
    """Return one of Textual's key names as it is printed on a keyboard."""
    if key in _SHOWN:
        return _SHOWN[key]
    if key.startswith("ctrl+"):
        return f"Ctrl+{show_key(key.removeprefix('ctrl+')).upper()}"
    if key.startswith("f") and key[1:].isdigit():
        return key.upper()
    return key


def show_keys(keys: str) -> str:
    """Return a comma-separated list of keys for people, such as ``? or F1``."""
    return " or ".join(show_key(key) for key in split_keys(keys))


def effective_keys(spec: CommandSpec, keymap: Mapping[str, str]) -> str:
    """Return the keys of a command after the user's keymap."""
    return keymap.get(spec.id, spec.keys)


def check_keymap(keymap: Mapping[str, str], commands: Iterable[CommandSpec]) -> None:
    """Refuse a keymap that names unknown commands, no key, or one key twice in a scope.

    Raises:
        ConfigError: One sentence with the command and the key.
    """
    known = {spec.id: spec for spec in commands}
    for command_id, keys in keymap.items():
        if command_id not in known:
            near = get_close_matches(command_id, known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else "."
            raise ConfigError(f"keymap: there is no command '{command_id}'{hint}")
        if not split_keys(keys):
            raise ConfigError(f"keymap: '{command_id}' needs at least one key.")
    twice = duplicate_keys(known.values(), keymap)
    if twice:
        key, first, second = twice[0]
        raise ConfigError(
            f"keymap: the key '{show_key(key)}' is given to both '{first}' and '{second}'."
        )


def duplicate_keys(
    commands: Iterable[CommandSpec], keymap: Mapping[str, str] | None = None
) -> list[tuple[str, str, str]]:
    """Return (key, first id, second id) for keys that two commands of one place claim.

    A screen's keys share one place with those of its lists and those that work everywhere;
    the order ticket and reports are places of their own.
    """
    specs = list(commands)
    clashes: list[tuple[str, str, str]] = []
    for place in PLACES:
        taken: dict[str, str] = {}
        for spec in specs:
            if spec.scope not in place:
                continue
            for key in split_keys(effective_keys(spec, keymap or {})):
                clash = (key, taken.get(key, ""), spec.id)
                if clash[1] and clash not in clashes:
                    clashes.append(clash)
                taken[key] = spec.id
    return clashes
