"""The recovery report: what the start of a live session found out about earlier orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from polydesk.domain.orders import OrderState
from polydesk.ui.format import clock, duration, exact_size, plain, signed_drift
from polydesk.ui.screens.dialogs import TooSmall
from polydesk.ui.screens.report import ReportBox
from polydesk.ui.screens.table import Fact, fact_lines, wrap
from polydesk.ui.screens.words import exact_price, order_ink, side_ink, state_name
from polydesk.ui.widgets.inks import TEXT
from polydesk.ui.widgets.line import Cell
from polydesk.views.models import RecoveryRow, RecoveryView
from polydesk.views.source import DeskSource

if TYPE_CHECKING:
    from polydesk.ui.app import DeskApp

_LABEL, _INDENT = 16, 4


def is_worth_showing(view: RecoveryView) -> bool:
    """Return whether the start found anything a person should see."""
    return bool(view.rows or view.external or view.new_fills or view.drift)


def recovery_facts(view: RecoveryView, now: int) -> list[Fact]:
    """Return how far the start has come and what it counted."""
    if view.ready_at:
        took = duration(view.ready_at - view.started_at)
        progress: Fact = ("Start", f"{clock(view.started_at)} UTC, ready after {took}", "pnl-up")
    else:
        so_far = duration(now - view.started_at) if view.started_at else "0 s"
        progress = ("Start", f"RECONCILING for {so_far}: no new order meanwhile", "bold stale")
    facts = [progress, ("In short", view.words, "heading")]
    if view.new_fills:
        words = f"{view.new_fills} happened while the desk was away; they are booked"
        facts.append(("New fills", words, ""))
    if view.external:
        words = f"{view.external} open orders were made outside this desk; Orders (F2) lists them"
        facts.append(("Made elsewhere", words, "stale"))
    if view.drift:
        words = f"{signed_drift(view.drift)}: the venue's cash less the ledger's; find out why"
        facts.append(("Drift", words, "bold pnl-down"))
    return facts


def order_lines(row: RecoveryRow, width: int) -> list[list[Cell]]:
    """Return one order: what it is, what it was and is, and what happens next."""
    order = f"{exact_size(row.size)} {plain(row.outcome)} @ {exact_price(row.price)}"
    unknown = row.now is OrderState.UNKNOWN
    was, now = state_name(row.before), state_name(row.now)
    moved = now if row.now is row.before else f"{was} → {now}"
    filled = f", filled {exact_size(row.filled)}" if row.filled else ""
    title = wrap(plain(row.title), max(10, width - len(order) - 9), 1)[0]
    lines: list[list[Cell]] = [
        [
            (f"{row.side.value:<5}", f"bold {side_ink(row.side)}"),
            (order, "bold text"),
            (f"  {title}", "muted"),
        ],
        [(" " * _INDENT, TEXT), (moved, order_ink(row.now)), (filled, TEXT)],
    ]
    ink = "bold stale" if unknown else TEXT
    lines += [[(" " * _INDENT, TEXT), (part, ink)] for part in wrap(row.words, width - _INDENT)]
    return lines


def recovery_lines(view: RecoveryView | None, now: int, width: int) -> list[list[Cell]]:
    """Return the whole report; orders nobody knows about come first."""
    if view is None:
        return [[("Nothing is recovered here: only a live desk has orders at a venue.", "muted")]]
    lines = fact_lines(recovery_facts(view, now), width, _LABEL)
    if not view.rows:
        return lines
    lines += [[], [(f"Orders left open by earlier sessions: {len(view.rows)}", "bold heading")]]
    for row in sorted(view.rows, key=lambda row: row.now is not OrderState.UNKNOWN):
        lines += [[], *order_lines(row, width)]
    return lines


class RecoveryReport(ReportBox):
    """What was left open, what it is now, what is not known yet, and what happens next."""

    TITLE_WORDS = "Recovery report"
    KEYS_WORDS = "Esc closes · ↑ ↓ scroll · K kills"

    def lines(self, source: DeskSource, width: int) -> Sequence[Sequence[Cell]]:
        """Return the report as it is now."""
        return recovery_lines(source.recovery(), source.now_ns(), width)


class RecoveryWatch:
    """Shows the report by itself, once, while a session starts and only over a bare screen."""

    def __init__(self) -> None:
        self._is_done = False

    def look(self, app: DeskApp) -> None:
        """Show the report when the start found something; give up once it is over."""
        if self._is_done:
            return
        view = app.source.recovery()
        if view is None:
            return
        if not is_worth_showing(view):
            self._is_done = bool(view.ready_at)
        elif not app.screen.is_modal:
            self._is_done = True
            app.push_screen(RecoveryReport())


def show_recovery(app: DeskApp) -> None:
    """Show the report because a person asked for it."""
    if not isinstance(app.screen, (RecoveryReport, TooSmall)):
        app.push_screen(RecoveryReport())
