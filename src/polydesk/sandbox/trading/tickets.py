"""What the exchange core does not know about an order: whose API key sent it, and how."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.venues.simulation.exchange.state import State


@dataclass(frozen=True, slots=True)
class Ticket:
    """An order's sender."""

    owner: str
    """Name of the API key."""
    wallet: str
    expiration_s: int
    """As the client stated it, by the client's clock."""


ANONYMOUS_ADDRESS_DIGITS = 40


class Tickets:
    """Senders by order id. Orders of the recording have names made up from their ids."""

    def __init__(self) -> None:
        self._by_order: dict[str, Ticket] = {}

    def add(self, order_id: str, ticket: Ticket) -> None:
        """Remember who sends an order; a repeated one keeps its first sender."""
        self._by_order.setdefault(order_id, ticket)

    def forget(self, order_id: str) -> None:
        """Forget an order that was not taken."""
        self._by_order.pop(order_id, None)

    def get(self, order_id: str) -> Ticket | None:
        """Return an order's sender, None for an order of the recording."""
        return self._by_order.get(order_id)

    def owner(self, order_id: str) -> str:
        """Return the name of the API key behind an order."""
        ticket = self._by_order.get(order_id)
        return _anonymous_owner(order_id) if ticket is None else ticket.owner

    def address(self, order_id: str) -> str:
        """Return the wallet behind an order."""
        ticket = self._by_order.get(order_id)
        return f"0x{order_id[-ANONYMOUS_ADDRESS_DIGITS:]}" if ticket is None else ticket.wallet

    def of_owner(self, owner: str, state: State) -> list[str]:
        """Return the ids of a key's open orders, oldest first."""
        return [order_id for order_id in state.live if self.owner(order_id) == owner]


def _anonymous_owner(order_id: str) -> str:
    digits = order_id[2:34]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
