"""The order ticket: size, live preview, and a key other than Enter to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Input

from polydesk.domain.commands import PlaceOrder, TradingState
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import RESTING, TimeInForce
from polydesk.domain.units import MICROS, PriceMicros
from polydesk.ui.commands import to_bindings
from polydesk.ui.panes.ladder_rows import doubt_words
from polydesk.ui.screens.base import Dialog, desk_app
from polydesk.ui.screens.desk_commands import ORDER_COMMANDS
from polydesk.ui.screens.preview import parse_size
from polydesk.ui.screens.ticket_lines import TicketFacts, ticket_lines
from polydesk.ui.venue_words import can_sign
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, LineWidget, Row
from polydesk.views.models import Mode
from polydesk.views.source import DeskSource

DEFAULT_SIZE = "10"
PREVIEW_LINES = 10
_TIMES_IN_FORCE = (TimeInForce.GTC, TimeInForce.FOK, TimeInForce.FAK, TimeInForce.GTD)
LIFETIMES_S = (300, 900, 3_600, 4 * 3_600, 86_400, 7 * 86_400)
"""How long a GTD order may rest; the venue takes two minutes and more."""
_PREVIEW_DEPTH = 500


@dataclass(frozen=True, slots=True)
class TicketRequest:
    """What the ticket starts from."""

    token: TokenId
    side: Side
    price: int
    ref: str
    """Identity of this ticket: one ticket is at most one order."""
    size_text: str = DEFAULT_SIZE


class TicketPreview(LineWidget, can_focus=False):
    """Asks the book again with every frame, so the preview is never older than the ladder."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("buy", "sell", "bid", "ask", "stale", "pnl-down", "own-order", "key", "mode-text"),
        tuple(f"mode-{mode.value}" for mode in Mode),
    )
    FRAMED = False

    def __init__(self, ticket: OrderTicket) -> None:
        super().__init__(id="ticket-preview")
        self._ticket = ticket
        self._facts: TicketFacts | None = None

    def poll(self, source: DeskSource) -> bool:
        """Take book, account and trading state."""
        self._facts = self._ticket.facts(source)
        return self.update_lines()

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the lines as they are: equal cells draw the same line."""
        lines = ticket_lines(self._facts, width) if self._facts else []
        return [("line", *cells) for cells in lines][:height]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of the line."""
        return list(row[1:])  # type: ignore[arg-type]


class OrderTicket(Dialog[str]):
    """Prepare one order. Closing returns the size typed, for the next ticket."""

    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(ORDER_COMMANDS))
    CSS_PATH = "desk.tcss"

    def __init__(self, request: TicketRequest) -> None:
        """Make a ticket; nothing is sent before the send key."""
        super().__init__()
        self.request = request
        self.price = request.price
        self.time_in_force = TimeInForce.GTC
        self.lasts_s = LIFETIMES_S[0]
        self.post_only = False
        self.book_accepted = False
        self.preview = TicketPreview(self)
        self._sent = False

    def compose(self) -> ComposeResult:
        """Show the size field above the preview."""
        with Vertical(id="ticket"):
            yield Input(
                self.request.size_text,
                placeholder="shares, or $ and dollars",
                restrict=r"\$?[0-9]{0,9}(\.[0-9]{0,2})?",
                max_length=14,
                id="ticket-size",
            )
            yield self.preview

    def on_mount(self) -> None:
        """Follow the book from now on."""
        box = self.query_one("#ticket")
        self.entitle(box, f"{self.request.side.value} order: shares, or $ and dollars")
        box.add_class(f"-{self.request.side.value.lower()}")
        desk_app(self).driver.register(self.preview, every=2)
        self.call_after_refresh(self._show)

    def on_unmount(self) -> None:
        """Stop following the book."""
        desk_app(self).driver.unregister(self.preview)

    @property
    def size_text(self) -> str:
        """What is typed."""
        return self.query_one("#ticket-size", Input).value

    def facts(self, source: DeskSource) -> TicketFacts:
        """Return everything the preview shows."""
        request = self.request
        portfolio = source.portfolio()
        held = (row.size for row in portfolio.positions if row.token_id == request.token)
        health = source.health()
        return TicketFacts(
            view=source.book(request.token, _PREVIEW_DEPTH),
            side=request.side,
            price=self.price,
            size=parse_size(self.size_text, self.price),
            cash=portfolio.cash,
            held=sum(held),
            mode=health.mode,
            trading=TradingState.HALTED if health.killed else health.trading_state,
            killed=health.killed,
            can_sign=can_sign(health.venue),
            time_in_force=self.time_in_force,
            post_only=self.post_only,
            book_accepted=self.book_accepted,
            now=health.now,
            lasts_s=self.lasts_s,
        )

    def on_input_changed(self) -> None:
        """Show what the new size would do."""
        self._show()

    def _show(self) -> None:
        self.preview.poll(desk_app(self).source)

    # keys

    def action_price(self, ticks: int) -> None:
        """Move the limit price along the grid."""
        view = desk_app(self).source.book(self.request.token, 1)
        if view is not None:
            self.price = max(view.tick, min(self.price + ticks * view.tick, MICROS - view.tick))
            self._show()

    def action_time_in_force(self) -> None:
        """Switch to the next time in force; only what rests can be post only."""
        place = _TIMES_IN_FORCE.index(self.time_in_force)
        self.time_in_force = _TIMES_IN_FORCE[(place + 1) % len(_TIMES_IN_FORCE)]
        self.post_only = self.post_only and self.time_in_force in RESTING
        self._show()

    def action_lifetime(self) -> None:
        """Let the order rest for another time; one without an end becomes GTD."""
        if self.time_in_force is TimeInForce.GTD:
            place = LIFETIMES_S.index(self.lasts_s)
            self.lasts_s = LIFETIMES_S[(place + 1) % len(LIFETIMES_S)]
        self.time_in_force = TimeInForce.GTD
        self._show()

    def action_post_only(self) -> None:
        """Switch post only, which needs an order that rests."""
        self.post_only = not self.post_only
        if self.post_only and self.time_in_force not in RESTING:
            self.time_in_force = TimeInForce.GTC
        self._show()

    def action_accept_book(self) -> None:
        """Accept, or no longer accept, that the book is in doubt."""
        self.book_accepted = not self.book_accepted
        self._show()

    def action_close(self) -> None:
        """Close without sending."""
        self.dismiss(self.size_text)

    def action_send(self) -> None:
        """Send once, if the ticket is complete."""
        problem = self._problem()
        if problem:
            desk_app(self).say(problem, "warning")
            return
        request = self.request
        size = parse_size(self.size_text, self.price)
        if self._sent or size is None:
            return
        self._sent = True
        desk_app(self).source.submit(
            PlaceOrder(
                request.token,
                request.side,
                PriceMicros(self.price),
                size,
                self.time_in_force.value,
                post_only=self.post_only,
                confirmed=self.book_accepted,
                ref=request.ref,
                lasts_s=self.lasts_s if self.time_in_force is TimeInForce.GTD else 0,
            )
        )
        self.dismiss(self.size_text)

    def _problem(self) -> str:
        """Return why the order cannot be sent, in a sentence; empty when it can."""
        facts = self.facts(desk_app(self).source)
        if facts.size is None:
            return "Type a size first."
        if facts.killed:
            return "The kill switch is on; R on the Desk releases it."
        if not facts.can_sign:
            return "The signer signs nothing any more; restart the desk to trade."
        if facts.trading is TradingState.HALTED:
            return "Trading is halted; p on the Desk resumes it."
        doubt = doubt_words(facts.view) if facts.view else "there is no book"
        if doubt and not self.book_accepted:
            return f"The book is in doubt ({doubt}); Ctrl+B accepts it."
        return ""
