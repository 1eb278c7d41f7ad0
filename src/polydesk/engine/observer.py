"""What the engine tells the outside while it works: durable records and screen models.

Calls are synchronous and in order; an observer must not change the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from polydesk.domain.decisions import Decision
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Market
from polydesk.domain.ledger import Entry
from polydesk.domain.orders import Order


class Observer(Protocol):
    """Listens to what changed."""

    def on_decision(self, decision: Decision) -> None:
        """A leader's trade was decided."""
        ...

    def on_order(self, order: Order) -> None:
        """An order is new or moved."""
        ...

    def on_fill(self, fill: Fill, entry: Entry) -> None:
        """A fill was booked."""
        ...

    def on_settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """A fill became money, or failed: then the entry takes it out, if it was booked."""
        ...

    def on_entry(self, *entries: Entry) -> None:
        """Deposits, shares held already or a pay-out were booked, all of them or none."""
        ...

    def on_markets(self, markets: Sequence[Market]) -> None:
        """Catalogue rows came."""
        ...

    def on_watch(self, token_ids: Sequence[TokenId], on: bool) -> None:
        """The wanted books changed."""
        ...

    def on_audit(self, ts: int, kind: str, text: str) -> None:
        """Something a person may want to know later."""
        ...


class SilentObserver:
    """Nobody listens."""

    def on_decision(self, decision: Decision) -> None:
        """Ignore."""

    def on_order(self, order: Order) -> None:
        """Ignore."""

    def on_fill(self, fill: Fill, entry: Entry) -> None:
        """Ignore."""

    def on_settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """Ignore."""

    def on_entry(self, *entries: Entry) -> None:
        """Ignore."""

    def on_markets(self, markets: Sequence[Market]) -> None:
        """Ignore."""

    def on_watch(self, token_ids: Sequence[TokenId], on: bool) -> None:
        """Ignore."""

    def on_audit(self, ts: int, kind: str, text: str) -> None:
        """Ignore."""
