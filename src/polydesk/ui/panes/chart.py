"""The price of one outcome over time with our fills, drawn in braille dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.ui.format import PRICE_CELLS, clock, plain, price_cell
from polydesk.ui.widgets.braille import Canvas
from polydesk.ui.widgets.inks import component_classes
from polydesk.ui.widgets.line import Cell, LineWidget, Row
from polydesk.views.models import Candle, ChartView, FillMark
from polydesk.views.source import DeskSource

INTERVALS = (1, 5, 10, 60, 300, 3_600, 86_400)
"""Seconds a bar: what the desk builds."""
_NAMES = {1: "1 s", 5: "5 s", 10: "10 s", 60: "1 m", 300: "5 m", 3_600: "1 h", 86_400: "1 d"}
_FIRST_STEP = 3
ENOUGH_BARS = 30
"""Until a person chooses, the longest interval up to a minute with this many bars is shown."""
_AXIS = PRICE_CELLS + 1
_SECOND = 1_000_000_000
BOUGHT, SOLD = "▲", "▼"
Mark = tuple[int, str]
"""(cell, glyph)."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps time and price to dots; bars begin at the left edge and move on when they fill the plot."""

    start: int
    """Nanoseconds at the left edge."""
    interval_ns: int
    low: int
    high: int
    across: int
    down: int

    def x(self, ts: int) -> int:
        """Return the dot column of a moment."""
        return (ts - self.start) // self.interval_ns

    def y(self, price: int) -> int:
        """Return the dot row of a price."""
        price = max(self.low, min(price, self.high))
        return (self.high - price) * (self.down - 1) // (self.high - self.low)


class PriceChart(LineWidget):
    """A line of closing prices with our fills, price labels at the right, times below."""

    COMPONENT_CLASSES: ClassVar[set[str]] = component_classes(
        ("buy", "sell", "chart-line", "chart-axis", "fill")
    )

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.token: TokenId | None = None
        self.view: ChartView | None = None
        self.step = _FIRST_STEP
        self._chosen = False

    @property
    def interval_s(self) -> int:
        """Seconds a bar."""
        return INTERVALS[self.step]

    def open(self, token: TokenId, source: DeskSource) -> None:
        """Show another outcome."""
        self.token, self.view = token, None
        self.poll(source)

    def change_interval(self, steps: int, source: DeskSource) -> None:
        """Use shorter or longer bars."""
        self._chosen = True
        self.step = max(0, min(self.step + steps, len(INTERVALS) - 1))
        self.poll(source)

    def poll(self, source: DeskSource) -> bool:
        """Take the bars that fit the width."""
        if self.token is None:
            return False
        limit = max(2, (self.inner_width - _AXIS) * 2)
        if not self._chosen:
            self._choose(source, self.token)
        self.view = source.chart(self.token, self.interval_s, limit)
        return self.update_lines()

    def _choose(self, source: DeskSource, token: TokenId) -> None:
        """Take the longest interval up to a minute that has bars enough."""
        for step in range(_FIRST_STEP, -1, -1):
            self.step = step
            view = source.chart(token, INTERVALS[step], ENOUGH_BARS)
            if view is not None and len(view.candles) >= ENOUGH_BARS:
                return

    def heading(self) -> tuple[str, str]:
        """Return outcome and interval, and what the marks mean."""
        name = _NAMES[self.interval_s]
        if self.view is None:
            return f"Chart {name}", ""
        marks = f"{BOUGHT} bought {SOLD} sold" if self.view.fills else ""
        return f"{plain(self.view.outcome)} {name}", marks

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the lines of the plot and the time axis."""
        candles = self.view.candles if self.view else ()
        plot, lines = width - _AXIS, height - 1
        if self.view is None or len(candles) < 2 or plot < 8 or lines < 2:
            return [("message", "two bars are needed" if self.view else "no prices yet")]
        fills = self.view.fills
        canvas = Canvas(plot, lines)
        scale = _scale(candles, fills, self.interval_s * _SECOND, canvas)
        _draw_closes(canvas, candles, scale)
        marks = _marks(fills, scale)
        labels = _labels(scale, lines)
        rows: list[Row] = [
            ("plot", text, labels.get(y, ""), marks.get(y, ()))
            for y, text in enumerate(canvas.lines())
        ]
        return [*rows, ("times", _times(scale, plot))]

    def draw(self, row: Row, width: int) -> list[Cell]:
        """Return the cells of one line."""
        if row[0] == "message":
            return [(f" {row[1]}", "muted")]
        if row[0] == "times":
            return [(str(row[1]), "chart-axis")]
        _, text, label, marks = cast("tuple[str, str, str, tuple[Mark, ...]]", row)
        cells: list[Cell] = []
        done = 0
        for cell, glyph in marks:
            cells.append((text[done:cell], "chart-line"))
            cells.append((glyph, "bold buy" if glyph == BOUGHT else "bold sell"))
            done = cell + 1
        cells.append((text[done:], "chart-line"))
        cells.append((f" {label}", "chart-axis"))
        return cells


def _scale(
    candles: Sequence[Candle], fills: Sequence[FillMark], interval_ns: int, canvas: Canvas
) -> Scale:
    """Return the scale that shows the newest bars and the fills among them."""
    start = max(candles[0].ts, candles[-1].ts - (canvas.dots_across - 1) * interval_ns)
    closes = [candle.close for candle in candles if candle.ts >= start]
    closes += [fill.price for fill in fills if fill.ts >= start]
    low, high = min(closes), max(closes)
    room = max((high - low) // 10, 1_000)
    return Scale(
        start, interval_ns, max(0, low - room), high + room, canvas.dots_across, canvas.dots_down
    )


def _draw_closes(canvas: Canvas, candles: Sequence[Candle], scale: Scale) -> None:
    """Join the closes; a time without bars keeps the last close."""
    before: tuple[int, int] | None = None
    for candle in candles:
        x, y = scale.x(candle.ts), scale.y(candle.close)
        if x < 0:
            continue
        if before is None:
            canvas.dot(x, y)
        else:
            canvas.line(before[0], before[1], x - 1, before[1])
            canvas.line(x - 1, before[1], x, y)
        before = (x, y)


def _marks(fills: Sequence[FillMark], scale: Scale) -> dict[int, tuple[Mark, ...]]:
    """Return the fills by line, left to right, the latest one where two share a cell."""
    found: dict[int, dict[int, str]] = {}
    for fill in fills:
        x = scale.x(fill.ts)
        if 0 <= x < scale.across:
            glyph = BOUGHT if fill.side is Side.BUY else SOLD
            found.setdefault(scale.y(fill.price) // 4, {})[x // 2] = glyph
    return {line: tuple(sorted(cells.items())) for line, cells in found.items()}


def _labels(scale: Scale, lines: int) -> dict[int, str]:
    """Return price labels by line: top, bottom, and some between."""
    step = max(2, lines // 4)
    span, last = scale.high - scale.low, max(1, lines * 4 - 1)
    return {
        line: price_cell((scale.high - span * (line * 4 + 2) // last) // 1_000 * 1_000)
        for line in range(0, lines, step)
    }


def _times(scale: Scale, width: int) -> str:
    """Return the time axis: moments under their columns."""
    text = ""
    for cell in range(0, width - 4, 14):
        moment = scale.start + cell * 2 * scale.interval_ns
        text = text.ljust(cell) + clock(moment)[: 8 if scale.interval_ns < 60 * _SECOND else 5]
    return text
