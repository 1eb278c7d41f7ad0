"""Our legs of a trade.

Source: ``trading.md`` section 5.6, 2026-11; ``FAULTS.md`` F036 and F045.
"""

from __future__ import annotations

from typing import Final

import msgspec

from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import TokenId, TradeId, VenueOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.domain.venue import TradeStatus, VenueFill
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.ids import CONDITIONS, TOKENS, parse_transaction
from polydesk.venues.polymarket.wire.numbers import parse_level_price, parse_positive_size
from polydesk.venues.polymarket.wire.user_orders import (
    OwnIdentity,
    parse_name,
    parse_order_id,
    parse_side,
    time_ns,
)
from polydesk.venues.polymarket.wire.user_schemas import MakerText, TradeText

_NS: Final = 1_000_000_000
_STATUSES: Final = {
    **{status.value: status for status in TradeStatus},
    "MATCHED_NOT_BROADCASTED": TradeStatus.MATCHED,
}


def is_known_status(text: str) -> bool:
    """Return whether the word is one of the venue's."""
    return _word(text) in _STATUSES


def trade_status(text: str) -> TradeStatus:
    """Return what a word means.

    A word we do not know proves a match and nothing more: MATCHED, the lowest, never final.
    """
    if not text:
        raise WireError("a trade without a status")
    return _STATUSES.get(_word(text), TradeStatus.MATCHED)


def legs_of(row: TradeText, own: OwnIdentity) -> list[VenueFill]:
    """Return our legs: as the taker, as one or several makers, or both; none when not ours.

    Raises:
        WireError: A part we need is malformed, or one order appears twice.
    """
    legs = [_taker_leg(row)] if _is_taker(row, own) else []
    for value in row.maker_orders or ():
        maker = msgspec.convert(value, MakerText)
        if own.owns(maker.owner, maker.maker_address):
            legs.append(_maker_leg(row, maker))
    if len({leg.venue_order_id for leg in legs}) != len(legs):
        raise WireError("one order twice in one trade")
    return legs


def _word(text: str) -> str:
    return text.upper().removeprefix("TRADE_STATUS_")


def _is_taker(row: TradeText, own: OwnIdentity) -> bool:
    """Return whether the upper fields are ours; the venue's word counts where nobody is named."""
    if row.owner or row.maker_address:
        return own.owns(row.owner, row.maker_address)
    return (row.trader_side or "").upper() == "TAKER"


def _taker_leg(row: TradeText) -> VenueFill:
    return _leg(
        row,
        parse_order_id(row.taker_order_id),
        TOKENS[row.asset_id],
        parse_side(row.side),
        price=row.price,
        size=row.size,
        liquidity=Liquidity.TAKER,
        parts=_parts(row),
    )


def _parts(row: TradeText) -> tuple[tuple[PriceMicros, ShareMicros], ...]:
    """Return what a taker met, priced in its own token; nothing unless it adds up to its size.

    What is wrong with other people's parts must not cost us our own leg.
    """
    makers = [msgspec.convert(value, MakerText) for value in row.maker_orders or ()]
    try:
        parts = tuple(_part(row, maker) for maker in makers)
    except WireError:
        return ()
    is_whole = sum(size for _, size in parts) == parse_positive_size(row.size)
    return parts if is_whole else ()


def _part(row: TradeText, maker: MakerText) -> tuple[PriceMicros, ShareMicros]:
    if not maker.asset_id:
        raise WireError("a maker's part without its token")
    price = parse_level_price(maker.price or "")
    own_price = price if maker.asset_id == row.asset_id else MICROS - price
    return PriceMicros(own_price), ShareMicros(parse_positive_size(maker.matched_amount or ""))


def _maker_leg(row: TradeText, maker: MakerText) -> VenueFill:
    if not maker.asset_id:
        raise WireError("a maker's part without its token")
    return _leg(
        row,
        parse_order_id(maker.order_id),
        TOKENS[maker.asset_id],
        _maker_side(row, maker),
        price=maker.price or "",
        size=maker.matched_amount or "",
        liquidity=Liquidity.MAKER,
    )


def _maker_side(row: TradeText, maker: MakerText) -> Side:
    """Return the maker's own side.

    Frames before 2025 leave it out. Only one side can have matched: in the taker's token the
    opposite one, in the other outcome the same one (two buys mint, two sales merge).
    """
    if maker.side:
        return parse_side(maker.side)
    taker = parse_side(row.side)
    return taker.opposite if maker.asset_id == row.asset_id else taker


def _leg(
    row: TradeText,
    order_id: VenueOrderId,
    token_id: TokenId,
    side: Side,
    *,
    price: str,
    size: str,
    liquidity: Liquidity,
    parts: tuple[tuple[PriceMicros, ShareMicros], ...] = (),
) -> VenueFill:
    return VenueFill(
        trade_id=TradeId(parse_name(row.id)),
        venue_order_id=order_id,
        token_id=token_id,
        condition_id=CONDITIONS[row.market],
        side=side,
        price=PriceMicros(parse_level_price(price)),
        size=ShareMicros(parse_positive_size(size)),
        liquidity=liquidity,
        status=trade_status(row.status),
        ts_event=_matched_at(row),
        transaction_hash=parse_transaction(row.transaction_hash or ""),
        parts=parts,
    )


def _matched_at(row: TradeText) -> int:
    """Return when it was matched, to the nanosecond where the two times agree on the second."""
    second = time_ns(row.match_time)
    if row.match_time_nano and len(row.match_time_nano) == 19:
        exact = time_ns(row.match_time_nano)
        if not second or exact // _NS == second // _NS:
            return exact
    return second or time_ns(row.timestamp) or time_ns(row.last_update)
