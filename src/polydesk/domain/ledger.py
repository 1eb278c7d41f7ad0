"""Double-entry money: every entry's postings sum to zero, and equity always adds up.

Accounts in dollars: ``cash``, ``cost:TOKEN`` (what held shares cost), ``fees``, ``result``
(realised gains before fees), ``deposits``. Assets and expenses are positive, sources
negative, so all accounts together are zero. Shares are counted beside the dollars in
``Position`` and never go below zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from polydesk.domain.fills import Fill, Identity, Settlement
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.positions import Position
from polydesk.domain.settling import Payout, Unsettled, is_provisional
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.errors import InvariantError

Posting = tuple[str, int]
"""(account, micro-dollars)."""

CASH = "cash"
FEES = "fees"
RESULT = "result"
DEPOSITS = "deposits"
COST = "cost"
"""Start of the account of a token's cost, see ``cost_account``."""
_PURCHASE, _SALE, _PAYOUT = (CASH, COST, FEES), (CASH, COST, FEES, RESULT), (CASH, COST, RESULT)
"""Accounts that an entry of a kind names even when nothing changed on them."""


def cost_account(token_id: TokenId) -> str:
    """Return the account that carries what a token's shares cost."""
    return f"{COST}:{token_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One booked happening; never changed afterwards."""

    seq: int
    kind: str
    """``deposit``, ``holding``, ``fill``, ``void`` or ``payout``."""
    ref: str
    """What it books: a trade and its order, a token (with the shares held), a note."""
    ts: int
    """Engine time, nanoseconds UTC."""
    postings: tuple[Posting, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """The account in one moment. ``equity == net_deposits + realised + unrealised``, exactly."""

    cash: UsdMicros
    positions_value: UsdMicros
    realised: UsdMicros
    """Net of fees."""
    unrealised: UsdMicros
    fees: UsdMicros
    """Part of ``realised``, shown apart."""
    net_deposits: UsdMicros
    settled_result: UsdMicros = UsdMicros(0)
    """What the result would be if every fill that may fail failed."""
    at_risk_value: UsdMicros = UsdMicros(0)
    """Value of all fills that may still fail."""

    @property
    def result(self) -> UsdMicros:
        """Realised and unrealised together, what may fail included."""
        return UsdMicros(self.realised + self.unrealised)

    @property
    def at_risk_result(self) -> UsdMicros:
        """Part of the result that hangs on fills which may still fail."""
        return UsdMicros(self.result - self.settled_result)

    @property
    def equity(self) -> UsdMicros:
        """Cash and the marked value of all positions."""
        return UsdMicros(self.cash + self.positions_value)


@dataclass(slots=True)
class Ledger:
    """The books of one account."""

    accounts: dict[str, int] = field(default_factory=dict)
    positions: dict[TokenId, Position] = field(default_factory=dict)
    applied: set[Identity] = field(default_factory=set)
    """Fills taken, with those that failed afterwards."""
    provisional: dict[Identity, Fill] = field(default_factory=dict)
    """Fills taken that may still fail."""
    void: set[Identity] = field(default_factory=set)
    """Fills that failed, also those never seen."""
    foretold: set[Identity] = field(default_factory=set)
    """Fills not seen yet that are known to be money."""
    unsettled: dict[TokenId, Unsettled] = field(default_factory=dict)
    """Tokens with fills that may still fail, or with sales that wait for their shares."""
    seq: int = 0

    @property
    def cash(self) -> UsdMicros:
        """Dollars not in positions."""
        return UsdMicros(self.accounts.get(CASH, 0))

    def position(self, token_id: TokenId) -> Position:
        """Return the position of a token, flat when never held."""
        return self.positions.get(token_id) or Position(token_id)

    def deposit(self, amount: UsdMicros, ref: str, ts: int) -> Entry:
        """Book money coming in (negative: going out)."""
        return self._post("deposit", ref, ts, ((CASH, amount), (DEPOSITS, -amount)))

    def hold(self, token_id: TokenId, size: ShareMicros, cost: UsdMicros, ts: int) -> Entry:
        """Book shares that came in from outside, at what they are taken to have cost."""
        before = self.position(token_id)
        after = replace(before)
        after.add(size, cost)
        self.positions[token_id] = after
        postings = ((cost_account(token_id), cost), (DEPOSITS, -cost))
        return self._post("holding", f"{token_id}/{size}", ts, postings)

    def settlement_of(self, identity: Identity) -> Settlement | None:
        """Return what is known of a fill's settlement; None when nothing was ever told."""
        if identity in self.void:
            return Settlement.VOID
        if identity in self.provisional:
            return Settlement.PROVISIONAL
        is_known = identity in self.applied or identity in self.foretold
        return Settlement.CONFIRMED if is_known else None

    def apply_fill(self, fill: Fill) -> Entry | None:
        """Book a fill once; return None when this identity was taken already, or is void.

        A sale of more than is held is taken and waits, see ``waiting``: its entry is empty.
        """
        identity = fill.identity
        if identity in self.applied or identity in self.void:
            return None
        self.applied.add(identity)
        self.foretold.discard(identity)
        before = self.position(fill.token_id)
        if is_provisional(fill):
            self.provisional[identity] = fill
        is_short = fill.side is Side.SELL and fill.size > before.size
        if is_provisional(fill) or is_short or fill.token_id in self.unsettled:
            self._open(before).add(fill)
            self._take(fill.token_id)
        else:
            after = replace(before)
            after.book(fill)
            self.positions[fill.token_id] = after
        is_sale = fill.side is Side.SELL and not is_short
        kind = _SALE if is_sale else () if is_short else _PURCHASE
        return self._book("fill", ref_of(identity), fill.ts_event, before, kind)

    def confirm(self, identity: Identity) -> None:
        """Let a provisional fill be money; what is not known yet is remembered."""
        fill = self.provisional.pop(identity, None)
        if fill is not None:
            self.unsettled[fill.token_id].confirm(identity)
            self._take(fill.token_id)
        elif identity not in self.applied and identity not in self.void:
            self.foretold.add(identity)

    def fail(self, identity: Identity, ts: int) -> Entry | None:
        """Take a provisional fill out of the books by an entry of its own.

        Returns:
            The entry; None when the fill was not booked, which is remembered.

        Raises:
            InvariantError: The fill is money already.
        """
        if self.settlement_of(identity) is Settlement.CONFIRMED:
            raise InvariantError(f"fill {ref_of(identity)} is settled and cannot fail")
        self.void.add(identity)
        fill = self.provisional.pop(identity, None)
        if fill is None:
            return None
        before = self.position(fill.token_id)
        self.unsettled[fill.token_id].take_out(identity)
        self._take(fill.token_id)
        return self._book("void", ref_of(identity), ts, before, ())

    def pay_out(self, token_id: TokenId, payout: PriceMicros, ts: int) -> Entry | None:
        """Close a position at its resolution price; return None when nothing is held."""
        before = self.position(token_id)
        if not before.size:
            return None
        if token_id in self.unsettled:
            self.unsettled[token_id].add(Payout(payout))
            self._take(token_id)
        else:
            after = replace(before)
            after.pay_out(payout)
            self.positions[token_id] = after
        return self._book("payout", token_id, ts, before, _PAYOUT)

    def _open(self, base: Position) -> Unsettled:
        return self.unsettled.setdefault(base.token_id, Unsettled(base))

    def _take(self, token_id: TokenId) -> None:
        """Take the position that a token's unsettled steps come to."""
        unsettled = self.unsettled[token_id]
        self.positions[token_id] = unsettled.now
        if not unsettled.steps:
            del self.unsettled[token_id]

    def waiting(self, token_id: TokenId) -> Sequence[Fill]:
        """Return the sales of a token whose shares are not there."""
        unsettled = self.unsettled.get(token_id)
        return () if unsettled is None else unsettled.waiting

    def settled(self, token_id: TokenId) -> Position:
        """Return a token's position without the fills that may still fail."""
        unsettled = self.unsettled.get(token_id)
        return self.position(token_id) if unsettled is None else unsettled.settled

    def sellable(self, token_id: TokenId) -> ShareMicros:
        """Return the shares of a token that are ours whatever fails."""
        unsettled = self.unsettled.get(token_id)
        return self.position(token_id).size if unsettled is None else unsettled.sellable

    def cost_at_stake(self, position: Position) -> UsdMicros:
        """Return what a position costs in the worst case: sales may fail, purchases may not."""
        unsettled = self.unsettled.get(position.token_id)
        if unsettled is None:
            return position.cost
        return max(position.cost, unsettled.worst.cost)

    @property
    def settled_cash(self) -> UsdMicros:
        """Dollars that no failure changes; what the venue should count too."""
        pending = sum(u.now.cash_effect - u.settled.cash_effect for u in self.unsettled.values())
        return UsdMicros(self.cash - pending)

    @property
    def spendable_cash(self) -> UsdMicros:
        """Dollars that are there whatever fails."""
        if not self.unsettled:
            return self.cash
        return UsdMicros(self.cash - sum(u.unspendable for u in self.unsettled.values()))

    def _book(
        self, kind: str, ref: str, ts: int, before: Position, always: tuple[str, ...]
    ) -> Entry:
        """Post what changed a token's position."""
        after = self.position(before.token_id)
        gain = after.realised - before.realised
        cost, fees = after.cost - before.cost, after.fees - before.fees
        changes = {CASH: gain - cost, COST: cost, FEES: fees, RESULT: -gain - fees}
        return self._post(
            kind,
            ref,
            ts,
            tuple(
                (cost_account(before.token_id) if account == COST else account, amount)
                for account, amount in changes.items()
                if amount or account in always
            ),
        )

    def _post(self, kind: str, ref: str, ts: int, postings: tuple[Posting, ...]) -> Entry:
        if sum(amount for _, amount in postings) != 0:
            raise InvariantError(f"{kind} {ref}: postings do not balance")
        for account, amount in postings:
            self.accounts[account] = self.accounts.get(account, 0) + amount
        self.seq += 1
        return Entry(self.seq, kind, ref, ts, postings)

    def totals(self, marks: Mapping[TokenId, PriceMicros]) -> Totals:
        """Return the account valued at ``marks``; a token without a mark counts at cost."""
        held = [p for p in self.positions.values() if p.size]
        value = sum(p.value_at(marks.get(p.token_id)) for p in held)
        fees = self.accounts.get(FEES, 0)
        realised = -self.accounts.get(RESULT, 0) - fees
        unrealised = value - sum(p.cost for p in held)
        at_risk = sum(_result_at_risk(u, marks) for u in self.unsettled.values())
        return Totals(
            cash=self.cash,
            positions_value=UsdMicros(value),
            realised=UsdMicros(realised),
            unrealised=UsdMicros(unrealised),
            fees=UsdMicros(fees),
            net_deposits=UsdMicros(-self.accounts.get(DEPOSITS, 0)),
            settled_result=UsdMicros(realised + unrealised - at_risk),
            at_risk_value=UsdMicros(sum(fill.value for fill in self.provisional.values())),
        )


def ref_of(identity: Identity) -> str:
    """Return the text by which entries name a fill."""
    return "/".join(identity)


def _result_at_risk(unsettled: Unsettled, marks: Mapping[TokenId, PriceMicros]) -> int:
    """Return by how much the result would be less without the provisional fills."""
    now, settled = unsettled.now, unsettled.settled
    mark = marks.get(now.token_id)
    value = now.value_at(mark) - settled.value_at(mark)
    return value + now.cash_effect - settled.cash_effect
