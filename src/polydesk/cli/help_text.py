"""Help without the line breaks of the source, so that the terminal wraps it."""

from __future__ import annotations

import inspect
import re

from cyclopts import App

_BREAK = re.compile(r"(?<!\n)\n(?!\n)")
"""A line break inside a paragraph."""


def reflow(parent: App) -> None:
    """Join the lines of each paragraph in the descriptions of all commands."""
    for name in parent:
        if name.startswith("-"):
            continue
        command = parent[name]
        if command.default_command is not None:
            text = inspect.getdoc(command.default_command) or ""
            command.help = _BREAK.sub(" ", text)
        reflow(command)
