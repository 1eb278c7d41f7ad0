"""The Feed screen: every followed trade with its decision, and the leaders."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content

from polydesk.domain.commands import PauseLeader, UnfollowLeader
from polydesk.domain.ids import Wallet, short_id
from polydesk.ui.commands import Scope, to_bindings
from polydesk.ui.format import (
    clock,
    delay,
    exact_size,
    money,
    plain,
    price_change,
    safe,
    short_size,
)
from polydesk.ui.screens.base import Page, desk_app
from polydesk.ui.screens.dialogs import Question
from polydesk.ui.screens.feed_commands import FEED_COMMANDS
from polydesk.ui.screens.table import Column, Fact, FactsPane, Table, fact_lines
from polydesk.ui.screens.words import (
    column_price,
    exact_price,
    order_ink,
    order_word,
    outcome_of,
    reason_help,
    side_ink,
    verdict_ink,
)
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import FeedRow, LeaderRow
from polydesk.views.source import DeskSource

OUTCOME_NEEDS = 100
"""Cells of the list below which the outcome stands before the market's title."""
LISTED = 500
"""Followed trades asked of the desk."""


BREAKPOINTS: list[tuple[int, str]] = [(0, "-narrow"), (110, "-middle"), (150, "-wide")]
"""Width from which a class, and so a layout, holds."""


@dataclass(frozen=True, slots=True)
class FeedFilter:
    """What the list shows."""

    verdict: str = "all"
    """``all``, ``copied`` or ``skipped``."""
    wallet: Wallet | None = None
    leader_name: str = ""

    def passes(self, row: FeedRow) -> bool:
        """Return whether a trade is shown."""
        if self.wallet is not None and row.leader != self.wallet:
            return False
        return self.verdict in {"all", row.verdict.value}

    def words(self) -> str:
        """Return the filter in words."""
        return f"{self.verdict}, {plain(self.leader_name)}" if self.wallet else self.verdict


class TradesTable(Table[FeedRow]):
    """Followed trades, newest first; the first place follows the newest."""

    FOLLOWS_TOP = True
    EVERY = 3
    EMPTY = "No followed trade yet."
    COLUMNS = (
        Column("time", 8),
        Column("leader", 10, grow=1),
        Column("side", 4),
        Column("size", 7, "right"),
        Column("price", 6, "right"),
        Column("market", 12, grow=4, both_ends=True),
        Column("outcome", 8, grow=2, need=OUTCOME_NEEDS),
        Column("seen", 6, "right", need=76),
        Column("decision", 16, grow=4),
    )

    def __init__(self) -> None:
        super().__init__(id="trades")
        self.filter = FeedFilter()
        self._seen_version = -1
        self._summary = ""

    def key_of(self, item: FeedRow) -> Hashable:
        """Decisions are numbered."""
        return item.seq

    def heading(self) -> tuple[str, str]:
        """Return the filter and how fast trades are seen."""
        return f"Followed trades: {self.filter.words()}", f"{self._summary}, {self.place()}"

    def poll(self, source: DeskSource) -> bool:
        """Take new trades when there are any."""
        if source.feed_version() == self._seen_version:
            return False
        return self.take(source)

    def take(self, source: DeskSource) -> bool:
        """Take the trades of now under the filter of now."""
        view = source.feed(LISTED)
        self._seen_version = source.feed_version()
        seen = "" if view.delay_p50_ms is None else f", seen p50 {delay(view.delay_p50_ms)}"
        self._summary = f"{view.leaders} wallets{seen}"
        return self.set_items([row for row in view.rows if self.filter.passes(row)])

    def cells_of(self, item: FeedRow) -> Sequence[Cell]:
        """Return one trade's line."""
        return (
            (clock(item.traded_at), "muted"),
            (item.leader_name or short_id(item.leader), TEXT),
            (item.side.value, side_ink(item.side)),
            (short_size(item.leader_size, 7), TEXT),
            (column_price(item.leader_price), TEXT),
            (item.title if self.inner_width >= OUTCOME_NEEDS else _outcome_first(item), TEXT),
            (item.outcome, "muted"),
            (delay(item.seen_delay_ms), "muted"),
            (outcome_of(item), verdict_ink(item.verdict)),
        )


def _outcome_first(item: FeedRow) -> str:
    return f"{item.outcome} · {item.title}"


class LeadersTable(Table[LeaderRow]):
    """The followed wallets."""

    EVERY = 10
    EMPTY = "No wallet is followed."
    COLUMNS = (
        Column("leader", 11, grow=2),
        Column("mode", 6),
        Column("trades", 6, "right"),
        Column("copied", 6, "right"),
        Column("skipped", 7, "right"),
        Column("held", 9, "right"),
        Column("today", 9, "right"),
        Column("rule", 14, grow=5, need=76),
    )

    def __init__(self) -> None:
        super().__init__(id="leaders")

    def key_of(self, item: LeaderRow) -> Hashable:
        """Leaders are told apart by their wallet."""
        return item.wallet

    def heading(self) -> tuple[str, str]:
        """Return the title and the cursor's place."""
        return "Leaders", self.place()

    def poll(self, source: DeskSource) -> bool:
        """Take the leaders of now."""
        return self.set_items(source.leaders())

    def cells_of(self, item: LeaderRow) -> Sequence[Cell]:
        """Return one leader's line."""
        mode = "PAUSED" if item.paused else item.mode.value
        return (
            (item.name or short_id(item.wallet), TEXT),
            (mode, "stale" if item.paused else "copied"),
            (f"{item.trades:,}", TEXT),
            (f"{item.copied:,}", "copied"),
            (f"{item.skipped:,}", "skipped"),
            (money(item.held_cost), TEXT),
            (money(item.bought_today), TEXT),
            (item.rule, "muted"),
        )


def trade_facts(row: FeedRow) -> list[Fact]:
    """Return everything known about one followed trade."""
    traded = f"{row.side.value} {exact_size(row.leader_size)} @ {exact_price(row.leader_price)}"
    seen = f"at {clock(row.traded_at, 3)} UTC, seen {delay(row.seen_delay_ms)} later"
    facts: list[Fact] = [
        ("Market", f"{plain(row.title)} · {plain(row.outcome)}", "heading"),
        ("Leader", f"{plain(row.leader_name)} {short_id(row.leader)}", ""),
        ("Traded", f"{traded} {seen}", side_ink(row.side)),
        ("Decision", row.verdict.value, verdict_ink(row.verdict)),
    ]
    if row.reason:
        facts.append(("Reason", row.reason, ""))
        meaning = reason_help(row.reason)
        if meaning:
            facts.append(("Meaning", meaning, "muted"))
    return facts + copy_facts(row)


def leader_facts(row: LeaderRow) -> list[Fact]:
    """Return everything known about one followed wallet."""
    mode = "PAUSED: trades are seen and not copied" if row.paused else row.mode.value
    return [
        ("Leader", row.name or "no name", "heading"),
        ("Wallet", row.wallet, "muted"),
        ("Mode", mode, "stale" if row.paused else "copied"),
        ("Rule", row.rule, ""),
        ("Trades", f"{row.trades:,}: {row.copied:,} copied, {row.skipped:,} skipped", ""),
        ("Held", f"{money(row.held_cost)} at cost, bought today {money(row.bought_today)}", ""),
    ]


def copy_facts(row: FeedRow) -> list[Fact]:
    """Return what our copy asked for and got."""
    if row.copy_size is None:
        return []
    asked = f"{exact_size(row.copy_size)} @ {exact_price(row.copy_price)}"
    state = "" if row.order_state is None else f", {order_word(row.order_state)}"
    facts: list[Fact] = [("Our order", asked + state, _state_ink(row))]
    got = f"{exact_size(row.filled)} of {exact_size(row.copy_size)}"
    if row.average_price is not None:
        difference = price_change(row.average_price - row.leader_price, 4)
        got += f" at {exact_price(row.average_price)}, {difference} to the leader's price"
    facts.append(("Filled", got, ""))
    if row.client_order_id is not None:
        facts.append(("Order id", short_id(row.client_order_id), "muted"))
    return facts


def _state_ink(row: FeedRow) -> str:
    return "" if row.order_state is None else order_ink(row.order_state)


class FeedScreen(Page):
    """What the leaders do, and what the desk makes of it."""

    SCOPE = Scope.FEED
    CSS_PATH = "feed.tcss"
    BINDINGS: ClassVar[list[BindingType]] = list(to_bindings(FEED_COMMANDS))
    AUTO_FOCUS = "TradesTable"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def body(self) -> ComposeResult:
        """Put the trades beside, or above, leaders and details."""
        with Container(id="feed"):
            yield TradesTable()
            with Container(id="feed-side"):
                yield LeadersTable()
                yield FactsPane("Selected", self._details, id="trade-details")

    @property
    def trades(self) -> TradesTable:
        """The list of trades."""
        return self.query_one(TradesTable)

    @property
    def leaders(self) -> LeadersTable:
        """The list of leaders."""
        return self.query_one(LeadersTable)

    def _details(self, source: DeskSource, width: int) -> Sequence[Sequence[Cell]]:
        leader = self.leaders.selected if self.leaders.has_focus else None
        if leader is not None:
            return fact_lines(leader_facts(leader), width, 10)
        row = self.trades.selected
        if row is None:
            return [[("No trade under the cursor.", "muted")]]
        return fact_lines(trade_facts(row), width, 10)

    def selected_leader(self) -> LeaderRow | None:
        """Return the leader under the cursor, or the one of the selected trade."""
        if self.leaders.has_focus:
            return self.leaders.selected
        trade = self.trades.selected
        if trade is None:
            return None
        rows = self.source.leaders()
        return next((row for row in rows if row.wallet == trade.leader), None)

    def on_descendant_focus(self) -> None:
        """Show the details of the list that has the keys."""
        self._moved()

    @on(Table.Moved)
    def _moved(self) -> None:
        self.query_one("#trade-details", FactsPane).poll(self.source)

    @on(Table.Chosen, "#trades")
    def _chosen(self) -> None:
        self.action_open()

    def action_show(self, verdict: str) -> None:
        """List trades with one verdict, or all."""
        kept = self.trades.filter
        self._filter(FeedFilter(verdict, kept.wallet, kept.leader_name))

    def action_by_leader(self) -> None:
        """List only the selected leader; again, all."""
        kept = self.trades.filter
        leader = None if kept.wallet else self.selected_leader()
        if leader is None:
            self._filter(FeedFilter(kept.verdict))
        else:
            self._filter(FeedFilter(kept.verdict, leader.wallet, leader.name))

    def _filter(self, wanted: FeedFilter) -> None:
        self.trades.filter = wanted
        self.trades.take(self.source)

    def action_pause(self) -> None:
        """Pause or resume the selected leader."""
        leader = self.selected_leader()
        if leader is None:
            desk_app(self).say("No followed leader is selected.", "warning")
            return
        self.source.submit(PauseLeader(leader.wallet, not leader.paused))
        word = "resumed" if leader.paused else "paused"
        desk_app(self).say(f"Copying of {leader.name}: asked to be {word}.")

    def action_unfollow(self) -> None:
        """Ask, then stop following the selected leader."""
        leader = self.selected_leader()
        if leader is None:
            desk_app(self).say("No followed leader is selected.", "warning")
            return
        question = Content.assemble(
            "Stop following ", safe(leader.name), f" ({short_id(leader.wallet)})?",
            f" Positions worth {money(leader.held_cost)} at cost stay open.",
        )  # fmt: skip

        def answered(yes: bool | None) -> None:
            if yes:
                self.source.submit(UnfollowLeader(leader.wallet))

        self.app.push_screen(Question(question, "unfollow"), answered)

    def action_open(self) -> None:
        """Show the selected trade's outcome on the Desk."""
        row = self.trades.selected
        if row is not None:
            desk_app(self).open_market(row.token_id)
