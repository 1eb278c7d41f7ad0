"""Double-entry money: every entry's postings sum to zero, and equity always adds up.

Accounts in dollars: ``cash``, ``cost:TOKEN`` (what held shares cost), ``fees``, ``result``
(realised gains before fees), ``deposits``. Assets and expenses are positive, sources
negative, so all accounts together are zero. Shares are counted beside the dollars in
``Position`` and never go below zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from polydesk.domain.fills import Fill
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.positions import Position
from polydesk.domain.units import MICROS, PriceMicros, UsdMicros
from polydesk.errors import InvariantError

Posting = tuple[str, int]
"""(account, micro-dollars)."""

CASH = "cash"
FEES = "fees"
RESULT = "result"
DEPOSITS = "deposits"


def cost_account(token_id: TokenId) -> str:
    """Return the account that carries what a token's shares cost."""
    return f"cost:{token_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One booked happening; never changed afterwards."""

    seq: int
    kind: str
    """``deposit``, ``fill`` or ``payout``."""
    ref: str
    """What it books: a trade id, a token, a note."""
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

    @property
    def equity(self) -> UsdMicros:
        """Cash and the marked value of all positions."""
        return UsdMicros(self.cash + self.positions_value)


@dataclass(slots=True)
class Ledger:
    """The books of one account."""

    accounts: dict[str, int] = field(default_factory=dict)
    positions: dict[TokenId, Position] = field(default_factory=dict)
    applied: set[tuple[str, str]] = field(default_factory=set)
    """Identities of fills booked: (trade id, client order id)."""
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

    def apply_fill(self, fill: Fill) -> Entry | None:
        """Book a fill once; return None when this identity is booked already.

        Raises:
            InvariantError: A sale of more shares than held.
        """
        identity = (fill.trade_id, fill.client_order_id)
        if identity in self.applied:
            return None
        position = self.positions.setdefault(fill.token_id, Position(fill.token_id))
        if fill.side is Side.SELL and fill.size > position.size:
            raise InvariantError(f"fill {fill.trade_id} sells more of {fill.token_id} than held")
        self.applied.add(identity)
        postings = (
            self._buy(position, fill) if fill.side is Side.BUY else self._sell(position, fill)
        )
        position.fees = UsdMicros(position.fees + fill.fee)
        position.realised = UsdMicros(position.realised - fill.fee)
        return self._post(
            "fill", f"{fill.trade_id}/{fill.client_order_id}", fill.ts_event, postings
        )

    @staticmethod
    def _buy(position: Position, fill: Fill) -> tuple[Posting, ...]:
        position.add(fill.size, fill.value)
        account = cost_account(fill.token_id)
        return ((CASH, -fill.value - fill.fee), (account, fill.value), (FEES, fill.fee))

    @staticmethod
    def _sell(position: Position, fill: Fill) -> tuple[Posting, ...]:
        cost = position.remove(fill.size)
        gain = fill.value - cost
        position.realised = UsdMicros(position.realised + gain)
        account = cost_account(fill.token_id)
        return ((CASH, fill.value - fill.fee), (account, -cost), (FEES, fill.fee), (RESULT, -gain))

    def pay_out(self, token_id: TokenId, payout: PriceMicros, ts: int) -> Entry | None:
        """Close a position at its resolution price; return None when nothing is held."""
        position = self.positions.get(token_id)
        if position is None or not position.size:
            return None
        value = position.size * payout // MICROS
        cost = position.remove(position.size)
        gain = value - cost
        position.realised = UsdMicros(position.realised + gain)
        account = cost_account(token_id)
        return self._post(
            "payout", token_id, ts, ((CASH, value), (account, -cost), (RESULT, -gain))
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
        return Totals(
            cash=self.cash,
            positions_value=UsdMicros(value),
            realised=UsdMicros(-self.accounts.get(RESULT, 0) - fees),
            unrealised=UsdMicros(value - sum(p.cost for p in held)),
            fees=UsdMicros(fees),
            net_deposits=UsdMicros(-self.accounts.get(DEPOSITS, 0)),
        )
