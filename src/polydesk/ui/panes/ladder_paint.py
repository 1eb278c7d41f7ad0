"""Draws the lines of a ladder as styled cells."""

from __future__ import annotations

from polydesk.ui.format import price as price_text
from polydesk.ui.format import short_size, whole_size
from polydesk.ui.panes.ladder_columns import SIZE, Columns
from polydesk.ui.panes.ladder_rows import LadderRow
from polydesk.ui.widgets.line import Cell, Row

_BAR_STEPS = 64
"""``bid_bar`` of a full bar."""


def _right(text: str, width: int) -> str:
    """Return text at the right of a column, nothing for a column left out."""
    return text[:width].rjust(width)


def column_names(columns: Columns, *, cumulative: bool) -> list[Cell]:
    """Return the line with the names of the columns."""
    bid, ask = ("bid sum", "ask sum") if cumulative else ("bid", "ask")
    names = [
        _right("mine", columns.mine),
        _right("queue", columns.queue),
        _right(f"{bid} ", columns.size),
        "price".center(columns.price),
        _right(f"{ask} ", SIZE).ljust(columns.size),
        _right("queue", columns.queue),
        _right("mine", columns.mine),
        _right("vol", columns.volume),
    ]
    return [(" ".join(name for name in names if name), "muted")]


def state_cells(row: Row, width: int, places: int) -> list[Cell]:
    """Return mid, spread, imbalance and last trade, as many as fit."""
    _, double_mid, spread, share, last = row
    mid = double_mid // 2 if isinstance(double_mid, int) else None
    parts = [
        ("mid", price_text(mid, min(6, places + 1))),
        ("spread", price_text(spread if isinstance(spread, int) else None, places)),
        ("imbalance", str(share).rjust(5)),
        ("last", price_text(last if isinstance(last, int) else None, places)),
    ]
    while len(parts) > 1 and sum(len(a) + len(b) + 3 for a, b in parts) - 2 > width:
        parts.pop()
    gaps = 2 * (len(parts) - 1) + sum(len(a) + len(b) + 1 for a, b in parts)
    cells: list[Cell] = [(" " * max(0, (width - gaps) // 2), "text")]
    for number, (name, value) in enumerate(parts):
        cells += [(f"{'  ' if number else ''}{name} ", "muted"), (value, "text")]
    return cells


class LevelPainter:
    """Turns one price row into cells."""

    def __init__(self, columns: Columns, places: int, focused: bool) -> None:
        self._columns = columns
        self._places = places
        self._focused = focused

    def cells(self, row: LadderRow, *, trouble: bool) -> list[Cell]:
        """Return the cells of one price; ``trouble`` draws sizes as not to be trusted."""
        ground = " on cursor" if row.selected and self._focused else ""
        gap: Cell = (" ", f"text{ground}")
        bid_ink, ask_ink = ("stale", "stale") if trouble else ("bid", "ask")
        groups = [
            self._own(row.own_bid, ground),
            self._queue(row.bid_queue, row.own_bid, ground),
            self._bid(row, bid_ink, ground),
            self._price(row, ground),
            self._ask(row, ask_ink, ground),
            self._queue(row.ask_queue, row.own_ask, ground),
            self._own(row.own_ask, ground),
            self._volume(row.traded, ground),
        ]
        cells: list[Cell] = []
        for group in groups:
            if group:
                cells += [gap, *group] if cells else group
        return cells

    def _own(self, size: int, ground: str) -> list[Cell]:
        width = self._columns.mine
        text = short_size(size, width) if size else ""
        return [(_right(text, width), f"bold own-order{ground}")] if width else []

    def _queue(self, queue: int | None, own: int, ground: str) -> list[Cell]:
        width = self._columns.queue
        text = f"~{whole_size(queue, width - 1)}" if own and queue is not None else ""
        return [(_right(text, width), f"muted{ground}")] if width else []

    def _volume(self, traded: int, ground: str) -> list[Cell]:
        width = self._columns.volume
        text = whole_size(traded, width) if traded else ""
        return [(_right(text, width), f"muted{ground}")] if width else []

    def _price(self, row: LadderRow, ground: str) -> list[Cell]:
        ink = {"bid": "bold bid", "ask": "bold ask", "inside": "muted"}.get(row.place, "text")
        pointer = "▸" if row.selected else " "
        dot = "•" if row.last else " "
        text = f"{pointer}{price_text(row.price, self._places)}{dot}"
        return [(text.center(self._columns.price), f"{ink}{ground}")]

    def _bid(self, row: LadderRow, ink: str, ground: str) -> list[Cell]:
        """Right-aligned size; the bar grows from the price to the left."""
        width = self._columns.size
        size = row.bid_total or row.bid
        text = _right(whole_size(size, width - 1) if size else "", width - 1) + (
            row.bid_mark or " "
        )
        bar = _bar(row.bid_bar, width)
        return [
            (text[: width - bar], f"{ink}{ground}"),
            *_barred(text[width - bar :], ink, "bid", row.bid_mark),
        ]

    def _ask(self, row: LadderRow, ink: str, ground: str) -> list[Cell]:
        """Size aligned near the price; the bar grows from the price to the right."""
        width = self._columns.size
        size = row.ask_total or row.ask
        number = _right(whole_size(size, SIZE - 1) if size else "", SIZE - 1)
        text = (number + (row.ask_mark or " ")).ljust(width)
        bar = _bar(row.ask_bar, width)
        return [
            *_barred(text[:bar], ink, "ask", row.ask_mark),
            (text[bar:], f"{ink}{ground}"),
        ]


def _bar(steps: int, width: int) -> int:
    """Return the cells of a depth bar; any size shows at least one."""
    return min(width, -(-steps * width // _BAR_STEPS))


def _barred(text: str, ink: str, side: str, mark: str) -> list[Cell]:
    """Return the part of a size cell that lies on the depth bar."""
    ground = f"{side}-flash" if mark else f"{side}-depth"
    return [(text, f"{ink} on {ground}")] if text else []
