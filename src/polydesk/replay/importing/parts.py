"""What all importers share: the result, compact JSON, catalogue rows, wire-shaped frames."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from polydesk.domain.frames import MARKET, REST_MARKETS, RTDS, Frame
from polydesk.domain.ids import short_id
from polydesk.domain.units import format_micros

Json = Any
"""A value read from JSON. Checked where it is used; the importer of a foreign file trusts nothing."""

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000
SYNTHETIC_MARKETS: Final = (
    "No market description was recorded: questions such as 'Market 0x1234…' and outcomes are made"
    " from the ids seen. Where only one outcome was seen, the other one's id is made up."
)
UNSEEN: Final = "not recorded"
"""Label of an outcome nobody saw."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Frames made from a capture file, and what must be said about them."""

    format: str
    """Short name of the capture's format."""
    title: str
    source: str
    """What the capture holds, one clause."""
    frames: Iterable[Frame]
    notes: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


def compact(value: Json) -> bytes:
    """Write JSON the way the venue does: no spaces, no escapes beyond need."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def market_row(
    condition_id: str,
    tokens: Sequence[str],
    outcomes: Sequence[str],
    *,
    question: str = "",
    slug: str = "",
    market_id: str = "",
    tick: int = 10_000,
    neg_risk: bool = False,
    event: Mapping[str, str] | None = None,
) -> dict[str, Json]:
    """Return a catalogue row in Gamma's shape for a market that was trading when recorded.

    Args:
        condition_id: The market's condition id.
        tokens: Token ids in the order of the outcomes.
        outcomes: Labels.
        question: Title; made from the condition id when empty.
        slug: The market's slug.
        market_id: Gamma's id of the market.
        tick: Price grid, micros.
        neg_risk: Whether the market belongs to a negative-risk event.
        event: ``id``, ``slug`` and ``title`` of the event.

    Source: ``rest-data.md`` section 3.1, 2026-11 (lists inside a row are JSON texts).
    """
    return {
        "id": market_id,
        "question": question or f"Market {short_id(condition_id)}",
        "conditionId": condition_id,
        "slug": slug,
        "outcomes": json.dumps(list(outcomes), ensure_ascii=False),
        "clobTokenIds": json.dumps(list(tokens)),
        "orderPriceMinTickSize": float(format_micros(tick)),
        "orderMinSize": 5,
        "negRisk": neg_risk,
        "active": True,
        "closed": False,
        "acceptingOrders": True,
        "enableOrderBook": True,
        "version": "v1",
        "events": [dict(event)] if event else [],
    }


def unseen_token(condition_id: str) -> str:
    """Return a made-up token id for the outcome of a market that was not seen.

    A market is binary: with one outcome missing it could not be listed at all.
    """
    return str(int(hashlib.sha256(f"{condition_id} unseen".encode()).hexdigest(), 16))


def seen_market_row(
    condition_id: str, seen: Mapping[int, tuple[str, str]], **fields: Json
) -> dict[str, Json]:
    """Return a catalogue row for a market of which perhaps only one outcome was seen.

    Args:
        condition_id: The market's condition id.
        seen: Token and label by the outcome's place.
        fields: As for ``market_row``.
    """
    places = range(max(2, *(place + 1 for place in seen)))
    missing = (unseen_token(condition_id), UNSEEN)
    outcomes = [seen.get(place, missing) for place in places]
    tokens, labels = [token for token, _ in outcomes], [label for _, label in outcomes]
    return market_row(condition_id, tokens, labels, **fields)


def markets_frame(rows: Sequence[Mapping[str, Json]], ts_ns: int) -> Frame:
    """Return a catalogue answer holding these rows."""
    return Frame(REST_MARKETS, ts_ns, compact(list(rows)))


def in_order(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield frames received no earlier than the one before.

    For captures which kept the order of arrival but only the venue's times: those step back,
    a trade's by up to two seconds, while arrival cannot.
    """
    newest = 0
    for frame in frames:
        newest = max(newest, frame.ts_init)
        yield Frame(frame.channel, newest, frame.text)


def book_frame(
    condition_id: str,
    token: str,
    ts_ns: int,
    bids: Mapping[int, int],
    asks: Mapping[int, int],
    *,
    tick: int | None = None,
    book_hash: str = "",
    received_ns: int | None = None,
) -> Frame:
    """Return a ``book`` message of the market channel, best level last on both sides.

    Args:
        condition_id: The market.
        token: The outcome.
        ts_ns: The venue's time, nanoseconds UTC.
        bids: Price to size, micros.
        asks: Price to size, micros.
        tick: Price grid in micros; left out when unknown.
        book_hash: The venue's hash when it was recorded.
        received_ns: Receive time when it differs.

    Source: ``websockets.md`` section 3.
    """
    message: dict[str, Json] = {
        "market": condition_id,
        "asset_id": token,
        "timestamp": str(ts_ns // NS_PER_MS),
        "hash": book_hash,
        "bids": _levels(sorted(bids.items())),
        "asks": _levels(sorted(asks.items(), reverse=True)),
        "event_type": "book",
        "last_trade_price": "",
    }
    if tick is not None:
        message["tick_size"] = format_micros(tick)
    return Frame(MARKET, ts_ns if received_ns is None else received_ns, compact(message))


def _levels(levels: Iterable[tuple[int, int]]) -> list[dict[str, str]]:
    return [{"price": format_micros(p), "size": format_micros(s)} for p, s in levels]


def change_entry(
    token: str,
    is_bid: bool,
    price: int,
    size: int,
    *,
    best_bid: str = "",
    best_ask: str = "",
    book_hash: str = "",
) -> dict[str, str]:
    """Return one entry of a ``price_change`` message; price and size in micros."""
    return {
        "asset_id": token,
        "price": format_micros(price),
        "size": format_micros(size),
        "side": "BUY" if is_bid else "SELL",
        "hash": book_hash,
        "best_bid": best_bid,
        "best_ask": best_ask,
    }


def change_frame(condition_id: str, ts_ns: int, entries: Sequence[Mapping[str, str]]) -> Frame:
    """Return a ``price_change`` message of the market channel."""
    message = {
        "market": condition_id,
        "price_changes": list(entries),
        "timestamp": str(ts_ns // NS_PER_MS),
        "event_type": "price_change",
    }
    return Frame(MARKET, ts_ns, compact(message))


def trade_frame(
    condition_id: str, token: str, ts_ns: int, *, is_buy: bool, price: int, size: int
) -> Frame:
    """Return a ``last_trade_price`` message of the market channel; micros."""
    message = {
        "market": condition_id,
        "asset_id": token,
        "price": format_micros(price),
        "size": format_micros(size),
        "fee_rate_bps": "",
        "side": "BUY" if is_buy else "SELL",
        "timestamp": str(ts_ns // NS_PER_MS),
        "event_type": "last_trade_price",
        "transaction_hash": "",
    }
    return Frame(MARKET, ts_ns, compact(message))


def activity_frame(
    payload: Mapping[str, Json], ts_ns: int, *, received_ns: int | None = None
) -> Frame:
    """Return an RTDS ``activity``/``trades`` message around a trade row.

    Args:
        payload: The row: the stream and the Data API share its fields.
        ts_ns: Time of the envelope, nanoseconds UTC.
        received_ns: Receive time when it differs.

    Source: ``websockets.md`` section 5.3.
    """
    message = {
        "connection_id": "",
        "payload": dict(payload),
        "timestamp": ts_ns // NS_PER_MS,
        "topic": "activity",
        "type": "trades",
    }
    return Frame(RTDS, ts_ns if received_ns is None else received_ns, compact(message))
