"""Whom the gateway works with: signer, journal, private REST, and the desk itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from polydesk.domain.ids import ClientOrderId, TokenId
from polydesk.domain.instruments import Market
from polydesk.domain.venue import VenueFill
from polydesk.execution import inputs as told
from polydesk.ports import Clock
from polydesk.signer.client import Taken
from polydesk.signer.messages import SignOrder
from polydesk.store.journal import SqliteJournal
from polydesk.venues.polymarket.trading.client import TradingRest


async def _knows_all(_: Sequence[VenueFill]) -> bool:
    return True


class OrderSigner(Protocol):
    """Signs orders; the desk's is a process of its own."""

    def begin_order(self, order: SignOrder, take: Taken) -> None:
        """Begin to sign one order; ``take`` is given its end, later and once.

        Raises:
            NotSignable: It cannot be asked for.
        """
        ...

    def be_ready(self) -> None:
        """Learn that an order may follow in a moment."""
        ...

    def expect_order(self, order: SignOrder) -> None:
        """Learn of an order that may be asked for next, or not: it is not to be signed yet."""
        ...

    def nudge(self) -> None:
        """Sign an order for nobody: the next real one finds everything at hand."""
        ...

    def rehearse(self, order: SignOrder) -> None:
        """Go the way of ``begin_order`` and of its answer; nothing is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Rim:
    """Whom the gateway works with."""

    signer: OrderSigner
    rest: TradingRest
    signature_type: int
    """Which of the key's wallets balances are asked for."""
    journal: SqliteJournal
    clock: Clock
    market: Callable[[TokenId], Market | None]
    tell: Callable[[told.Input], None]
    """Takes what came of an action; the executor hears it."""
    reason_to_hold: Callable[[ClientOrderId], str]
    """Says, at the last moment, why an order must not be sent; empty when it may."""
    is_urgent: Callable[[], bool]
    """Whether cancels may spend the reserve: the kill switch is on."""
    on_trouble: Callable[[str], None]
    """Told that no order can be signed or recorded any more; trading is to halt."""
    at: Callable[[str], None]
    """Told each named point an order passes; campaigns end the process there."""
    held: Callable[[], Sequence[TokenId]] = tuple
    """Tokens that the books hold, for the venue to count."""
    learn: Callable[[Sequence[VenueFill]], Awaitable[bool]] = _knows_all
    """Has the markets of fills in the catalogue; False when it cannot be read."""
