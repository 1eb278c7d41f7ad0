"""What every account owns and has set aside, in double entry.

Every happening is a list of postings that sums to zero per asset, so all accounts together
always hold nothing. Accounts of the house carry the other side and may be negative; a trader's
account never is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from polydesk.errors import InvariantError

Posting = tuple[str, str, int]
"""(account, asset, amount in micros)."""

CASH: Final = "pUSD"
"""The asset that is not an outcome token; tokens go by their id."""

EXTERNAL: Final = "@external"
"""The world outside: deposits and the anonymous side of the recording."""
CLEARING: Final = "@clearing"
"""What matched orders gave and no transaction has delivered yet."""
TREASURY: Final = "@treasury"
"""Collateral behind complete sets; it has issued the tokens it owes."""
FEES: Final = "@fees"
ROUNDING: Final = "@rounding"
HOUSE: Final = frozenset({EXTERNAL, CLEARING, TREASURY, FEES, ROUNDING})


@dataclass(slots=True)
class Accounts:
    """Balances and reservations by (account, asset)."""

    names: dict[str, None] = field(default_factory=dict)
    """Traders' accounts in the order they were opened."""
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    reserved: dict[tuple[str, str], int] = field(default_factory=dict)
    """Set aside for open orders; part of the balance."""
    not_allowed: set[str] = field(default_factory=set)
    """Accounts whose tokens the exchange may not move."""
    closed_only: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)

    def open(self, account: str) -> None:
        """Open a trader's account; opening it again changes nothing."""
        if account in HOUSE or not account:
            raise ValueError(f"not a trader's account: {account!r}")
        self.names.setdefault(account)

    def balance(self, account: str, asset: str) -> int:
        """Return what an account owns, reservations included."""
        return self.balances.get((account, asset), 0)

    def free(self, account: str, asset: str) -> int:
        """Return what an account may still commit."""
        key = (account, asset)
        return self.balances.get(key, 0) - self.reserved.get(key, 0)

    def reserve(self, account: str, asset: str, change: int) -> None:
        """Raise (or with a negative change lower) what is set aside."""
        key = (account, asset)
        total = self.reserved.get(key, 0) + change
        if total < 0:
            raise InvariantError(f"{account}: reservation of {asset} would be {total}")
        self.reserved[key] = total

    def post(self, postings: Iterable[Posting]) -> None:
        """Book postings as one entry.

        Raises:
            InvariantError: They do not balance, or a trader's account would be negative.
        """
        entry = list(postings)
        check_balanced(entry)
        for account, asset, amount in entry:
            key = (account, asset)
            self.balances[key] = self.balances.get(key, 0) + amount
        for account, asset, _ in entry:
            if account not in HOUSE and self.balances[account, asset] < 0:
                raise InvariantError(f"{account}: balance of {asset} below zero")

    def move(self, asset: str, amount: int, source: str, target: str) -> None:
        """Book a transfer between two accounts."""
        self.post([(source, asset, -amount), (target, asset, amount)])

    def plain(self) -> dict[str, dict[str, list[int]]]:
        """Return [balance, reserved] by account and asset, ordered, empty ones left out."""
        rows: dict[str, dict[str, list[int]]] = {}
        for account, asset in sorted(self.balances.keys() | self.reserved.keys()):
            numbers = [self.balance(account, asset), self.reserved.get((account, asset), 0)]
            if any(numbers):
                rows.setdefault(account, {})[asset] = numbers
        return rows


def check_balanced(postings: Sequence[Posting]) -> None:
    """Raise InvariantError unless the postings sum to zero per asset."""
    sums: dict[str, int] = {}
    for _, asset, amount in postings:
        sums[asset] = sums.get(asset, 0) + amount
    if any(sums.values()):
        raise InvariantError(f"postings do not balance: {sums}")


def reverse(postings: Iterable[Posting]) -> list[Posting]:
    """Return the postings that undo others."""
    return [(account, asset, -amount) for account, asset, amount in postings]
