"""Positions by token, and the lots inside them by leader. Average prices are derived, never stored."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.fills import Fill
from polydesk.domain.ids import TokenId
from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, UsdMicros, share_of


@dataclass(slots=True)
class Position:
    """Shares of one token with what they cost. Never negative."""

    token_id: TokenId
    size: ShareMicros = ShareMicros(0)
    cost: UsdMicros = UsdMicros(0)
    """What the held shares cost, without fees."""
    realised: UsdMicros = UsdMicros(0)
    """Gains of what was sold or paid out, less all fees of this token."""
    fees: UsdMicros = UsdMicros(0)

    @property
    def average_price(self) -> PriceMicros | None:
        """Cost per share in micros, or None when flat."""
        return PriceMicros(self.cost * MICROS // self.size) if self.size else None

    def value_at(self, mark: PriceMicros | None) -> UsdMicros:
        """Return the value at a mark price; at cost when there is none."""
        return self.cost if mark is None else UsdMicros(self.size * mark // MICROS)

    @property
    def cash_effect(self) -> UsdMicros:
        """What all that happened to this token did to the account's cash."""
        return UsdMicros(self.realised - self.cost)

    def book(self, fill: Fill) -> None:
        """Take a purchase, or a sale of no more than is held, with its fee."""
        gain = 0
        if fill.side is Side.BUY:
            self.add(fill.size, fill.value)
        else:
            gain = fill.value - self.remove(fill.size)
        self.fees = UsdMicros(self.fees + fill.fee)
        self.realised = UsdMicros(self.realised + gain - fill.fee)

    def pay_out(self, price: PriceMicros) -> None:
        """Turn everything held into money at a price."""
        value = self.size * price // MICROS
        gain = value - self.remove(self.size)
        self.realised = UsdMicros(self.realised + gain)

    def add(self, size: ShareMicros, value: UsdMicros) -> None:
        """Take up shares at their cost."""
        self.size = ShareMicros(self.size + size)
        self.cost = UsdMicros(self.cost + value)

    def remove(self, size: ShareMicros) -> UsdMicros:
        """Give up shares and return the cost they carried; all of it when nothing is left."""
        cost = share_of(self.cost, size, self.size)
        self.size = ShareMicros(self.size - size)
        self.cost = UsdMicros(self.cost - cost)
        return UsdMicros(cost)
