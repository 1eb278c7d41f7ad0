"""One order row of ours, and who we are.

Source: ``trading.md`` section 5.6, 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from polydesk.domain.ids import TradeId, VenueOrderId
from polydesk.domain.instruments import Side
from polydesk.domain.text import clean
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.domain.venue import VenueOrder, VenueOrderStatus
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.ids import CONDITIONS, TOKENS
from polydesk.venues.polymarket.wire.numbers import parse_positive_size, parse_price, parse_size
from polydesk.venues.polymarket.wire.times import NS_PER_MS, iso_to_ns, ms_to_ns, seconds_to_ns
from polydesk.venues.polymarket.wire.user_schemas import OrderText

_NAME = re.compile(r"[0-9A-Za-z_-]{1,100}", re.ASCII)
_NO_TIME: Final = frozenset({None, "", "0"})
_STATUSES: Final = {
    "LIVE": VenueOrderStatus.LIVE,
    "MATCHED": VenueOrderStatus.MATCHED,
    "DELAYED": VenueOrderStatus.DELAYED,
    "UNMATCHED": VenueOrderStatus.UNMATCHED,
    "INVALID": VenueOrderStatus.INVALID,
    "CANCELED_EXPIRED_ORDER": VenueOrderStatus.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """By what the venue's rows are known to be ours."""

    api_key: str
    """Id of the API key, which is no secret."""
    wallets: frozenset[str]
    """Our addresses in lower case: owner account, proxy, Safe or deposit wallet."""

    def owns(self, owner: str | None, address: str | None) -> bool:
        """Return whether a row with this API key or this wallet is ours."""
        return (owner or "") == self.api_key or (address or "").lower() in self.wallets

    def may_own(self, owner: str | None, address: str | None) -> bool:
        """Return the same, and True for a row that names nobody."""
        return self.owns(owner, address) if owner or address else True


def order_of(row: OrderText) -> VenueOrder:
    """Turn a row into an order.

    Raises:
        WireError: An id, a number or a time is malformed.
    """
    matched, size = parse_size(row.size_matched or "0"), parse_positive_size(row.original_size)
    return VenueOrder(
        venue_order_id=parse_order_id(row.id),
        token_id=TOKENS[row.asset_id],
        condition_id=CONDITIONS[row.market],
        side=parse_side(row.side),
        price=PriceMicros(parse_price(row.price)),
        size=ShareMicros(size),
        matched=ShareMicros(matched),
        status=_status(row, filled=matched >= size),
        status_text=clean(row.status or ""),
        time_in_force=clean(row.order_type or "GTC", 10).upper(),
        created_ns=time_ns(row.created_at),
        expires_ns=time_ns(row.expiration) or None,
        trade_ids=tuple(
            TradeId(parse_name(one)) for one in row.associate_trades or () if isinstance(one, str)
        ),
    )


def parse_name(text: str) -> str:
    """Read an id of the venue: letters, digits, dashes."""
    if _NAME.fullmatch(text) is None:
        raise WireError(f"not an id: {text[:40]!r}")
    return text


def parse_order_id(text: str) -> VenueOrderId:
    """Read an order id: ``0x`` and a digest, in lower case as we compute it."""
    if not text.startswith(("0x", "0X")):
        raise WireError(f"not an order id: {text[:40]!r}")
    return VenueOrderId(parse_name(text).lower())


def parse_side(text: str) -> Side:
    """Read a side in any letter case."""
    try:
        return Side(text.upper())
    except ValueError:
        raise WireError(f"not a side: {text[:20]!r}") from None


def order_status(text: str) -> VenueOrderStatus:
    """Return what a word means; every reason for a cancel but expiry is CANCELED."""
    word = text.upper().removeprefix("ORDER_STATUS_")
    if word.startswith(("CANCELED", "CANCELLED")):
        return _STATUSES.get(word.replace("CANCELLED", "CANCELED"), VenueOrderStatus.CANCELED)
    return _STATUSES.get(word, VenueOrderStatus.OTHER)


def time_ns(text: str | None) -> int:
    """Read a time in Unix seconds, milliseconds, nanoseconds or ISO form; 0 when not stated.

    Raises:
        WireError: The text is no time, or outside 2020 to 2100.
    """
    if text is None or text in _NO_TIME:
        return 0
    if text.isascii() and text.isdigit():
        return _digits_ns(text)
    moment = iso_to_ns(text)
    if moment is None:
        raise WireError(f"not a time: {text[:40]!r}")
    return seconds_to_ns(moment // 1_000_000_000) + moment % 1_000_000_000


def _digits_ns(text: str) -> int:
    if len(text) == 10:
        return seconds_to_ns(int(text))
    if len(text) == 13:
        return ms_to_ns(text)
    if len(text) == 19:
        return ms_to_ns(text[:13]) + int(text[13:]) % NS_PER_MS
    raise WireError(f"not a time: {text[:40]!r}")


def _status(row: OrderText, *, filled: bool) -> VenueOrderStatus:
    """Return the status; an event of the socket speaks where its status is missing or behind."""
    event = (row.type or "").upper()
    if not row.status:
        if event == "CANCELLATION":
            return VenueOrderStatus.CANCELED
        at_venue = VenueOrderStatus.MATCHED if filled else VenueOrderStatus.LIVE
        return at_venue if event in {"PLACEMENT", "UPDATE"} else VenueOrderStatus.OTHER
    status = order_status(row.status)
    if event == "CANCELLATION" and status in {VenueOrderStatus.LIVE, VenueOrderStatus.DELAYED}:
        return VenueOrderStatus.CANCELED
    return status
