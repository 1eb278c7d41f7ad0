"""Typed shapes of the wire: only the fields that are used.

Every shape is private to the wire. ``gc=False`` keeps the short-lived objects away from the
garbage collector. Unknown fields are skipped, missing or ill-typed ones refused.

Source: ``websockets.md`` section 3, ``rest-data.md`` sections 3 to 5, 2026-11.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

SideText = Literal["BUY", "SELL"]
Number = float | int | str
Time = str | int
FIRST_MS = 1_577_836_800_000
"""2020-01-01; only times from here up to 2100 are believed."""
LAST_MS = 4_102_444_800_000
"""2100-01-01."""
Millis = Annotated[int, msgspec.Meta(ge=FIRST_MS, lt=LAST_MS)]
"""Milliseconds since the epoch, read from digits or text by a lax decoder in half the time."""
Hash = Annotated[str, msgspec.Meta(max_length=64)]
"""Hex, only ever compared."""


class Tag(msgspec.Struct, gc=False):
    """Finds out what a market channel object is."""

    event_type: str | None = None
    bids: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    asks: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class LevelText(msgspec.Struct, gc=False):
    """One book level as text."""

    price: str
    size: str


class BookText(msgspec.Struct, gc=False):
    """A full book, from the socket or REST; the last four keys may be left out."""

    market: str
    asset_id: str
    timestamp: Time
    bids: list[LevelText]
    asks: list[LevelText]
    hash: Hash = ""
    tick_size: str | None = None
    last_trade_price: str | None = None
    min_order_size: str | None = None
    neg_risk: bool | None = None


class ChangeText(msgspec.Struct, gc=False):
    """One entry of a ``price_change``."""

    asset_id: str
    price: str
    size: str
    side: SideText
    best_bid: str = ""
    best_ask: str = ""
    hash: Hash = ""


class ChangesText(msgspec.Struct, gc=False):
    """A ``price_change``."""

    market: str
    timestamp: Millis
    price_changes: list[ChangeText]


class PrintText(msgspec.Struct, gc=False):
    """A ``last_trade_price``."""

    market: str
    asset_id: str
    timestamp: Time
    price: str
    size: str
    side: SideText
    transaction_hash: str | None = None


class TickText(msgspec.Struct, gc=False):
    """A ``tick_size_change``."""

    market: str
    asset_id: str
    timestamp: Time
    new_tick_size: str


class TouchText(msgspec.Struct, gc=False):
    """A ``best_bid_ask``."""

    market: str
    asset_id: str
    timestamp: Time
    best_bid: str
    best_ask: str


class EventMessage(msgspec.Struct, gc=False):
    """The event a broadcast market belongs to."""

    id: str = ""
    slug: str = ""
    title: str = ""


class BroadcastFees(msgspec.Struct, gc=False):
    """Fee schedule of ``new_market``: numbers are texts, empty when unknown."""

    rate: Number = ""
    exponent: Number = ""
    taker_only: bool | None = True


class NewMarketText(msgspec.Struct, gc=False):
    """A ``new_market``."""

    market: str
    question: str
    assets_ids: list[str]
    outcomes: list[str]
    timestamp: Time
    id: str = ""
    slug: str = ""
    event_message: EventMessage | None = None
    active: bool = False
    order_price_min_tick_size: Number | None = None
    fees_enabled: bool | None = None
    fee_schedule: BroadcastFees | None = None


class ResolvedText(msgspec.Struct, gc=False):
    """A ``market_resolved``."""

    market: str
    assets_ids: list[str]
    winning_asset_id: str
    timestamp: Time


def _camel(name: str) -> str:
    """Name a field as RTDS and Data API v1 write it."""
    if name == "token_id":
        return "asset"
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


class RtdsHead(msgspec.Struct, gc=False, rename="camel"):
    """What kind of RTDS frame this is."""

    topic: str | None = None
    type: str | None = None
    status_code: int | None = None


class RtdsPeekRow(msgspec.Struct, gc=False, rename="camel"):
    """Just enough of an activity row to look its wallet up and count it once."""

    proxy_wallet: str
    transaction_hash: str = ""


class RtdsPeek(msgspec.Struct, gc=False):
    """An activity frame, of which only the wallet is read."""

    topic: Literal["activity"]
    type: Literal["trades", "orders_matched"]
    payload: RtdsPeekRow


class TradeRow(msgspec.Struct, gc=False):
    """A trade with its wallet, as Data API v2 writes it."""

    proxy_wallet: str
    token_id: str
    condition_id: str
    side: SideText
    size: Number
    price: Number
    timestamp: int
    transaction_hash: str
    title: str | None = None
    outcome: str | None = None
    slug: str | None = None
    name: str | None = None
    pseudonym: str | None = None


class CamelTradeRow(msgspec.Struct, gc=False, rename=_camel):
    """The same, as RTDS and Data API v1 write it."""

    proxy_wallet: str
    token_id: str
    condition_id: str
    side: SideText
    size: Number
    price: Number
    timestamp: int
    transaction_hash: str
    title: str | None = None
    outcome: str | None = None
    slug: str | None = None
    name: str | None = None
    pseudonym: str | None = None


class RtdsTrade(msgspec.Struct, gc=False):
    """An activity frame, read in full."""

    timestamp: int
    payload: CamelTradeRow


class RowHead(msgspec.Struct, gc=False):
    """Kind and wallet of a Data API v2 row."""

    proxy_wallet: str
    condition_id: str = ""
    type: str = "TRADE"
    slug: str | None = None
    is_combo: bool | None = None


class CamelRowHead(msgspec.Struct, gc=False, rename=_camel):
    """Kind and wallet of a Data API v1 row."""

    proxy_wallet: str
    condition_id: str = ""
    type: str = "TRADE"
    slug: str | None = None
    is_combo: bool | None = None


class Pagination(msgspec.Struct, gc=False):
    """Where the next page of a Data API v2 list begins."""

    next_cursor: str | None = None


class DataPage(msgspec.Struct, gc=False):
    """A Data API v2 answer; each row is read on its own."""

    data: msgspec.Raw
    pagination: Pagination | None = None
