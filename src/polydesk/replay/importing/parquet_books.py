"""Parquet captures: sampled five-level books. Needs pyarrow, which is loaded only here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from polydesk.domain.frames import Frame
from polydesk.domain.units import micros_from_json_number
from polydesk.errors import ConfigError, RecordingError
from polydesk.replay.importing.parts import (
    NS_PER_MS,
    Converted,
    Json,
    book_frame,
    market_row,
    markets_frame,
)

DEPTH: Final = 5
MAX_ROWS: Final = 5_000_000
"""Samples at most: fifty-seven days of seconds. A small hostile file may claim far more."""
TICK: Final = 10_000
NOTES: Final = (
    "Books were sampled once a second with five levels a side: there are no changes between them"
    " and nothing below the fifth level.",
    "The recorder wrote its rows repeatedly: repeated times are left out.",
    "Receive times equal the recorded times; the grid of 0.01 is assumed.",
)
_REFUSED: Final = {
    "observed_at": "a table of daily price bars, not a recording of messages",
    "winning_outcome_label": "a table of market resolutions, not a recording of messages",
    "payoff_on_resolve": "a table of outcome labels, not a recording of messages",
}


def convert_parquet(name: str, path: Path) -> Converted:
    """Turn a table of sampled books into book messages.

    Raises:
        ConfigError: pyarrow is not installed.
        RecordingError: The table is something else; the message says what.
    """
    rows = _read(path)
    by_time = {row["ts_ms"]: row for row in reversed(rows)}
    samples = [by_time[ts_ms] for ts_ms in sorted(by_time)]
    if not samples:
        raise RecordingError(f"{path.name} holds no books.")
    first = samples[0]
    catalogue = market_row(
        first["condition_id"],
        (first["token_id_up"], first["token_id_down"]),
        ("Up", "Down"),
        question=first["market_slug"],
        slug=first["market_slug"],
        tick=TICK,
    )
    frames = [
        markets_frame([catalogue], first["ts_ms"] * NS_PER_MS),
        *(frame for row in samples for frame in _books(row)),
    ]
    return Converted("sampled books", name, "five-level books, once a second", frames, NOTES)


def _read(path: Path) -> list[dict[str, Json]]:
    parquet = _parquet()
    try:
        table = parquet.ParquetFile(path)
        columns = set(table.schema_arrow.names)
        for column, what in _REFUSED.items():
            if column in columns:
                raise RecordingError(f"{path.name} is {what}.")
        if not {"ts_ms", "condition_id", "token_id_up", "bid_px_up_1"} <= columns:
            raise RecordingError(f"{path.name} is a Parquet table of an unknown kind.")
        if table.metadata.num_rows > MAX_ROWS:
            raise RecordingError(f"{path.name} holds more than {MAX_ROWS:,} samples.")
        rows: list[dict[str, Json]] = table.read().to_pylist()
    except (OSError, ValueError, NotImplementedError) as error:
        raise RecordingError(f"{path.name} cannot be read as Parquet: {error}.") from error
    return rows


def _parquet() -> Any:
    try:
        import pyarrow.parquet  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise ConfigError(
            "Parquet files need the package pyarrow: pip install 'polydesk[parquet]'."
        ) from error
    return pyarrow.parquet


def _books(row: Mapping[str, Json]) -> Iterator[Frame]:
    ts_ns = int(row["ts_ms"]) * NS_PER_MS
    for outcome in ("up", "down"):
        yield book_frame(
            row["condition_id"],
            row[f"token_id_{outcome}"],
            ts_ns,
            _side(row, "bid", outcome),
            _side(row, "ask", outcome),
            tick=TICK,
        )


def _side(row: Mapping[str, Json], side: str, outcome: str) -> dict[int, int]:
    levels: dict[int, int] = {}
    for depth in range(1, DEPTH + 1):
        price, size = row[f"{side}_px_{outcome}_{depth}"], row[f"{side}_sz_{outcome}_{depth}"]
        if price and size:
            levels[micros_from_json_number(price)] = micros_from_json_number(size)
    return levels
