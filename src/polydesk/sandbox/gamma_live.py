"""Catalogue rows with the prices of the present recording time.

A row is recorded once, its book changes all the time. Where the recording has the book, the
row's price fields follow it; every other field stays as recorded.

Source: ``rest-data.md`` sections 3.1 and 4 (midpoint, or last trade when the spread exceeds
0.10), 2026-11.
"""

from __future__ import annotations

from typing import Final

import msgspec

from polydesk.domain.book import L2Book
from polydesk.domain.units import MICROS, decimal_from_micros, format_micros
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import objects, tokens_of
from polydesk.sandbox.world import World

WIDE_SPREAD: Final = 100_000
ALWAYS: Final[Json] = {"marketMakerAddress": ""}
"""What every row of the venue has, also empty; clients demand it of rows that lack it here."""


def live_market(row: Json, world: World) -> Json:
    """Return the row with the touch, last trade and outcome prices of its first outcome."""
    row = {**ALWAYS, **row}
    tokens = tokens_of(row)
    held = world.book(tokens[0]) if tokens else None
    if held is None or row.get("closed"):
        return row
    book = held.book
    live: Json = {}
    if book.bids:
        live["bestBid"] = decimal_from_micros(book.best_bid)
    if book.asks:
        live["bestAsk"] = decimal_from_micros(book.best_ask)
    if book.spread is not None:
        live["spread"] = decimal_from_micros(book.spread)
    if book.last_trade is not None:
        live["lastTradePrice"] = decimal_from_micros(book.last_trade)
    price = shown_price(book)
    if price is not None and len(tokens) == 2:
        both = [format_micros(price), format_micros(MICROS - price)]
        live["outcomePrices"] = msgspec.json.encode(both).decode()
    return {**row, **live}


def live_event(row: Json, world: World) -> Json:
    """Return the event with its nested markets at the present time."""
    if "markets" not in row:
        return row
    return {**row, "markets": [live_market(market, world) for market in objects(row["markets"])]}


def shown_price(book: L2Book) -> int | None:
    """Return the price the venue shows for a token, in micros; None when there is none."""
    if book.mid is None or (book.spread or 0) > WIDE_SPREAD:
        return book.last_trade if book.last_trade is not None else book.mid
    return book.mid
