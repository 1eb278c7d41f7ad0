"""What an order would do to the book that is shown: fills now, cost, what rests.

An estimate for the person's eyes. Sizes and money are integer micros; fees are not included,
because views carry no fee schedule.
"""

from __future__ import annotations

from dataclasses import dataclass

from polydesk.domain.instruments import Side
from polydesk.domain.intents import RESTING, TimeInForce
from polydesk.domain.units import (
    MICROS,
    PriceMicros,
    ShareMicros,
    UsdMicros,
    floor_to_lot,
    notional_ceil,
    notional_floor,
    parse_micros,
    share_of,
    shares_for,
)
from polydesk.errors import WireError
from polydesk.views.models import BookView


@dataclass(frozen=True, slots=True)
class Preview:
    """The estimated effect of one order."""

    fills_now: int
    """Shares the other side offers at the limit or better."""
    average: int | None
    """Average price of those, micros."""
    rests: int
    """Shares left at the limit price."""
    queue: int
    """Shares already resting at that price on our side."""
    worst: int
    """Dollars if everything fills at the limit: paid for a buy, received for a sell."""
    now: int
    """Dollars of what fills now."""


def preview(view: BookView, side: Side, price: int, size: int) -> Preview:
    """Walk the shown book with an order."""
    buying = side is Side.BUY
    opposite, own = (view.asks, view.bids) if buying else (view.bids, view.asks)
    filled = money = 0
    for level, offered in opposite:
        if (level > price) if buying else (level < price):
            break
        taken = min(offered, size - filled)
        money += notional(side, level, taken)
        filled += taken
    return Preview(
        fills_now=filled,
        average=share_of(money, MICROS, filled) if filled else None,
        rests=size - filled,
        queue=dict(own).get(price, 0),
        worst=notional(side, price, size),
        now=money,
    )


def notional(side: Side, price: int, size: int) -> UsdMicros:
    """Return what a buyer pays (rounded up) or a seller gets (rounded down)."""
    product = notional_ceil if side is Side.BUY else notional_floor
    return product(PriceMicros(price), ShareMicros(size))


def parse_size(text: str, price: int) -> ShareMicros | None:
    """Read shares (``40``) or dollars (``$25``), rounded down to the lot.

    Returns:
        Micro-shares, or None while the text is not a positive size.
    """
    cash = text.startswith("$")
    try:
        value = parse_micros(text.removeprefix("$").replace(",", ""))
    except WireError:
        return None
    size = shares_for(UsdMicros(value), PriceMicros(price)) if cash else value
    lots = floor_to_lot(size)
    return lots if lots > 0 else None


def effect_words(shown: Preview, tif: TimeInForce, *, post_only: bool) -> str:
    """Return what the venue would do first, in words."""
    if post_only and shown.fills_now:
        return "refused: post only, and it would take"
    if tif is TimeInForce.FOK and shown.rests:
        return "nothing: fill or kill, and the book offers less"
    if not shown.fills_now:
        return "rests" if tif in RESTING else "canceled: nothing to take"
    if not shown.rests:
        return "fills now"
    return "fills in part, rest canceled" if tif is TimeInForce.FAK else "fills in part, rest rests"
