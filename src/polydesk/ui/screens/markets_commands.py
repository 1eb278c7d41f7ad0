"""Commands of the Markets screen."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

_M = Scope.MARKETS

MARKETS_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "markets.search",
        "Search",
        "Type words that must all occur; Enter asks the venue too, Esc goes to the list.",
        "slash",
        _M,
        "screen.search",
        "Find",
        hint=True,
    ),
    CommandSpec(
        "markets.clear",
        "Clear search",
        "Empty the search box.",
        "escape",
        _M,
        "screen.clear_search",
        "Find",
    ),
    CommandSpec(
        "markets.show-open",
        "Open",
        "List markets that trade.",
        "o",
        _M,
        "screen.status('open')",
        "Find",
        hint=True,
    ),
    CommandSpec(
        "markets.show-watched",
        "Watched",
        "List markets on the watchlist.",
        "v",
        _M,
        "screen.status('watched')",
        "Find",
        hint=True,
    ),
    CommandSpec(
        "markets.show-resolved",
        "Resolved",
        "List markets that are decided.",
        "r",
        _M,
        "screen.status('resolved')",
        "Find",
        hint=True,
    ),
    CommandSpec(
        "markets.show-all",
        "All",
        "List every market of the catalogue.",
        "a",
        _M,
        "screen.status('all')",
        "Find",
        hint=True,
    ),
    CommandSpec(
        "markets.watch",
        "Watch",
        "Add the market to the watchlist, or take it off.",
        "w",
        _M,
        "screen.watch",
        "Market",
        hint=True,
    ),
    CommandSpec(
        "markets.open",
        "On the Desk",
        "Show the first outcome on the Desk; its book is subscribed when it is not yet.",
        "enter",
        _M,
        "screen.open(0)",
        "Market",
        hint=True,
    ),
    CommandSpec(
        "markets.open-other",
        "Other on the Desk",
        "Show the second outcome on the Desk.",
        "O",
        _M,
        "screen.open(1)",
        "Market",
    ),
)
