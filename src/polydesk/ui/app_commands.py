"""Commands that work on every screen."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

_A = Scope.APP

APP_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "app.show-desk",
        "Desk",
        "Show the Desk: watchlist, ladder, tape, followed trades and positions.",
        "1",
        _A,
        "app.show('desk')",
        "Screens",
    ),
    CommandSpec(
        "app.show-markets",
        "Markets",
        "Show the Markets screen: search the catalogue, watch and open markets.",
        "2",
        _A,
        "app.show('markets')",
        "Screens",
    ),
    CommandSpec(
        "app.show-feed",
        "Feed",
        "Show the Feed screen: followed trades with every decision, and the leaders.",
        "3",
        _A,
        "app.show('feed')",
        "Screens",
    ),
    CommandSpec(
        "app.show-portfolio",
        "Portfolio",
        "Show the Portfolio screen: account, positions, orders and the equity curve.",
        "5",
        _A,
        "app.show('portfolio')",
        "Screens",
    ),
    CommandSpec(
        "app.show-health",
        "Health",
        "Show the Health screen: streams, books, checks, delays and load.",
        "0",
        _A,
        "app.show('health')",
        "Screens",
    ),
    CommandSpec(
        "app.help",
        "Help",
        "Show the keys of this screen.",
        "question_mark,f1",
        _A,
        "app.help",
        hint=True,
    ),
    CommandSpec(
        "app.palette",
        "Palette",
        "Find a command or a market by name.",
        "ctrl+p,colon",
        _A,
        "app.command_palette",
        hint=True,
        palette=False,
    ),
    CommandSpec(
        "app.cycle-theme",
        "Next theme",
        "Switch to the next colour theme.",
        "T",
        _A,
        "app.cycle_theme",
    ),
    CommandSpec(
        "app.quit",
        "Quit",
        "Leave the desk; asks first when orders rest.",
        "q",
        _A,
        "app.leave",
        hint=True,
    ),
    CommandSpec(
        "app.interrupt",
        "Quit at once",
        "Leave the desk also while typing; a second press answers yes to the question.",
        "ctrl+c",
        _A,
        "app.interrupt",
        palette=False,
        priority=True,
    ),
)
