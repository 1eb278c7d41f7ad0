"""The feed: what followed wallets did and what the desk made of it, newest first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from rich.cells import cell_len

from polydesk.domain.decisions import Verdict
from polydesk.domain.instruments import Side
from polydesk.ui.format import (
    PRICE_CELLS,
    clip,
    clock,
    delay,
    exact_size,
    fit,
    plain,
    price_cell,
    short_size,
)
from polydesk.ui.screens.words import order_ink, order_word, side_ink, verdict_ink
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, Row
from polydesk.ui.widgets.listing import ListPane
from polydesk.views.models import FeedRow
from polydesk.views.source import DeskSource

_KEPT = 100
_NAME, _LONG_NAME, _SIZE = 8, 11, 5
_LONG_NAME_FROM = 49
"""Cells of a line from which a leader's name may be long."""
_MARKET_NEEDS, _MARKET_LEAST = 8, 6
"""Cells below which the market moves from the first to the second line."""


class Feed(ListPane[FeedRow]):
    """Two lines a followed trade: the leader's trade, then the decision with its reason."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("buy", "sell", "copied", "skipped", "waiting", "own-order", "fill", "pnl-down")
    )
    FOLLOWS_TOP = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.leaders = 0
        self.delay_p50_ms: int | None = None
        self._version = -1

    @property
    def lines_per_item(self) -> int:
        """A trade and its decision."""
        return 2

    def poll(self, source: DeskSource) -> bool:
        """Take new decisions and moved copies."""
        version = source.feed_version()
        if version == self._version:
            return False
        self._version = version
        view = source.feed(_KEPT)
        self.leaders, self.delay_p50_ms = view.leaders, view.delay_p50_ms
        return self.set_items(view.rows)

    def key_of(self, item: FeedRow) -> Hashable:
        """Return the number of the decision."""
        return item.seq

    def heading(self) -> tuple[str, str]:
        """Return how many wallets are followed and how late their trades are seen."""
        wallets = "1 wallet" if self.leaders == 1 else f"{self.leaders} wallets"
        if self.delay_p50_ms is None:
            return "Followed", wallets
        return "Followed", f"{wallets}, p50 {delay(self.delay_p50_ms)}"

    def empty_row(self) -> Row:
        """Say what will appear here."""
        words = "no trade of a followed wallet yet" if self.leaders else "no wallet is followed"
        return ("message", words)

    def item_rows(self, item: FeedRow, width: int, *, selected: bool) -> Sequence[Row]:
        """Return the leader's line and the decision's line."""
        return [("leader", item, selected), ("decision", item, selected)]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of one line."""
        item = row[1]
        if not isinstance(item, FeedRow):
            return [(f" {item}", "muted")]
        ground = " on cursor" if row[2] else ""
        name = _LONG_NAME if width >= _LONG_NAME_FROM else _NAME
        room = width - _leader_width(name)
        if row[0] == "leader":
            return _leader_cells(item, name, room, ground)
        return _decision_cells(item, width, ground, with_market=room < _MARKET_NEEDS)


def _leader_width(name: int) -> int:
    """Return the cells of a leader's line without the market."""
    return 8 + 1 + 1 + 1 + name + 1 + 4 + 1 + _SIZE + 1 + PRICE_CELLS


def _leader_cells(item: FeedRow, name: int, room: int, ground: str) -> list[Cell]:
    """Return time, direction, leader, side, size, price and, with room, the market."""
    side = f"{side_ink(item.side)}{ground}"
    arrow = "▲" if item.side is Side.BUY else "▼"
    cells: list[Cell] = [
        (f"{clock(item.traded_at)} ", f"muted{ground}"),
        (f"{arrow} ", side),
        (f"{fit(item.leader_name, name)} ", f"heading{ground}"),
        (f"{item.side.value:<4} ", side),
        (f"{short_size(item.leader_size, _SIZE):>{_SIZE}} ", f"text{ground}"),
        (price_cell(item.leader_price), f"text{ground}"),
    ]
    if room >= _MARKET_NEEDS:
        market = f"{plain(item.outcome)} · {plain(item.title)}"
        cells.append((f" {fit(market, room - 1)}", f"muted{ground}"))
    return cells


def _decision_cells(item: FeedRow, width: int, ground: str, *, with_market: bool) -> list[Cell]:
    """Return the decision in words with the delay at the right end.

    Without room for the market on the first line it stands here, and only facts give way to it.
    """
    late = f" {delay(item.seen_delay_ms).replace(' ', '')}"
    market = f" {plain(item.outcome)} · {plain(item.title)}" if with_market else ""
    kept = min(cell_len(market), _MARKET_LEAST)
    room = width - 2 - len(late)
    cells: list[Cell] = [("  ", f"text{ground}")]
    for text, ink in _decision_words(item, short=with_market):
        shown = clip(text, max(0, room - kept))
        cells.append((shown, f"{ink}{ground}"))
        room -= cell_len(shown)
    for text, ink in ((market, "heading"), (_facts(item), "muted")):
        shown = clip(text, room)
        cells.append((shown, f"{ink}{ground}"))
        room -= cell_len(shown)
    cells.append((" " * room + late, f"muted{ground}"))
    return cells


def _decision_words(item: FeedRow, *, short: bool) -> list[Cell]:
    """Return what became of the trade, as texts with inks."""
    ink = verdict_ink(item.verdict)
    if item.verdict is not Verdict.COPIED:
        code = plain(item.reason).partition(" ")[0]
        return [(item.verdict.value, ink), (f" {code}" if code else "", "text")]
    price = item.average_price if item.average_price is not None else item.copy_price
    size = _copied_size(item, short_size if short else exact_size)
    words = [("copied", ink), (f" {size} @ {price_cell(price).rstrip()}", "text")]
    if item.order_state is not None:
        words.append((f" {order_word(item.order_state)}", order_ink(item.order_state)))
    return words


def _copied_size(item: FeedRow, write: Callable[[int], str]) -> str:
    """Return the size of the copy, after what is filled of it while that is only a part."""
    asked = write(item.copy_size or 0)
    in_part = item.filled and item.filled != item.copy_size
    return f"{write(item.filled)} of {asked}" if in_part else asked


def _facts(item: FeedRow) -> str:
    """Return the facts behind a reason code."""
    facts = plain(item.reason).partition(" ")[2] if item.verdict is not Verdict.COPIED else ""
    return f" {facts}" if facts else ""
