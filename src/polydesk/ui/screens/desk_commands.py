"""Commands of the Desk and of its order ticket."""

from __future__ import annotations

from polydesk.ui.commands import CommandSpec, Scope

_D = Scope.DESK
_MOVE, _PANES, _MARKET, _ORDERS, _RISK = (
    "Move",
    "Panes",
    "Market and view",
    "Orders",
    "Trading state",
)

DESK_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "desk.buy", "Buy", "Open a ticket at the selected price or for the selected position;"
        " nothing is sent yet.",
        "b", _D, "ticket('BUY')", _ORDERS, hint=True,
    ),
    CommandSpec(
        "desk.sell", "Sell", "Open a ticket at the selected price, or for all of the selected position;"
        " nothing is sent yet.",
        "s", _D, "ticket('SELL')", _ORDERS, hint=True,
    ),
    CommandSpec(
        "desk.cancel", "Cancel", "Cancel the order selected in positions, or ours at the ladder's price.",
        "x", _D, "cancel_selected", _ORDERS, hint=True,
    ),
    CommandSpec(
        "desk.cancel-all", "Cancel all", "Cancel every open order, after a yes.",
        "X", _D, "cancel_all", _ORDERS, hint=True,
    ),
    CommandSpec(
        "desk.orders", "Orders", "Show the Orders screen: every order with its state and evidence.",
        "o", _D, "app.show('orders')", _ORDERS, hint=True, palette=False,
    ),
    CommandSpec(
        "desk.kill", "Kill", "Stop new orders and cancel all, after a yes; stays until released.",
        "K", _D, "kill", _RISK, hint=True,
    ),
    CommandSpec(
        "desk.pause", "Pause", "Stop or resume new orders, copies included; resting orders stay.",
        "p", _D, "toggle_trading", _RISK, hint=True,
    ),
    CommandSpec(
        "desk.release", "Release kill", "Release the kill switch by typing RELEASE.",
        "R", _D, "release_kill", _RISK,
    ),
    CommandSpec(
        "desk.open", "Open", "Show the outcome under the cursor in ladder, tape and chart.",
        "enter", _D, "open_selected", _MARKET, palette=False,
    ),
    CommandSpec(
        "desk.other-outcome", "Other outcome", "Show the market's other outcome.",
        "y", _D, "other_outcome", _MARKET, hint=True,
    ),
    CommandSpec(
        "desk.recentre", "Recentre", "Put the touch in the middle of the ladder.",
        "c", _D, "recentre", _MARKET, hint=True,
    ),
    CommandSpec(
        "desk.cumulative", "Cumulative", "Show each level or the sum from the touch.",
        "d", _D, "cumulative", _MARKET,
    ),
    CommandSpec(
        "desk.tape-more", "Raise tape filter", "Hide smaller trades from the tape.",
        "plus,equals_sign", _D, "tape_filter(1)", _MARKET,
    ),
    CommandSpec(
        "desk.tape-less", "Lower tape filter", "Show smaller trades on the tape.",
        "minus", _D, "tape_filter(-1)", _MARKET,
    ),
    CommandSpec(
        "desk.tape-scope", "Tape scope", "Show trades of this market or of all watched markets.",
        "m", _D, "tape_scope", _MARKET,
    ),
    CommandSpec(
        "desk.chart-shorter", "Shorter bars", "Use a shorter chart interval.",
        "left_square_bracket", _D, "chart_interval(-1)", _MARKET,
    ),
    CommandSpec(
        "desk.chart-longer", "Longer bars", "Use a longer chart interval.",
        "right_square_bracket", _D, "chart_interval(1)", _MARKET,
    ),
    CommandSpec(
        "desk.next-pane", "Next pane", "Give the keys to the next pane.",
        "tab,l,right", _D, "pane(1)", _PANES, palette=False,
    ),
    CommandSpec(
        "desk.previous-pane", "Previous pane", "Give the keys to the previous pane.",
        "shift+tab,h,left", _D, "pane(-1)", _PANES, palette=False,
    ),
    CommandSpec(
        "desk.ladder", "Ladder", "Go to the ladder.",
        "a", _D, "go('ladder')", _PANES,
    ),
    CommandSpec(
        "desk.watchlist", "Watchlist", "Go to the watchlist; small terminals show it now.",
        "w", _D, "go('watchlist')", _PANES,
    ),
    CommandSpec(
        "desk.tape", "Tape", "Go to the tape; small terminals show it now.",
        "t", _D, "go('tape')", _PANES,
    ),
    CommandSpec(
        "desk.feed", "Followed trades", "Go to the followed trades.",
        "f", _D, "go('feed')", _PANES,
    ),
    CommandSpec(
        "desk.chart", "Chart", "Go to the chart; small terminals show it now.",
        "v", _D, "go('chart')", _PANES,
    ),
    CommandSpec(
        "desk.positions", "Positions", "Go to positions and open orders.",
        "i", _D, "go('positions')", _PANES,
    ),
    CommandSpec(
        "desk.up", "Up", "Move up one line or price.",
        "up,k", _D, "move(-1)", _MOVE, palette=False,
    ),
    CommandSpec(
        "desk.down", "Down", "Move down one line or price.",
        "down,j", _D, "move(1)", _MOVE, palette=False,
    ),
    CommandSpec(
        "desk.page-up", "Page up", "Move up ten lines or prices.",
        "pageup", _D, "move(-10)", _MOVE, palette=False,
    ),
    CommandSpec(
        "desk.page-down", "Page down", "Move down ten lines or prices.",
        "pagedown", _D, "move(10)", _MOVE, palette=False,
    ),
    CommandSpec(
        "desk.first", "First", "Go to the first line, or to the best ask.",
        "home,g", _D, "first", _MOVE, palette=False,
    ),
    CommandSpec(
        "desk.last", "Last", "Go to the last line, or to the best bid.",
        "end,G", _D, "last", _MOVE, palette=False,
    ),
)  # fmt: skip

ORDER_COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "order.send", "Send", "Send the order as previewed. Enter never sends.",
        "ctrl+s,f9", Scope.ORDER, "send", "Order ticket", palette=False, priority=True,
    ),
    CommandSpec(
        "order.close", "Close", "Close the ticket; nothing is sent.",
        "escape", Scope.ORDER, "close", "Order ticket", palette=False,
    ),
    CommandSpec(
        "order.price-up", "Price up", "Raise the price by one tick.",
        "up", Scope.ORDER, "price(1)", "Order ticket", palette=False, priority=True,
    ),
    CommandSpec(
        "order.price-down", "Price down", "Lower the price by one tick.",
        "down", Scope.ORDER, "price(-1)", "Order ticket", palette=False, priority=True,
    ),
    CommandSpec(
        "order.time-in-force", "Time in force", "Switch between GTC, FOK, FAK and GTD.",
        "ctrl+t", Scope.ORDER, "time_in_force", "Order ticket", palette=False, priority=True,
    ),
    CommandSpec(
        "order.lifetime", "How long", "Let a GTD order rest for another time, five minutes to a week.",
        "ctrl+l", Scope.ORDER, "lifetime", "Order ticket", palette=False, priority=True,
    ),
    CommandSpec(
        "order.post-only", "Post only", "Rest or be refused: never take.",
        "ctrl+o", Scope.ORDER, "post_only", "Order ticket", palette=False, priority=True,
    ),
    CommandSpec(
        "order.accept-book", "Accept the book", "Send although the book is not proven.",
        "ctrl+b", Scope.ORDER, "accept_book", "Order ticket", palette=False, priority=True,
    ),
)  # fmt: skip
