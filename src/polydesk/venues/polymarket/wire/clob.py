"""CLOB REST answers: books, price history, time and small answers.

Source: ``rest-data.md`` section 4, 2026-11.
"""

from __future__ import annotations

import msgspec

from polydesk.domain.events import BookSnapshotReceived
from polydesk.domain.units import PriceMicros
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.books import snapshot
from polydesk.venues.polymarket.wire.memory import MarketMemory
from polydesk.venues.polymarket.wire.numbers import json_price
from polydesk.venues.polymarket.wire.pages import REFUSALS, Page
from polydesk.venues.polymarket.wire.schemas import BookText, Number
from polydesk.venues.polymarket.wire.times import seconds_to_ns

PricePoint = tuple[int, PriceMicros]
"""(nanoseconds UTC, price in micros)."""


class _ClobPoint(msgspec.Struct, gc=False):
    t: int
    p: Number


class _DataPoint(msgspec.Struct, gc=False):
    timestamp: int
    price: Number


class _History(msgspec.Struct, gc=False):
    history: list[_ClobPoint] | msgspec.UnsetType = msgspec.UNSET
    data: list[_DataPoint] | msgspec.UnsetType = msgspec.UNSET


class _ErrorAnswer(msgspec.Struct, gc=False):
    error: str


_BOOK = msgspec.json.Decoder(BookText)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_HISTORY = msgspec.json.Decoder(_History)
_INTEGER = msgspec.json.Decoder(int)
_ERROR = msgspec.json.Decoder(_ErrorAnswer)


def read_books(body: bytes, ts_init: int, memory: MarketMemory) -> Page[BookSnapshotReceived]:
    """Read one book or an array of books, counting the broken ones."""
    raws = _RAWS.decode(body) if body.lstrip()[:1] == b"[" else [msgspec.Raw(body)]
    page: Page[BookSnapshotReceived] = Page()
    for raw in raws:
        try:
            page.rows.append(snapshot(_BOOK.decode(raw), ts_init, memory))
        except REFUSALS:
            page.broken += 1
    return page


def parse_books(body: bytes, ts_init: int = 0) -> list[BookSnapshotReceived]:
    """Read the answer of ``/book`` or ``/books``.

    Raises:
        WireError: The body is no book or array of books, or one of them is malformed.
    """
    try:
        page = read_books(body, ts_init, MarketMemory())
    except REFUSALS as error:
        raise WireError(f"not a list of books: {error}") from error
    if page.broken:
        raise WireError(f"{page.broken} books of the answer are malformed")
    return page.rows


def parse_prices_history(body: bytes) -> list[PricePoint]:
    """Read a price history of the CLOB or of Data API v2, oldest first.

    Raises:
        WireError: The body is not a price history.
    """
    try:
        answer = _HISTORY.decode(body)
        if answer.history is not msgspec.UNSET:
            pairs = [(point.t, point.p) for point in answer.history]
        elif answer.data is not msgspec.UNSET:
            pairs = [(point.timestamp, point.price) for point in answer.data]
        else:
            raise WireError("the answer has no price history")
        points = [(seconds_to_ns(at), PriceMicros(json_price(price))) for at, price in pairs]
    except REFUSALS as error:
        raise WireError(f"not a price history: {error}") from error
    return sorted(points)


def parse_time(body: bytes) -> int:
    """Read the answer of ``/time`` as nanoseconds UTC."""
    try:
        return seconds_to_ns(_INTEGER.decode(body))
    except REFUSALS as error:
        raise WireError(f"not a time in seconds: {body[:40]!r}") from error


def error_text(body: bytes) -> str | None:
    """Return the venue's sentence when an answer is an error object, otherwise None."""
    try:
        return _ERROR.decode(body).error
    except REFUSALS:
        return None
