"""Everything known about one order: what it is, its trace with times, its fills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, short_id
from polydesk.domain.orders import TERMINAL
from polydesk.ui.format import age, clock, duration, exact_size, fit, money, plain
from polydesk.ui.screens.base import desk_app
from polydesk.ui.screens.order_table import ask_to_cancel, changed_at, order_words
from polydesk.ui.screens.report import ReportBox
from polydesk.ui.screens.table import Fact, fact_lines, wrap
from polydesk.ui.screens.words import (
    SETTLEMENT_HELP,
    exact_price,
    origin_words,
    row_ink,
    settlement_ink,
    side_ink,
    state_help,
    state_word,
)
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import FillRow, OrderDetail, OrderRow, TraceLine
from polydesk.views.source import DeskSource

if TYPE_CHECKING:
    from polydesk.ui.app import DeskApp

_LABEL, _TIME, _GAP, _STEP = 10, 13, 11, 14
_TRADE_NEEDS = 90
_MS = 1_000_000
_TEN_MS = 10 * _MS


def step_gap(before: int, at: int) -> str:
    """Return the time between two steps; below ten milliseconds with two decimals."""
    gap = max(0, at - before)
    if gap < _TEN_MS:
        hundredths = gap * 100 // _MS
        return f"+{hundredths // 100}.{hundredths % 100:02d} ms"
    return f"+{duration(gap)}"


def order_facts(detail: OrderDetail, now: int) -> list[Fact]:
    """Return what the order is and where it stands."""
    row = detail.row
    kind = f"{_lasting(detail, now)}, post only" if detail.post_only else _lasting(detail, now)
    told = f", {age(now, detail.trace[-1].ts)} ago" if detail.trace else ""
    facts: list[Fact] = [
        ("Order", f"{order_words(row)}, {kind}, {origin_words(row)}", f"bold {side_ink(row.side)}"),
        ("Market", plain(row.title), "heading"),
        ("State", f"{state_word(row)}: {state_help(row)}", row_ink(row)),
        ("Changed", f"{age(now, changed_at(row))} ago", ""),
        ("Evidence", f"{row.evidence or 'none yet'}{told}", ""),
        ("Filled", _filled(row), ""),
        ("Venue id", row.venue_order_id or "none yet: it was not signed", "muted"),
        ("Our id", row.client_order_id, "muted"),
    ]
    if row.at_risk:
        words = f"{exact_size(row.at_risk)} shares filled that may still fail"
        facts.insert(6, ("At risk", words, "stale"))
    if row.reason:
        facts.append(("Reason", row.reason, ""))
    return facts


def _lasting(detail: OrderDetail, now: int) -> str:
    """Return the time in force, and while it is open how long it may still rest."""
    if detail.off_book_at is None or detail.row.state in TERMINAL:
        return detail.time_in_force
    return f"{detail.time_in_force} for {duration(detail.off_book_at - now)} more"


def _filled(row: OrderRow) -> str:
    words = f"{exact_size(row.filled)} of {exact_size(row.size)}"
    if row.filled > row.size:
        # An immediate buy gives dollars: below its limit it gets more shares for them.
        words = f"{exact_size(row.filled)}, more than the {exact_size(row.size)} counted on"
    return words if row.average_price is None else f"{words} at {exact_price(row.average_price)}"


def trace_lines(trace: Sequence[TraceLine], width: int) -> list[list[Cell]]:
    """Return the steps with time of day and the time since the step before."""
    lines: list[list[Cell]] = [[("Trace: UTC, and the time since the step before", "bold heading")]]
    before: int | None = None
    for step in trace:
        gap = "" if before is None else step_gap(before, step.ts)
        before = step.ts
        first, *rest = wrap(step.words, max(10, width - _TIME - _GAP - _STEP))
        lines.append(
            [
                (fit(clock(step.ts, 3), _TIME), "muted"),
                (fit(gap, _GAP - 1, "right") + " ", "waiting"),
                (fit(step.step, _STEP), "bold text"),
                (first, TEXT),
            ]
        )
        lines += [[(" " * (_TIME + _GAP + _STEP), TEXT), (more, TEXT)] for more in rest]
    return lines if trace else [*lines, [("nothing yet", "muted")]]


def fill_lines(fills: Sequence[FillRow], width: int) -> list[list[Cell]]:
    """Return the fills with what became of their settlement; wide lines name the trade."""
    lines: list[list[Cell]] = [[("Fills", "bold heading")]]
    for fill in fills:
        size = f"{exact_size(fill.size)} @ {exact_price(fill.price)}"
        role = "maker" if fill.is_maker else "taker"
        settled = f"{fill.settlement.value}: {SETTLEMENT_HELP[fill.settlement]}"
        ink = settlement_ink(fill.settlement)
        trade = f"  {plain(short_id(fill.trade_id))}" if width >= _TRADE_NEEDS else ""
        weight = "bold " if fill.settlement is not Settlement.CONFIRMED else ""
        lines.append(
            [
                (fit(clock(fill.ts, 3), _TIME), "muted"),
                (fit(size, 19), TEXT),
                (fit(f"{role}, fee {money(fill.fee)}", 17), "muted"),
                (settled, f"{weight}{ink}"),
                (trade, "muted"),
            ]
        )
    return lines if fills else [*lines, [("none", "muted")]]


def detail_lines(detail: OrderDetail, now: int, width: int) -> list[list[Cell]]:
    """Return all lines of the box."""
    return [
        *fact_lines(order_facts(detail, now), width, _LABEL),
        [],
        *trace_lines(detail.trace, width),
        [],
        *fill_lines(detail.fills, width),
    ]


class OrderDetailBox(ReportBox):
    """One order, followed while it moves; another one never takes its place."""

    TITLE_WORDS = "One order"
    KEYS_WORDS = "Esc closes · x cancels it · c copies the venue's id · K kills"

    def __init__(self, client_order_id: ClientOrderId) -> None:
        """Show one order."""
        super().__init__()
        self._client_order_id = client_order_id

    def lines(self, source: DeskSource, width: int) -> Sequence[Sequence[Cell]]:
        """Return what is known of the order now."""
        detail = source.order(self._client_order_id)
        if detail is None:
            return [[("The order has left the desk's memory; the journal has it.", "stale")]]
        return detail_lines(detail, source.now_ns(), width)

    def _row(self) -> OrderRow | None:
        detail = desk_app(self).source.order(self._client_order_id)
        return None if detail is None else detail.row

    def action_cancel(self) -> None:
        """Ask the venue to cancel the order."""
        app, row = desk_app(self), self._row()
        if row is None or row.state in TERMINAL:
            app.say("The order is not open.", "warning")
        else:
            app.say(ask_to_cancel(app, row))

    def action_copy_id(self) -> None:
        """Copy the venue's id."""
        row = self._row()
        if row is not None:
            copy_venue_id(desk_app(self), row)


def copy_venue_id(app: DeskApp, row: OrderRow) -> None:
    """Put the venue's id of an order on the clipboard, through the terminal."""
    if row.venue_order_id:
        app.copy_to_clipboard(plain(row.venue_order_id))
        app.say("Copied the venue's order id.")
    else:
        app.say("The venue has no id for this order.", "warning")
