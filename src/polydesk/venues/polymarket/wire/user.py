"""Our own orders and fills, from the user channel and from private REST answers.

A trade names the taker above and the makers in a list; of it only our own legs are read, each
with the side, price, size and token of our own order, which may be on the other outcome.

Source: ``trading.md`` sections 5.6 and 5.12, ``websockets.md`` section 4, 2026-11.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import msgspec

from polydesk.domain.text import clean
from polydesk.domain.venue import VenueFill, VenueOrder
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.pages import REFUSALS
from polydesk.venues.polymarket.wire.strict_json import parse_strict
from polydesk.venues.polymarket.wire.user_orders import OwnIdentity, order_of
from polydesk.venues.polymarket.wire.user_schemas import ListPage, OrderText, TradeText, UserTag
from polydesk.venues.polymarket.wire.user_trades import is_known_status, legs_of

__all__ = [
    "OwnIdentity",
    "PrivateRows",
    "read_order",
    "read_orders",
    "read_trades",
    "read_user_frame",
]

T = TypeVar("T")

LAST_CURSOR: Final = "LTE="
_ORDER_TYPES: Final = frozenset({"PLACEMENT", "UPDATE", "CANCELLATION"})
_NOTHING: Final = frozenset({b"", b"PING", b"PONG", b"ping", b"pong"})


@dataclass(slots=True)
class PrivateRows(Generic[T]):
    """What a frame or an answer became."""

    rows: list[T] = field(default_factory=list)
    next_cursor: str | None = None
    """Where the list goes on; None at its end."""
    broken: list[str] = field(default_factory=list)
    """Why each malformed row was refused; its neighbours are kept."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Well-formed rows that are not ours or of no known kind."""
    odd: Counter[str] = field(default_factory=Counter)
    """Words we do not know in rows that were read all the same."""


def read_user_frame(text: bytes, own: OwnIdentity) -> PrivateRows[VenueOrder | VenueFill]:
    """Read a frame of the user channel: one object or an array, in its order.

    Raises:
        WireError: The text is no JSON at all.
    """
    found: PrivateRows[VenueOrder | VenueFill] = PrivateRows()
    if text.strip() in _NOTHING:
        return found
    value = parse_strict(text)
    for row in value if isinstance(value, list) else [value]:
        _guarded(found, row, lambda row: _add_event(found, row, own))
    return found


def read_orders(body: bytes, own: OwnIdentity) -> PrivateRows[VenueOrder]:
    """Read a list of orders: an envelope with a cursor, or a bare array.

    Raises:
        WireError: The text is no list of rows.
    """
    found: PrivateRows[VenueOrder] = PrivateRows()
    for row in _open(body, found):
        _guarded(found, row, lambda row: _add_order(found, row, own))
    return found


def read_trades(body: bytes, own: OwnIdentity) -> PrivateRows[VenueFill]:
    """Read a list of trades as our own legs; a trade may give none, one or several.

    Raises:
        WireError: The text is no list of rows.
    """
    found: PrivateRows[VenueFill] = PrivateRows()
    for row in _open(body, found):
        _guarded(found, row, lambda row: _add_trade(found, row, own))
    return found


def read_order(body: bytes) -> VenueOrder | None:
    """Read one order; null, an empty text or an empty object is None: not found.

    Raises:
        WireError: The text is something else, or the order is malformed.
    """
    value = parse_strict(body) if body.strip() else None
    if value is None or value in ({}, [], ""):
        return None
    try:
        return order_of(msgspec.convert(value, OrderText))
    except REFUSALS as error:
        raise WireError(f"not an order: {clean(str(error), 120)}") from error


def _open(body: bytes, found: PrivateRows[T]) -> list[Any]:
    value = parse_strict(body)
    if isinstance(value, list):
        return value
    try:
        page = msgspec.convert(value, ListPage)
    except msgspec.ValidationError as error:
        raise WireError(f"not a list of rows: {clean(str(error), 120)}") from error
    found.next_cursor = None if page.next_cursor in {None, "", LAST_CURSOR} else page.next_cursor
    return page.data or []


def _guarded(found: PrivateRows[T], row: Any, read: Callable[[Any], None]) -> None:
    """Read one row; a malformed one is noted and costs only itself."""
    try:
        read(row)
    except REFUSALS as error:
        found.broken.append(clean(str(error), 120) or type(error).__name__)


def _add_event(found: PrivateRows[VenueOrder | VenueFill], value: Any, own: OwnIdentity) -> None:
    tag = msgspec.convert(value, UserTag)
    kind = (tag.event_type or tag.type or "").upper()
    if kind == "ORDER" or kind in _ORDER_TYPES:
        _add_order(found, value, own)
    elif kind == "TRADE":
        _add_trade(found, value, own)
    else:
        found.skipped[f"kind {clean(kind, 40)}"] += 1


def _add_order(
    found: PrivateRows[VenueOrder] | PrivateRows[VenueOrder | VenueFill],
    value: Any,
    own: OwnIdentity,
) -> None:
    row = msgspec.convert(value, OrderText)
    if not own.may_own(row.owner, row.maker_address):
        found.skipped["not ours"] += 1
        return
    found.rows.append(order_of(row))


def _add_trade(
    found: PrivateRows[VenueFill] | PrivateRows[VenueOrder | VenueFill],
    value: Any,
    own: OwnIdentity,
) -> None:
    row = msgspec.convert(value, TradeText)
    legs = legs_of(row, own)
    if not legs:
        found.skipped["not ours"] += 1
    elif not is_known_status(row.status):
        found.odd[f"trade status {clean(row.status, 40)}"] += 1
    found.rows.extend(legs)
