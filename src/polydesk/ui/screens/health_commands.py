"""Commands of the Health screen."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

HEALTH_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "health.recovery",
        "Recovery",
        "Show what the start of a live session found out about earlier orders.",
        "r",
        Scope.HEALTH,
        "app.recovery",
        "Show",
        hint=True,
        palette=False,
    ),
    CommandSpec(
        "health.scroll-down",
        "Scroll down",
        "Show what lies below when the terminal is short.",
        "down,j",
        Scope.HEALTH,
        "scroll_body(1)",
        "Move",
        hint=True,
        palette=False,
    ),
    CommandSpec(
        "health.scroll-up",
        "Scroll up",
        "Go back up.",
        "up,k",
        Scope.HEALTH,
        "scroll_body(-1)",
        "Move",
        palette=False,
    ),
)
