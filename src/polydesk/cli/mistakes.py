"""Mistakes on the command line, each as one sentence with the way out."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Sequence
from inspect import Parameter

from cyclopts import App
from cyclopts.exceptions import (
    CycloptsError,
    MissingArgumentError,
    UnknownOptionError,
    UnusedCliTokensError,
)

_KEY_LIKE = re.compile(r"(?:0[xX])?(?=[0-9]*[a-fA-F])[0-9a-fA-F]{48,}")
"""A private key, perhaps cut short; a token is longer but has no letters."""


def explain(error: CycloptsError, app: App) -> str:
    """Return what was wrong and the nearest thing that exists; never something like a key."""
    return _KEY_LIKE.sub("(hidden)", _explain(error, app))


def _explain(error: CycloptsError, app: App) -> str:
    chain = tuple(error.command_chain or ())
    name = " ".join((app.name[0], *chain))
    if not chain and (later := _command_after_options(error.root_input_tokens or (), app)):
        return later
    if isinstance(error, UnusedCliTokensError):
        return _unused(str((error.unused_tokens or ("",))[0]), chain, name, app)
    if isinstance(error, UnknownOptionError):
        return f"{_first_line(error)} `{name} --help` lists the options."
    if isinstance(error, MissingArgumentError):
        if error.argument and error.argument.field_info.kind is Parameter.KEYWORD_ONLY:
            return f"{error.argument.name} needs a value; `{name} --help` says which."
        missing = error.argument.name.lstrip("-").upper() if error.argument else "an argument"
        return f"`{name}` needs {missing}; `{name} --help` says what that is."
    return f"{_first_line(error)} `{name} --help` shows how it is used."


def _unused(token: str, chain: Sequence[str], name: str, app: App) -> str:
    if chain[:1] in {("keys",), ("setup",)}:
        return (
            f"`{name}` takes nothing more: it asks for keys and passphrases, because a command "
            "line is seen by other programs and kept by the shell."
        )
    if chain:
        return f"`{name}` takes no argument {token!r}; `{name} --help` shows how it is used."
    near = difflib.get_close_matches(token.lower(), _commands(app), n=1, cutoff=0.5)
    hint = f"did you mean `{name} {near[0]}`?" if near else f"`{name} --help` lists the commands."
    return f"there is no command {token!r}; {hint}"


def _command_after_options(tokens: Sequence[str], app: App) -> str | None:
    """Return what to say about a command behind options; None when there is no such thing."""
    known = _commands(app)
    at = next((at for at, token in enumerate(tokens) if token in known), 0)
    if not at or not tokens[0].startswith("-"):
        return None
    right = shlex.join((app.name[0], *tokens[at:], *tokens[:at]))
    return f"options go after the command: `{right}`."


def _commands(app: App) -> list[str]:
    """Return the names a person may type."""
    return [name for name in app if not name.startswith("-") and app[name].show]


def _first_line(error: CycloptsError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
