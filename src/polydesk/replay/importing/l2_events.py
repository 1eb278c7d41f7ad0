"""Full-depth event tables of mid-2025: one row per book level or price change."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from polydesk.domain.frames import Frame
from polydesk.domain.units import parse_micros
from polydesk.errors import RecordingError, WireError
from polydesk.replay.importing.opening import read_text
from polydesk.replay.importing.parts import (
    NS_PER_MS,
    Converted,
    Json,
    book_frame,
    change_entry,
    change_frame,
    in_order,
    market_row,
    markets_frame,
)
from polydesk.replay.importing.ticks import condition_of, tick_of

COLUMNS: Final = frozenset(
    {"market_slug", "asset_id", "market_id", "event_type", "price", "side", "size", "hash"}
)
NOTES: Final = (
    "Condition ids were not recorded: they are the SHA-256 of the sorted token ids.",
    "Written in today's message shape; best bid and ask were not part of the mid-2025 messages and"
    " are left empty, and hashes follow the recipe of that time.",
    "In mid-2025 a fill shows only in the next book, not as a price change.",
    "Only the venue's times were recorded: a message is received at its time, or with the one before"
    " it when its time steps back.",
)


class LevelRow(NamedTuple):
    """One row: a level of a book, or one price change; micros."""

    slug: str
    market_id: str
    token: str
    outcome: str
    is_book: bool
    is_bid: bool
    price: int
    size: int
    book_hash: str
    ts_ns: int


def convert_l2_events(name: str, lines: Iterable[str], path: Path) -> Converted:
    """Turn a full-depth event table into book and price-change messages."""
    rows, repaired = read_rows(lines)
    if not rows:
        raise RecordingError("The event table has no rows.")
    tokens = list(dict.fromkeys(row.token for row in rows))
    condition = condition_of(tokens)
    tick = tick_of(row.price for row in rows)
    labels = _labels(rows, path)
    outcomes = [labels.get(token, f"Outcome {n + 1}") for n, token in enumerate(tokens)]
    catalogue = market_row(
        condition,
        tokens,
        outcomes,
        question=rows[0].slug,
        slug=rows[0].slug,
        market_id=rows[0].market_id,
        tick=tick,
    )
    messages = in_order(_messages(rows, condition, tick))
    frames = [markets_frame([catalogue], rows[0].ts_ns), *messages]
    notes = [*NOTES]
    if not labels:
        notes.append("Outcome names were not recorded.")
    if repaired:
        notes.append(f"Two writers' output ran together in {repaired} line: its end was kept.")
    return Converted("full-depth events", name, "market channel, event table", frames, tuple(notes))


def read_rows(lines: Iterable[str]) -> tuple[list[LevelRow], int]:
    """Read the table; where two rows ran together keep the second.

    Returns:
        The rows, and how many lines had to be repaired.

    Raises:
        RecordingError: A row cannot be read; the message names the line.
    """
    reader = csv.reader(lines)
    header = next(reader, [])
    rows: list[LevelRow] = []
    repaired = 0
    for number, values in enumerate(reader, start=2):
        if len(values) > len(header):
            repaired += 1
        try:
            rows.append(_row(dict(zip(header, values[-len(header) :], strict=True))))
        except (ValueError, KeyError, WireError) as error:
            raise RecordingError(f"Line {number} of the event table cannot be read.") from error
    return rows, repaired


def _row(row: Mapping[str, str]) -> LevelRow:
    return LevelRow(
        row["market_slug"],
        row["market_id"],
        row["asset_id"],
        row.get("outcome_name", ""),
        row["event_type"] == "book",
        row["side"] in {"bid", "BUY"},
        parse_micros(row["price"]),
        parse_micros(row["size"]),
        row["hash"],
        int(row["timestamp"]) * NS_PER_MS,
    )


def _labels(rows: Sequence[LevelRow], path: Path) -> dict[str, str]:
    """Return outcome names from the rows or from a metadata table beside the capture."""
    labels = {row.token: row.outcome for row in rows if row.outcome}
    beside = path.with_name(path.name.removesuffix(".gz").removesuffix(".csv") + ".metadata.csv")
    if beside.is_file():
        for row in csv.DictReader(read_text(beside).splitlines()):
            labels.setdefault(row.get("asset_id", ""), row.get("outcome_name", ""))
    return labels


def _messages(rows: Sequence[LevelRow], condition: str, tick: int) -> Iterator[Frame]:
    for (is_book, ts_ns, *_), group in groupby(rows, key=_message_key):
        members = list(group)
        if is_book:
            bids = {row.price: row.size for row in members if row.is_bid and row.size}
            asks = {row.price: row.size for row in members if not row.is_bid and row.size}
            first = members[0]
            yield book_frame(
                condition, first.token, ts_ns, bids, asks, tick=tick, book_hash=first.book_hash
            )
        else:
            yield change_frame(condition, ts_ns, [_entry(row) for row in members])


def _message_key(row: LevelRow) -> tuple[Json, ...]:
    """Return what the rows of one message share: a book its hash, changes their time."""
    if row.is_book:
        return (True, row.ts_ns, row.token, row.book_hash)
    return (False, row.ts_ns)


def _entry(row: LevelRow) -> dict[str, str]:
    return change_entry(row.token, row.is_bid, row.price, row.size, book_hash=row.book_hash)
