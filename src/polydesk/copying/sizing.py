"""How large a copy is. All sizes are micro-shares on the venue's lot of 0.01 share."""

from __future__ import annotations

from collections.abc import Iterable

from polydesk.copying.leaders import Leader
from polydesk.domain.book import Level
from polydesk.domain.commands import CopyRule, Sizing
from polydesk.domain.ids import TokenId
from polydesk.domain.units import (
    PriceMicros,
    ShareMicros,
    UsdMicros,
    floor_to_lot,
    notional_ceil,
    share_of,
    shares_for,
)

HUNDRED_PERCENT = 100_000_000


def size_for_cash(levels: Iterable[Level], cash: UsdMicros, limit: PriceMicros) -> ShareMicros:
    """Return the shares that ``cash`` buys walking ``levels`` up to ``limit``.

    What the visible levels do not offer is counted at the limit price, so the copy never
    plans to spend more than ``cash``.
    """
    left, size = cash, 0
    for price, available in levels:
        if price > limit:
            break
        affordable = min(available, shares_for(left, PriceMicros(price)))
        size += affordable
        left = UsdMicros(left - notional_ceil(PriceMicros(price), ShareMicros(affordable)))
        if affordable < available:
            return floor_to_lot(size)
    return floor_to_lot(size + shares_for(UsdMicros(max(left, 0)), limit))


def buy_size(
    rule: CopyRule, leader_size: ShareMicros, asks: Iterable[Level], limit: PriceMicros
) -> ShareMicros:
    """Return how many shares to buy when the leader bought ``leader_size``."""
    if rule.sizing is Sizing.FIXED_CASH:
        return size_for_cash(asks, rule.cash, limit)
    return floor_to_lot(share_of(leader_size, rule.percent, HUNDRED_PERCENT))


def sell_size(leader: Leader, token_id: TokenId, sold: ShareMicros) -> ShareMicros:
    """Return how much of our lot to sell when the leader sold ``sold``.

    The lot shrinks in the proportion in which the leader reduced what we have seen them hold;
    a leader who sells all of it, or more, or shares bought before we followed, empties it.
    What waits to be sold already is not counted a second time.
    """
    free = leader.free_lot(token_id)
    held = leader.holdings.get(token_id, ShareMicros(0))
    if sold >= held:
        return floor_to_lot(free)
    rest = max(0, free - leader.waiting_sale(token_id))
    return floor_to_lot(share_of(rest, sold, held))
