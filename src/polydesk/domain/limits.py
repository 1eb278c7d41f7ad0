"""Limits of the risk gate. Money in micro-dollars; equal to a limit is allowed, above is not."""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.units import UsdMicros


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """What one account may do. The defaults are cautious."""

    max_order_usd: UsdMicros = UsdMicros(250_000_000)
    """Worst-case cost of one order."""
    max_market_usd: UsdMicros = UsdMicros(1_000_000_000)
    """Cost of positions and open buys in one market."""
    max_total_usd: UsdMicros = UsdMicros(5_000_000_000)
    """Cost of all positions and open buys."""
    max_open_orders: int = 50
    max_daily_loss_usd: UsdMicros = UsdMicros(500_000_000)
    """Loss of equity since 00:00 UTC after which only reducing orders pass."""
    max_book_age_ms: int = 60_000
    """Age of the last book event beyond which a book counts as stale."""
    max_orders_per_minute: int = 120
    """Orders approved in any minute of engine time."""
