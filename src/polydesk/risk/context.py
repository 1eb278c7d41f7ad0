"""What the checks may look at: one moment of the account, prepared by the engine."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.book import L2Book
from polydesk.domain.commands import TradingState
from polydesk.domain.instruments import Market
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.domain.venue import VenueMode


@dataclass(slots=True)
class RiskContext:
    """Facts about the account, the market and the book at the moment of the check.

    Nobody but the gate changes it. It is not frozen: making it would take several times as long.
    """

    now: int
    """Engine time, nanoseconds UTC."""
    trading_state: TradingState
    killed: bool
    market: Market | None
    book: L2Book | None
    free_cash: UsdMicros
    """Cash less all reservations."""
    free_shares: ShareMicros
    """Shares of the token less what open sales hold; not looked up for a buy, which needs none."""
    market_exposure: UsdMicros
    """Cost of positions and reservations of open buys in this market."""
    total_exposure: UsdMicros
    """The same over all markets."""
    open_orders: int
    day_loss: UsdMicros
    """Equity at 00:00 UTC less equity now; negative after a gain."""
    duplicate: bool
    """An order with the same identity exists."""
    venue_mode: VenueMode = VenueMode.NORMAL
    ready: bool = True
    """The desk knows what became of its earlier orders."""
    frozen: str = ""
    """Why the market is frozen, empty when it is not."""
    approved_lately: int = 0
    """Orders approved in the last minute of engine time."""
    allowance: UsdMicros | None = None
    """Cash the exchange may take by the venue's count, None when it was never told."""
    reserved: UsdMicros = UsdMicros(0)
    """Cash kept aside for all open buys."""
    own_bid: PriceMicros | None = None
    """Highest price at which an own resting order takes the token; also one for the other
    outcome, which is matched by merging."""
    own_ask: PriceMicros | None = None
    """Lowest price at which an own resting order gives the token."""
    worst_cost: UsdMicros = UsdMicros(0)
    """What the order can cost at most, fee included; zero for a sale or an unknown market. The gate
    works it out before it asks the checks."""
