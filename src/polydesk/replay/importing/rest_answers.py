"""Captures of REST answers: market listings, single books, price histories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from polydesk.domain.frames import REST_EVENTS, REST_MARKETS, REST_PREFIX, Frame
from polydesk.errors import RecordingError
from polydesk.replay.importing.opening import read_text
from polydesk.replay.importing.parts import (
    NS_PER_MS,
    NS_PER_S,
    SYNTHETIC_MARKETS,
    Converted,
    Json,
    compact,
)
from polydesk.replay.importing.sightings import Sightings, described
from polydesk.replay.importing.socket_frames import REWRITTEN

PAGE: Final = 500
"""Market rows in one answer."""
HISTORY_CHANNEL: Final = f"{REST_PREFIX}clob/prices-history"
BOOK_CHANNEL: Final = f"{REST_PREFIX}clob/book"
_TIMES: Final = ("updatedAt", "closedTime", "startDate", "endDate")


def convert_markets(name: str, rows: Sequence[dict[str, Json]]) -> Converted:
    """Turn Gamma market rows into catalogue answers of up to 500 rows."""
    ts_ns = _newest_row_ns(rows)
    pages = [rows[at : at + PAGE] for at in range(0, len(rows), PAGE)]
    frames = [Frame(REST_MARKETS, ts_ns, compact(page)) for page in pages]
    notes = (REWRITTEN, "The time of the answer was not recorded: the newest time in it is used.")
    return Converted("market listing", name, "Gamma markets", frames, notes)


def convert_event(name: str, event: dict[str, Json]) -> Converted:
    """Turn a Gamma event with its markets into catalogue answers."""
    listed = convert_markets(name, event["markets"])
    ts_ns = _newest_row_ns([event, *event["markets"]])
    frames = [Frame(REST_EVENTS, ts_ns, compact([event]))]
    frames += [Frame(REST_MARKETS, ts_ns, frame.text) for frame in listed.frames]
    return Converted("event", name, "Gamma event", frames, listed.notes)


def _newest_row_ns(rows: Sequence[dict[str, Json]]) -> int:
    """Return the newest time a listing can be from, by the most telling field it has."""
    for field in _TIMES:
        times = [_time_ns(row.get(field)) for row in rows]
        known = [ts for ts in times if ts is not None]
        if known:
            return max(known)
    return 0


def _time_ns(text: Json) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return None if moment.tzinfo is None else int(moment.timestamp()) * NS_PER_S


def convert_book(name: str, book: dict[str, Json], path: Path) -> Converted:
    """Turn one CLOB book answer into a frame, with its market when it lies beside."""
    try:
        frame = Frame(BOOK_CHANNEL, int(book["timestamp"]) * NS_PER_MS, compact(book))
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"The book in {path.name} has no time.") from error
    beside = path.with_name(path.name.replace("book_", "gamma_", 1))
    notes: tuple[str, ...] = (REWRITTEN, "No receive time was recorded: the book's time is used.")
    if beside != path and beside.is_file():
        rows = [json.loads(read_text(beside))]
    else:
        sightings = Sightings()
        sightings.look(book)
        rows, notes = sightings.rows(), (*notes, SYNTHETIC_MARKETS)
    return Converted("book answer", name, "CLOB book", described([frame], rows), notes)


def convert_history(
    name: str, points: Sequence[dict[str, Json]], notes: tuple[str, ...]
) -> Converted:
    """Turn a price history into one answer, received at its last point."""
    try:
        ts_ns = max(int(point["t"]) for point in points) * NS_PER_S
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError("The price history has no points.") from error
    frame = Frame(HISTORY_CHANNEL, ts_ns, compact({"history": list(points)}))
    fixed = (REWRITTEN, "The answer does not say which token it belongs to.")
    return Converted("price history", name, "CLOB prices-history", [frame], (*fixed, *notes))
