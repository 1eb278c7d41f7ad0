"""The Markets screen: search the catalogue, look closer, watch, open on the Desk."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from polydesk.domain.commands import ThawMarket, Watch
from polydesk.domain.ids import TokenId, short_id
from polydesk.domain.text import clean
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.format import exact_size, plain, price, price_decimals, safe, short_size, size
from polydesk.ui.screens.base import Page, desk_app
from polydesk.ui.screens.dialogs import Question
from polydesk.ui.screens.markets_commands import MARKETS_COMMANDS
from polydesk.ui.screens.table import Column, Fact, FactsPane, Table, fact_lines
from polydesk.ui.screens.words import date, until
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import BookView, MarketRow
from polydesk.views.source import DeskSource

LISTED = 500
"""Rows asked of the catalogue at once."""
MAX_QUERY = 120
_STATUS_INKS = {"open": "pnl-up", "resolved": "muted", "closed": "stale"}


BREAKPOINTS: list[tuple[int, str]] = [(0, "-narrow"), (110, "-wide")]
"""Width from which a class, and so a layout, holds."""


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the search result."""

    row: MarketRow
    stale: bool
    """Whether the touch shown comes from a book that is stale."""


class MarketsTable(Table[Found]):
    """The search result."""

    EVERY = 15
    EMPTY = "No market matches."
    COLUMNS = (
        Column("market", 20, grow=3, both_ends=True),
        Column("event", 16, grow=2, need=150),
        Column("category", 12, need=130),
        Column("bid", 5, "right"),
        Column("ask", 5, "right"),
        Column("24h vol", 7, "right"),
        Column("liquidity", 9, "right", need=90),
        Column("ends", 16, need=100),
        Column("state", 8),
        Column("", 10),
    )

    def __init__(self) -> None:
        super().__init__(id="markets-table")
        self.query_text = ""
        self.status = "open"
        self.total = 0

    def key_of(self, item: Found) -> Hashable:
        """Markets are told apart by their condition."""
        return item.row.condition_id

    def heading(self) -> tuple[str, str]:
        """Return the filter in words and how much of the result is listed."""
        listed = f"{len(self.items)} of {self.total}" if self.total > len(self.items) else ""
        return f"Markets: {self.status}", f"{self.place()}{', listed ' if listed else ''}{listed}"

    def poll(self, source: DeskSource) -> bool:
        """Ask the catalogue again."""
        found = source.markets(self.query_text, self.status, LISTED)
        self.total = found.total
        return self.set_items([Found(row, _touch_is_stale(row, source)) for row in found.rows])

    def cells_of(self, item: Found) -> Sequence[Cell]:
        """Return one market's line."""
        row = item.row
        places = price_decimals(row.tick)
        note = ("book STALE", "stale") if item.stale else ("watched" * row.watched, "waiting")
        return (
            (row.title, TEXT),
            (row.event_title, "muted"),
            (row.category, "muted"),
            (price(row.bid, places), "stale" if item.stale else "bid"),
            (price(row.ask, places), "stale" if item.stale else "ask"),
            (short_size(row.volume_24h, 5), TEXT),
            (short_size(row.liquidity, 5), TEXT),
            (date(row.end_ns), "muted"),
            ("frozen", "stale")
            if row.frozen
            else (row.status, _STATUS_INKS.get(row.status, "stale")),
            note,
        )


def _touch_is_stale(row: MarketRow, source: DeskSource) -> bool:
    """Return whether the first outcome's touch comes from a stale book."""
    if row.bid is None and row.ask is None:
        return False
    book = source.book(row.outcomes[0][0], 1) if row.outcomes else None
    return book is not None and book.stale


def book_words(book: BookView | None, places: int) -> tuple[str, str]:
    """Return an outcome's touch in words and its ink; what cannot be trusted is said."""
    if book is None:
        return "no book held", "muted"
    touch = f"{price(book.best_bid, places)} / {price(book.best_ask, places)}"
    if book.stale:
        return f"{touch}  STALE", "stale"
    if book.crossed:
        return f"{touch}  CROSSED", "stale"
    return f"{touch}  {book.hash_state.value}", TEXT


def market_facts(row: MarketRow, source: DeskSource) -> list[Fact]:
    """Return everything the catalogue knows about one market."""
    places = price_decimals(row.tick)
    facts: list[Fact] = [("Market", row.title, "heading")]
    if row.event_title and row.event_title != row.title:
        facts.append(("Event", row.event_title, ""))
    for token_id, label in row.outcomes:
        words, ink = book_words(source.book(token_id, 1), places)
        facts.append((plain(label), f"{words}, id {_tail(token_id)}", ink))
    if row.frozen:
        facts.append(("Frozen", f"{plain(row.frozen)}; look at it, then u lets it trade", "stale"))
    facts += [
        ("Tick / minimum", f"{price(row.tick, places)} / {exact_size(row.min_size)} shares", ""),
        ("Volume 24 h", size(row.volume_24h), ""),
        ("Liquidity", size(row.liquidity), ""),
        ("Ends", _end(row.end_ns, source.now_ns()), ""),
        ("Category", row.category or "-", ""),
        ("State", row.status + (", watched" if row.watched else ""), ""),
        ("Condition", short_id(row.condition_id), "muted"),
    ]
    return facts


def _tail(token_id: TokenId) -> str:
    """Return the end of a token id, which tells look-alikes apart."""
    return f"…{token_id[-6:]}" if len(token_id) > 6 else token_id


def _end(end_ns: int | None, now: int) -> str:
    return "no end date" if end_ns is None else f"{date(end_ns)} UTC, {until(now, end_ns)}"


class SearchBox(Input):
    """One line of plain text; what is pasted is cleaned first."""

    def insert(self, text: str, index: int) -> None:
        """Insert text without control and direction characters."""
        super().insert(_typed(text), index)

    def replace(self, text: str, start: int, end: int) -> None:
        """Replace text the same way."""
        super().replace(_typed(text), start, end)


def _typed(text: str) -> str:
    """Return text safe to show, keeping a typed space."""
    return text if text == " " else clean(text, MAX_QUERY)


class MarketsScreen(Page):
    """Find a market."""

    SCOPE = Scope.MARKETS
    CSS_PATH = "markets.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(MARKETS_COMMANDS))
    AUTO_FOCUS = "MarketsTable"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def body(self) -> ComposeResult:
        """Put the search box above list and details."""
        with Horizontal(id="search-line"):
            yield Static(Content(" Search "), id="search-label")
            yield SearchBox(placeholder="words of the title", max_length=MAX_QUERY, id="search")
        with Container(id="markets"):
            yield MarketsTable()
            yield FactsPane("Details", self._details, id="market-details")

    @property
    def table(self) -> MarketsTable:
        """The list."""
        return self.query_one(MarketsTable)

    @property
    def current(self) -> MarketRow | None:
        """The market under the cursor."""
        found = self.table.selected
        return None if found is None else found.row

    @property
    def box(self) -> Input:
        """The search box."""
        return self.query_one("#search", Input)

    def _details(self, source: DeskSource, width: int) -> Sequence[Sequence[Cell]]:
        row = self.current
        if row is None:
            return [[("No market under the cursor.", "muted")]]
        return fact_lines(market_facts(row, source), width)

    @on(Table.Moved)
    def _moved(self) -> None:
        self.query_one("#market-details", FactsPane).poll(self.source)

    @on(Input.Changed, "#search")
    def _typed(self, event: Input.Changed) -> None:
        self.table.query_text = plain(event.value)
        self.table.poll(self.source)

    @on(Input.Submitted, "#search")
    def _entered(self, event: Input.Submitted) -> None:
        """Go to the list, and ask the venue for what the catalogue here does not hold."""
        self.source.look_up(plain(event.value))
        self.table.focus()

    @on(Table.Chosen)
    def _chosen(self) -> None:
        self.action_open(0)

    def action_search(self) -> None:
        """Go to the search box."""
        self.box.focus()

    def action_clear_search(self) -> None:
        """Leave the search box; from the list, empty it."""
        if self.box.has_focus:
            self.table.focus()
        else:
            self.box.value = ""

    def action_status(self, status: str) -> None:
        """List another kind of market."""
        self.table.status = status
        self.table.poll(self.source)

    def action_watch(self) -> None:
        """Watch or unwatch the market under the cursor."""
        row = self.current
        if row is not None:
            tokens = tuple(token_id for token_id, _ in row.outcomes)
            self.source.submit(Watch(tokens, on=not row.watched))
            self.table.poll(self.source)

    def action_thaw(self) -> None:
        """Ask, then let a frozen market trade again."""
        row = self.current
        if row is None or not row.frozen or not row.outcomes:
            desk_app(self).say("This market is not frozen.", "warning")
            return
        question = Content.assemble(
            "Let ", safe(row.title), " trade again? It was frozen because ", safe(row.frozen),
            ". Look at its orders and fills on the venue's site first.",
        )  # fmt: skip

        def answered(yes: bool | None) -> None:
            if yes:
                self.source.submit(ThawMarket(row.outcomes[0][0]))
                self.table.poll(self.source)

        self.app.push_screen(Question(question, "let it trade"), answered)

    def action_open(self, place: int) -> None:
        """Show one outcome of the market on the Desk."""
        row = self.current
        if row is not None and place < len(row.outcomes):
            desk_app(self).open_market(row.outcomes[place][0])
