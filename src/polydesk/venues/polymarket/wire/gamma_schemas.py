"""Typed shapes of Gamma rows: every field but the condition may be missing.

Source: ``rest-data.md`` section 3, 2026-11.
"""

from __future__ import annotations

import msgspec

Number = float | int | str
TextList = str | list[str] | None
"""A list of texts, or JSON inside a text."""


class TagRow(msgspec.Struct, gc=False):
    """A tag; only its label is used."""

    label: str | None = None


class FeeRow(msgspec.Struct, gc=False, rename="camel"):
    """A fee schedule."""

    rate: Number | None = None
    exponent: Number | None = None
    taker_only: bool | None = None


class EventRow(msgspec.Struct, gc=False, rename="camel"):
    """An event, or the short form of one inside a market."""

    id: str | None = None
    slug: str | None = None
    title: str | None = None
    tags: list[TagRow] | None = None
    markets: list[msgspec.Raw] | None = None


class MarketRow(msgspec.Struct, gc=False, rename="camel"):
    """A market."""

    condition_id: str
    id: str | None = None
    question: str | None = None
    slug: str | None = None
    version: str | None = None
    group_item_title: str | None = None
    category: str | None = None
    outcomes: TextList = None
    outcome_prices: str | list[Number] | None = None
    clob_token_ids: TextList = None
    position_ids: TextList = None
    active: bool | None = None
    closed: bool | None = None
    accepting_orders: bool | None = None
    neg_risk: bool | None = None
    fees_enabled: bool | None = None
    fee_schedule: FeeRow | None = None
    order_price_min_tick_size: Number | None = None
    order_min_size: Number | None = None
    end_date: str | None = None
    end_date_iso: str | None = None
    closed_time: str | None = None
    volume: Number | None = None
    volume_num: Number | None = None
    volume_24hr: Number | None = msgspec.field(name="volume24hr", default=None)
    liquidity: Number | None = None
    liquidity_num: Number | None = None
    events: list[EventRow] | None = None
    tags: list[TagRow] | None = None


class GammaPage(msgspec.Struct, gc=False):
    """A list answer, a search answer, or (when ``id`` is there) a single row."""

    markets: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    events: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    next_cursor: str | None = None
    id: str | None = None
