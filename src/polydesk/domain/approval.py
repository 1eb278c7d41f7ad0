"""The only form in which an order may leave the desk: checked by the risk gate."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.intents import OrderIntent
from polydesk.domain.units import UsdMicros


@dataclass(frozen=True, slots=True)
class BookProof:
    """What the book was when the gate looked; stored with the order."""

    epoch: int
    age_ms: int
    hash_state: str


@dataclass(frozen=True, slots=True)
class Approved:
    """An intent the risk gate let through. Only ``polydesk.risk`` may build one (a test checks)."""

    intent: OrderIntent
    reserved: UsdMicros
    """Cash kept aside: worst-case cost with fee for a buy, zero for a sale."""
    proof: BookProof | None
