"""What the rim shall do. Every action but the reads is answered by exactly one input."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.approval import Approved
from polydesk.domain.ids import ClientOrderId, TokenId, VenueOrderId


@dataclass(frozen=True, slots=True)
class Sign:
    """Have an approved order signed; nothing is sent. Answered by ``Signed`` or ``NotSigned``."""

    approved: Approved


@dataclass(frozen=True, slots=True)
class Record:
    """Put a signed order into the journal, durably. ``Recorded`` or ``NotRecorded``."""

    client_order_id: ClientOrderId


@dataclass(frozen=True, slots=True)
class Send:
    """Send a recorded order, once. Answered by ``Placed`` or ``Withheld``."""

    client_order_id: ClientOrderId


@dataclass(frozen=True, slots=True)
class SendCancels:
    """Ask the venue to cancel these orders. Answered by ``CancelsAnswered``."""

    venue_order_ids: tuple[VenueOrderId, ...]


@dataclass(frozen=True, slots=True)
class AskOrder:
    """Read one order by its id. Answered by ``OrderAnswered``."""

    venue_order_id: VenueOrderId


@dataclass(frozen=True, slots=True)
class AskOpenOrders:
    """List all open orders of the account. Answered by ``OpenOrdersListed`` or ``ReadFailed``."""


@dataclass(frozen=True, slots=True)
class AskTrades:
    """List the account's trades since a time. Answered by ``TradesListed`` or ``ReadFailed``."""

    after_ns: int


@dataclass(frozen=True, slots=True)
class AskBalance:
    """Read cash, allowance and some tokens. Answered by ``BalanceRead`` or ``ReadFailed``."""

    token_ids: tuple[TokenId, ...]


Action = Sign | Record | Send | SendCancels | AskOrder | AskOpenOrders | AskTrades | AskBalance
