"""Typed shapes of private data: our orders, and trades that have a leg of ours.

They are filled from ``strict_json``, where every number is its text.

Source: ``trading.md`` sections 5.6 and 5.12, 2026-11.
"""

from __future__ import annotations

from typing import Any

import msgspec

Text = str | None
"""A text the venue may leave out or send as null."""


class UserTag(msgspec.Struct):
    """Finds out what a user channel object is; old frames have no ``event_type``."""

    event_type: Text = None
    type: Text = None


class OrderText(msgspec.Struct):
    """An order, from the socket or REST."""

    id: str
    market: str
    asset_id: str
    side: str
    price: str
    original_size: str
    size_matched: Text = None
    status: Text = None
    type: Text = None
    """``PLACEMENT``, ``UPDATE`` or ``CANCELLATION``, on the socket only."""
    owner: Text = None
    maker_address: Text = None
    order_type: Text = None
    created_at: Text = None
    expiration: Text = None
    associate_trades: list[Any] | None = None


class MakerText(msgspec.Struct):
    """One maker's part of a trade; old frames leave the side out."""

    order_id: str
    owner: Text = None
    maker_address: Text = None
    matched_amount: Text = None
    price: Text = None
    asset_id: Text = None
    side: Text = None


class TradeText(msgspec.Struct):
    """A trade: the upper fields are the taker's, whoever we are."""

    id: str
    taker_order_id: str
    market: str
    asset_id: str
    side: str
    size: str
    price: str
    status: str
    maker_orders: list[Any] | None = None
    owner: Text = None
    maker_address: Text = None
    trader_side: Text = None
    match_time: Text = None
    match_time_nano: Text = None
    last_update: Text = None
    timestamp: Text = None
    transaction_hash: Text = None


class ListPage(msgspec.Struct):
    """The envelope of a list."""

    data: list[Any] | None
    next_cursor: Text = None
