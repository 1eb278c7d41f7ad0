"""Commands of the Feed screen."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

_S = Scope.FEED

FEED_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "feed.show-all",
        "All",
        "List every followed trade.",
        "a",
        _S,
        "screen.show('all')",
        "Filter",
        hint=True,
    ),
    CommandSpec(
        "feed.show-copied",
        "Copied",
        "List only trades that were copied.",
        "c",
        _S,
        "screen.show('copied')",
        "Filter",
        hint=True,
    ),
    CommandSpec(
        "feed.show-skipped",
        "Skipped",
        "List only trades that were skipped.",
        "s",
        _S,
        "screen.show('skipped')",
        "Filter",
        hint=True,
    ),
    CommandSpec(
        "feed.by-leader",
        "This leader",
        "List only the selected leader; again lists all leaders.",
        "l",
        _S,
        "screen.by_leader",
        "Filter",
        hint=True,
    ),
    CommandSpec(
        "feed.pause",
        "Pause leader",
        "Pause copying of the selected leader, or resume it.",
        "space",
        _S,
        "screen.pause",
        "Leaders",
        hint=True,
    ),
    CommandSpec(
        "feed.unfollow",
        "Unfollow",
        "Stop following the selected leader; asks first, and what is held stays.",
        "u",
        _S,
        "screen.unfollow",
        "Leaders",
        hint=True,
    ),
    CommandSpec(
        "feed.open",
        "Open",
        "Show the outcome of the selected trade on the Desk.",
        "enter",
        _S,
        "screen.open",
        "Market",
    ),
)
