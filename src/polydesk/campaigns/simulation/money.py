"""Invariants of the books, checked as things are booked and again from scratch."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from polydesk.campaigns.simulation.sightings import ENDS_WITHOUT_FILLS
from polydesk.campaigns.simulation.violation import demand
from polydesk.domain.fills import Fill, Identity, SettledFill, Settlement
from polydesk.domain.ids import ClientOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.ledger import CASH, DEPOSITS, FEES, Entry, cost_account
from polydesk.engine.observer import SilentObserver

if TYPE_CHECKING:
    from polydesk.engine.engine import Engine


class Money(SilentObserver):
    """Watches ledger, fills and settlements of one life of the desk."""

    def __init__(self, engine: Engine, *, is_alone: bool) -> None:
        """Begin with what an engine holds.

        Args:
            engine: The engine.
            is_alone: Whether nobody but the desk trades on the account: only then can the
                desk promise that its cash is enough.
        """
        self._engine = engine
        self._is_alone = is_alone
        ledger = engine.account.ledger
        self.standing: dict[Identity, Fill] = {
            fill.identity: fill for fill in engine.account.fills if fill.identity not in ledger.void
        }
        """Fills booked that have not failed."""
        self.fees: int = sum(fill.fee for fill in self.standing.values())
        self._void = set(ledger.void)
        self._final: dict[Identity, Settlement] = dict.fromkeys(ledger.void, Settlement.VOID)
        self.sums: defaultdict[ClientOrderId, list[int]] = defaultdict(lambda: [0, 0])
        """[filled, voided] by order."""
        for fill in engine.account.fills:
            self.sums[fill.client_order_id][fill.identity in ledger.void] += fill.size
        self._seq = -1
        self._unforeseen = sum(
            fill.value + fill.fee
            for fill in self.standing.values()
            if self._came_after_the_end(fill)
        )
        """Spent by orders that came alive after a clear no, from the copy of a request."""

    def _came_after_the_end(self, fill: Fill) -> bool:
        order = self._engine.account.orders.get(fill.client_order_id)
        is_buy = fill.side is Side.BUY
        return is_buy and order is not None and order.state in ENDS_WITHOUT_FILLS

    # What is told

    def on_fill(self, fill: Fill, entry: Entry) -> None:
        """A fill is booked once, ever."""
        identity = fill.identity
        demand(identity not in self.standing, "I-13", "booked twice:", identity)
        demand(identity not in self._void, "I-13", "booked after it failed:", identity)
        self.standing[identity] = fill
        self.fees += fill.fee
        if self._came_after_the_end(fill):
            self._unforeseen += fill.value + fill.fee
        self.sums[fill.client_order_id][0] += fill.size
        self.on_entry(entry)

    def on_settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """The first final word stays, and takes out exactly what was booked."""
        identity = settled.identity
        known = self._final.setdefault(identity, settled.settlement)
        demand(known is settled.settlement, "I-15", identity, "was", known, "now", settled)
        if settled.settlement is Settlement.VOID:
            self._void.add(identity)
            fill = self.standing.pop(identity, None)
            demand(
                (fill is None) == (entry is None), "I-14", "voids what was not filled:", identity
            )
            if fill is not None:
                self.fees -= fill.fee
                sums = self.sums[fill.client_order_id]
                sums[0] -= fill.size
                sums[1] += fill.size
        if entry is not None:
            self.on_entry(entry)

    def on_entry(self, *entries: Entry) -> None:
        """Debits equal credits."""
        for entry in entries:
            demand(not sum(amount for _, amount in entry.postings), "I-01", entry)

    # After every step

    def check(self) -> None:
        """Check what a step may have changed."""
        account = self._engine.account
        if account.ledger.seq != self._seq:
            self._seq = account.ledger.seq
            self._check_books()
        if self._is_alone:
            free = account.ledger.spendable_cash - sum(account.reserved.values())
            demand(free >= -self._unforeseen, "I-03", "free cash", free)

    def _check_books(self) -> None:
        ledger = self._engine.account.ledger
        accounts = ledger.accounts
        demand(not sum(accounts.values()), "I-02", accounts)
        cost = realised = fees = 0
        for position in ledger.positions.values():
            demand(position.size >= 0 and position.cost >= 0, "I-03", position)
            booked = accounts.get(cost_account(position.token_id), 0)
            demand(booked == position.cost, "I-06", position, "cost account", booked)
            cost += position.cost
            realised += position.realised
            fees += position.fees
        cash, deposits = accounts.get(CASH, 0), -accounts.get(DEPOSITS, 0)
        demand(cash + cost - realised == deposits, "I-06", cash, cost, realised, deposits)
        demand(fees == accounts.get(FEES, 0), "I-11", fees, accounts.get(FEES, 0))
        waits = any(unsettled.waiting for unsettled in ledger.unsettled.values())
        demand(waits or fees == self.fees, "I-11", "fees", fees, "of fills", self.fees)
        self._check_result()

    def _check_result(self) -> None:
        totals = self._engine.account.totals()
        result = totals.realised + totals.unrealised
        demand(totals.equity - totals.net_deposits == result, "I-08", totals)
