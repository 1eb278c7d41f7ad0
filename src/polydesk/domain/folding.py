"""Booking recorded entries again: the books follow from what happened, or something is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from polydesk.domain.fills import Fill, Identity, SettledFill, Settlement
from polydesk.domain.ids import TokenId
from polydesk.domain.ledger import CASH, DEPOSITS, Entry, Ledger, ref_of
from polydesk.domain.units import ShareMicros, UsdMicros, payout_price
from polydesk.errors import InvariantError


class Folding:
    """Books entries one by one into a fresh ledger.

    When a fill was confirmed changes no amount, only what may still fail. So a fill that was
    confirmed later is confirmed at once: what is kept to be walked again stays short.
    """

    def __init__(self, fills: Sequence[Fill], settlements: Iterable[SettledFill] = ()) -> None:
        self.ledger = Ledger()
        self.booked: list[Fill] = []
        """Fills booked so far, also those that failed since."""
        self._fills = iter(fills)
        self._settlements = tuple(settlements)
        self._confirmed = {
            settled.identity
            for settled in self._settlements
            if settled.settlement is Settlement.CONFIRMED
        }
        self._by_ref: dict[str, Fill] = {}

    def book(self, entry: Entry) -> Fill | None:
        """Book an entry again; return the fill that it books or takes out.

        Raises:
            InvariantError: Booking the same happening gives another entry.
        """
        fill = self._fill_of(entry)
        if self._book(entry, fill) != entry:
            raise InvariantError(
                f"ledger entry {entry.seq} ({entry.kind} {entry.ref}) does not add up"
            )
        if entry.kind == "fill" and fill is not None and fill.identity in self._confirmed:
            self.ledger.confirm(fill.identity)
        return fill

    def standing(self, token_id: TokenId) -> list[Fill]:
        """Return the fills of a token booked so far that did not fail."""
        void = self.ledger.void
        return [f for f in self.booked if f.token_id == token_id and f.identity not in void]

    def _fill_of(self, entry: Entry) -> Fill | None:
        if entry.kind == "void":
            return self._by_ref.get(entry.ref)
        if entry.kind != "fill":
            return None
        fill = next(self._fills, None)
        if fill is not None:
            self._by_ref[ref_of(fill.identity)] = fill
            self.booked.append(fill)
        return fill

    def _book(self, entry: Entry, fill: Fill | None) -> Entry | None:
        ledger = self.ledger
        if entry.kind == "deposit":
            return ledger.deposit(UsdMicros(-_amount(entry, DEPOSITS)), entry.ref, entry.ts)
        if entry.kind == "holding":
            return self._hold(entry)
        if entry.kind == "payout":
            token = TokenId(entry.ref)
            size = ledger.position(token).size
            if not size:
                return None
            value = UsdMicros(_amount(entry, CASH))
            return ledger.pay_out(token, payout_price(value, size), entry.ts)
        if fill is None:
            return None
        return (
            ledger.apply_fill(fill)
            if entry.kind == "fill"
            else ledger.fail(fill.identity, entry.ts)
        )

    def _hold(self, entry: Entry) -> Entry:
        token, _, size = entry.ref.rpartition("/")
        cost = UsdMicros(-_amount(entry, DEPOSITS))
        return self.ledger.hold(TokenId(token), ShareMicros(int(size)), cost, entry.ts)

    def finish(self) -> Ledger:
        """Take up what became of the fills and return the books.

        Raises:
            InvariantError: A fill has no entry, or a fill that failed was never taken out.
        """
        if next(self._fills, None) is not None:
            raise InvariantError("there is a fill without its ledger entry")
        for settled in self._settlements:
            self._settle(settled.identity, settled.settlement)
        return self.ledger

    def _settle(self, identity: Identity, settlement: Settlement) -> None:
        if settlement is Settlement.CONFIRMED:
            self.ledger.confirm(identity)
        elif self.ledger.settlement_of(identity) not in {None, Settlement.VOID}:
            raise InvariantError(f"fill {ref_of(identity)} failed and is still in the books")
        else:
            self.ledger.void.add(identity)


def _amount(entry: Entry, account: str) -> int:
    return dict(entry.postings).get(account, 0)
