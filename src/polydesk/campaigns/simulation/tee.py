"""Tells several observers what one would hear; the journal first."""

from __future__ import annotations

from polydesk.campaigns.simulation.journal import MemoryJournal
from polydesk.campaigns.simulation.lives import Lives
from polydesk.campaigns.simulation.money import Money
from polydesk.domain.decisions import Decision
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.ledger import Entry
from polydesk.domain.orders import Order
from polydesk.engine.observer import SilentObserver


class Tee(SilentObserver):
    """Passes everything to the journal, and what moves money or orders to the checks."""

    def __init__(self, journal: MemoryJournal) -> None:
        self._journal = journal
        self._money: Money | None = None
        self._lives: Lives | None = None

    def watch(self, money: Money, lives: Lives) -> None:
        """Tell these checks too from now on."""
        self._money, self._lives = money, lives

    def on_decision(self, decision: Decision) -> None:
        """Pass on."""
        self._journal.on_decision(decision)

    def on_order(self, order: Order) -> None:
        """Pass on."""
        self._journal.on_order(order)
        if self._lives is not None:
            self._lives.on_order(order)

    def on_fill(self, fill: Fill, entry: Entry) -> None:
        """Pass on."""
        self._journal.on_fill(fill, entry)
        if self._money is not None:
            self._money.on_fill(fill, entry)

    def on_settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """Pass on."""
        self._journal.on_settled(settled, entry)
        if self._money is not None:
            self._money.on_settled(settled, entry)

    def on_entry(self, *entries: Entry) -> None:
        """Pass on."""
        self._journal.on_entry(*entries)
        if self._money is not None:
            self._money.on_entry(*entries)

    def on_audit(self, ts: int, kind: str, text: str) -> None:
        """Pass on."""
        self._journal.on_audit(ts, kind, text)
