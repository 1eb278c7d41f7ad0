"""Carries what the engine did to the journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from polydesk.domain.decisions import Decision
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Market
from polydesk.domain.ledger import Entry
from polydesk.domain.orders import Order
from polydesk.engine.observer import SilentObserver
from polydesk.engine.user_desk import KILL_LATCHED, KILL_RELEASED
from polydesk.errors import StoreError
from polydesk.ports import Journal
from polydesk.store.history import HistoryWriter
from polydesk.store.latch import KillLatch


class StoringObserver(SilentObserver):
    """Writes decisions, orders, fills and audit to the journal, the catalogue to the history.

    A journal that fails must not stop the engine between two steps of one event: the trouble
    is told once, and whoever is told halts trading.
    """

    def __init__(
        self, journal: Journal, history: HistoryWriter, latch: KillLatch | None = None
    ) -> None:
        self.on_failure: Callable[[str], None] | None = None
        """Told the first trouble of the journal; while nobody listens it is raised."""
        self._journal = journal
        self._history = history
        self._latch = latch
        self._has_failed = False

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreError as error:
            if self.on_failure is None:
                raise
            if not self._has_failed:
                self._has_failed = True
                self.on_failure(str(error))

    def on_decision(self, decision: Decision) -> None:
        """Record a decision."""
        self._keep(lambda: self._journal.decision(decision))

    def on_order(self, order: Order) -> None:
        """Record an order's present state."""
        self._keep(lambda: self._journal.order(order))

    def on_fill(self, fill: Fill, entry: Entry) -> None:
        """Record a fill with its entry."""
        self._keep(lambda: self._journal.fill(fill, entry))

    def on_settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """Record what became of a fill."""
        self._keep(lambda: self._journal.settled(settled, entry))

    def on_entry(self, *entries: Entry) -> None:
        """Record entries, all or none."""
        self._keep(lambda: self._journal.entry(*entries))

    def on_markets(self, markets: Sequence[Market]) -> None:
        """Keep catalogue rows."""
        for market in markets:
            self._history.market(market)

    def on_watch(self, token_ids: Sequence[TokenId], on: bool) -> None:
        """Nothing durable: the watchlist lives in the settings and the session."""

    def on_audit(self, ts: int, kind: str, text: str) -> None:
        """Record who did what; the kill switch is latched before and let go after its record."""
        latch = self._latch
        if kind == KILL_LATCHED and latch is not None:
            self._keep(latch.set)
        self._keep(lambda: self._audit(ts, kind, text))

    def _audit(self, ts: int, kind: str, text: str) -> None:
        self._journal.audit(ts, kind, text)
        if kind == KILL_RELEASED and self._latch is not None:
            self._latch.clear()
