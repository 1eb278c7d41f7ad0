"""What one execution costs, by the side of the match we were on."""

from __future__ import annotations

from polydesk.domain.fills import Liquidity
from polydesk.domain.instruments import FeeSchedule
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros


def execution_fee(
    schedule: FeeSchedule, liquidity: Liquidity, size: ShareMicros, price: PriceMicros
) -> UsdMicros:
    """Return the fee of one execution in micro-dollars.

    A maker pays nothing on taker-only schedules; a schedule that is not taker-only charges
    makers by the same formula, the dearer reading where no maker rate is published.

    Source: ``trading.md`` section 6.1.
    """
    if liquidity is Liquidity.MAKER and schedule.taker_only:
        return UsdMicros(0)
    return schedule.taker(size, price)
