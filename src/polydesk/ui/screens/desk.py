"""The Desk: watchlist, ladder, tape, followed trades, positions and chart on one screen."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one
from textual.widget import Widget

from polydesk.domain.commands import (
    CancelByUser,
    ReleaseKill,
    SetTradingState,
    TradingState,
)
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.orders import TERMINAL
from polydesk.domain.units import floor_to_lot, format_micros
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.panes.chart import PriceChart
from polydesk.ui.panes.feed import Feed
from polydesk.ui.panes.ladder import Ladder
from polydesk.ui.panes.layout import SIDE_PANES, DeskGrid
from polydesk.ui.panes.positions import Positions
from polydesk.ui.panes.status import StatusBar
from polydesk.ui.panes.tape import Tape
from polydesk.ui.panes.watchlist import Watchlist
from polydesk.ui.screens.base import Page, desk_app
from polydesk.ui.screens.desk_commands import DESK_COMMANDS
from polydesk.ui.screens.kill import ask_to_cancel_all, ask_to_kill
from polydesk.ui.screens.release import ReleaseKillDialog
from polydesk.ui.screens.ticket import DEFAULT_SIZE, OrderTicket, TicketRequest
from polydesk.ui.widgets.line import LineWidget
from polydesk.views.models import OrderRow, PositionRow
from polydesk.views.source import DeskSource

PANE_ORDER = ("watchlist", "ladder", "tape", "feed", "positions", "chart")
_END = 1_000_000
"""More steps than any list is long."""
_TICKS = {"ladder": 1, "tape": 2, "watchlist": 2, "feed": 3, "positions": 4, "status": 6, "desk": 3}
"""Every how many ticks of the driver a pane is asked."""
_SLOW_TICKS = 30
"""Once a second, for the chart."""


class DeskScreen(Page):
    """The home screen."""

    SCOPE = Scope.DESK
    CSS_PATH = "desk.tcss"
    AUTO_FOCUS = "#ladder"
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(DESK_COMMANDS))

    grid = query_one(DeskGrid)
    ladder = query_one(Ladder)
    watchlist = query_one(Watchlist)
    tape = query_one(Tape)
    feed = query_one(Feed)
    positions = query_one(Positions)
    chart = query_one(PriceChart)
    status = query_one(StatusBar)

    def __init__(self) -> None:
        super().__init__()
        self.token: TokenId | None = None
        self._tickets = 0
        self._size_text = DEFAULT_SIZE
        self._followers: tuple[Widget, ...] = ()

    def body(self) -> ComposeResult:
        """Compose the status line and the panes."""
        yield StatusBar(id="status")
        yield DeskGrid(
            Watchlist(id="watchlist"),
            Ladder(id="ladder"),
            Tape(id="tape"),
            Feed(id="feed"),
            Positions(id="positions"),
            PriceChart(id="chart"),
        )

    def on_mount(self) -> None:
        """Let the driver ask every pane, and follow the outcome chosen anywhere in the app."""
        driver = desk_app(self).driver
        self._followers = (*self.query(LineWidget), self)
        for pane in self._followers:
            name = "desk" if pane is self else pane.id or ""
            driver.register(pane, _TICKS.get(name, _SLOW_TICKS))
        self.watch(self.app, "selected_token", self.show_token, init=True)
        self.call_after_refresh(self._first_look)

    def on_unmount(self) -> None:
        """Take the panes from the driver."""
        driver = desk_app(self).driver
        for pane in self._followers:
            driver.unregister(pane)

    def _first_look(self) -> None:
        self.poll(self.source)
        desk_app(self).driver.poll_all()

    def poll(self, source: DeskSource) -> bool:
        """Open the first watched outcome as soon as there is one."""
        if self.token is not None:
            return False
        rows = source.watchlist().rows
        if rows:
            desk_app(self).selected_token = rows[0].token_id
        return bool(rows)

    # outcome

    def show_token(self, token: TokenId | None) -> None:
        """Show an outcome in ladder, tape, chart and status line."""
        if token is None or token == self.token:
            return
        self.token = token
        source = self.source
        self.status.token = token
        self.ladder.open(token, source)
        self.tape.open(token, source)
        self.chart.open(token, source)
        self.watchlist.mark_current(token)

    @on(Watchlist.Opened)
    def _watch_opened(self, event: Watchlist.Opened) -> None:
        desk_app(self).open_market(event.token)

    def action_open_selected(self) -> None:
        """Open what is under the cursor of the focused list."""
        pane = self.focused
        token: TokenId | None = None
        if isinstance(pane, (Watchlist, Tape, Feed)):
            token = pane.selected.token_id if pane.selected is not None else None
        elif isinstance(pane, Positions):
            token = pane.selected_token()
        if token is not None:
            desk_app(self).open_market(token)

    def action_other_outcome(self) -> None:
        """Switch between the two outcomes of the market."""
        other = other_outcome(self.source, self.token) if self.token else None
        if other is None:
            desk_app(self).say("This market's other outcome is not in the catalogue.", "warning")
        else:
            desk_app(self).open_market(other)

    # view

    def action_recentre(self) -> None:
        """Put the touch in the middle of the ladder."""
        self.ladder.recentre()

    def action_cumulative(self) -> None:
        """Switch the ladder between levels and sums."""
        self.ladder.toggle_cumulative()

    def action_tape_filter(self, steps: int) -> None:
        """Raise or lower the tape's filter."""
        self.tape.change_filter(steps, self.source)

    def action_tape_scope(self) -> None:
        """Switch the tape between this outcome and all watched markets."""
        self.tape.toggle_scope(self.source)

    def action_chart_interval(self, steps: int) -> None:
        """Use shorter or longer bars."""
        self.chart.change_interval(steps, self.source)

    # panes and cursor

    def action_go(self, pane: str) -> None:
        """Give the keys to a pane; a small terminal shows it at the side."""
        if pane in SIDE_PANES:
            self.grid.show_side(pane)
        widget = self.query_one(f"#{pane}", LineWidget)
        widget.focus(scroll_visible=False)
        self.call_after_refresh(widget.poll, self.source)

    def action_pane(self, step: int) -> None:
        """Give the keys to the next or previous pane shown."""
        shown = [pane for pane in PANE_ORDER if pane in self.grid.shown()]
        current = self.focused.id if self.focused is not None else None
        place = shown.index(current) if current in shown else -step
        self.action_go(shown[(place + step) % len(shown)])

    def action_move(self, steps: int) -> None:
        """Move the cursor of the focused pane."""
        pane = self.focused
        if isinstance(pane, (Ladder, Watchlist, Tape, Feed, Positions)):
            pane.move_cursor(steps)

    def action_first(self) -> None:
        """Go to the first line, or to the best ask."""
        self._jump(-_END, self.ladder.view.best_ask if self.ladder.view else None)

    def action_last(self) -> None:
        """Go to the last line, or to the best bid."""
        self._jump(_END, self.ladder.view.best_bid if self.ladder.view else None)

    def _jump(self, steps: int, price: int | None) -> None:
        if self.focused is not self.ladder:
            self.action_move(steps)
        elif price is not None:
            self.ladder.select(price)

    # orders

    def action_ticket(self, side_name: str) -> None:
        """Open a ticket at the selected price."""
        side = Side(side_name)
        position = self._chosen_position()
        if position is not None:
            self._position_ticket(position, side)
            return
        price = self.ladder.order_price(side)
        if self.token is None or price is None:
            desk_app(self).say("Select a price in the ladder first.", "warning")
            return
        self._open_ticket(self.token, side, price)

    def _chosen_position(self) -> PositionRow | None:
        selected = self.positions.selected if self.focused is self.positions else None
        return selected if isinstance(selected, PositionRow) and not selected.resolved else None

    def _position_ticket(self, position: PositionRow, side: Side) -> None:
        """Add to a position at its best bid, or sell all of it to that bid."""
        view = self.source.book(position.token_id, 1)
        if view is None or view.best_bid is None:
            desk_app(self).say("Nobody bids for this position.", "warning")
            return
        lots = format_micros(floor_to_lot(position.size)) if side is Side.SELL else ""
        self._open_ticket(position.token_id, side, view.best_bid, lots)

    def _open_ticket(self, token: TokenId, side: Side, price: int, size_text: str = "") -> None:
        """Open a ticket with a size, or with the one last typed."""
        self._tickets += 1
        ref = f"desk-{self.source.now_ns()}-{self._tickets}"
        request = TicketRequest(token, side, price, ref, size_text or self._size_text)
        self.app.push_screen(OrderTicket(request), None if size_text else self._ticket_closed)

    def _ticket_closed(self, size_text: str | None) -> None:
        if size_text:
            self._size_text = size_text

    def action_cancel_selected(self) -> None:
        """Cancel the order under the cursor, or ours at the ladder's selected price."""
        orders = self._chosen_orders()
        for order in orders:
            self.source.submit(CancelByUser(order.client_order_id))
        if not orders:
            desk_app(self).say("Select an order in positions, or its price in the ladder.")

    def _chosen_orders(self) -> list[OrderRow]:
        if self.focused is self.positions:
            selected = self.positions.selected
            return [selected] if isinstance(selected, OrderRow) else []
        if self.focused is not self.ladder or self.ladder.cursor is None:
            return []
        here = (self.token, self.ladder.cursor)
        return [order for order in self._open_orders() if (order.token_id, order.price) == here]

    def _open_orders(self) -> list[OrderRow]:
        return [order for order in self.source.portfolio().orders if order.state not in TERMINAL]

    def action_cancel_all(self) -> None:
        """Cancel every open order after a yes."""
        ask_to_cancel_all(desk_app(self))

    # trading state

    def action_toggle_trading(self) -> None:
        """Halt new orders, copies included, or let them through again."""
        health = self.source.health()
        if health.killed:
            desk_app(self).say("The kill switch is on; R releases it.", "warning")
            return
        active = health.trading_state is TradingState.ACTIVE
        state = TradingState.HALTED if active else TradingState.ACTIVE
        self.source.submit(SetTradingState(state))
        words = "halted: no new orders, no copies" if active else "active again"
        desk_app(self).say(f"Trading is {words}.", "warning" if active else "information")

    def action_kill(self) -> None:
        """Latch the kill switch after a yes."""
        ask_to_kill(desk_app(self))

    def action_release_kill(self) -> None:
        """Release the kill switch when the word was typed."""
        if not self.source.health().killed:
            desk_app(self).say("The kill switch is not on.")
            return

        def typed(word: str | None) -> None:
            if word:
                self.source.submit(ReleaseKill(word))
                if self.source.health().trading_state is TradingState.HALTED:
                    desk_app(self).say(
                        "Released, but trading is still paused: p resumes.", "warning"
                    )

        self.app.push_screen(ReleaseKillDialog(), typed)


def other_outcome(source: DeskSource, token: TokenId) -> TokenId | None:
    """Return the other outcome of a binary market, or None when it is unknown."""
    book = source.book(token, 1)
    searches = [("", "watched")] + ([(book.title, "all")] if book is not None else [])
    for query, status in searches:
        for market in source.markets(query, status, 500).rows:
            tokens = [identity for identity, _ in market.outcomes]
            if token in tokens and len(tokens) == 2:
                return tokens[1 - tokens.index(token)]
    return None
