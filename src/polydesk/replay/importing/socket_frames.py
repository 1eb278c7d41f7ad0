"""Captures of socket messages: line files with envelopes, arrays and single messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from polydesk.domain.frames import MARKET, REST_PREFIX, RTDS, Frame
from polydesk.errors import RecordingError
from polydesk.replay.importing.parts import (
    NS_PER_MS,
    NS_PER_S,
    SYNTHETIC_MARKETS,
    Converted,
    Json,
    compact,
    market_row,
)
from polydesk.replay.importing.sightings import Sightings, described
from polydesk.replay.importing.wallet_trades import trade_markets

REWRITTEN: Final = (
    "The capture kept messages as JSON values, not as text: they are written again compactly, in"
    " their recorded key order."
)
_BOOK_CHANNEL: Final = f"{REST_PREFIX}clob/book"


def json_lines(text: str) -> Iterator[tuple[int, Json]]:
    """Yield line numbers and values of a file with one JSON value a line.

    Raises:
        RecordingError: A line is not JSON; the message names it.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError as error:
            raise RecordingError(f"Line {number} is not JSON.") from error


def convert_captured(name: str, text: str, path: Path) -> Converted:
    """Turn ``{"capturedAt": seconds, "payload": message}`` lines into frames."""
    sightings, frames, newest = Sightings(), list[Frame](), 0
    for number, line in json_lines(text):
        try:
            payload, captured = line["payload"], int(line["capturedAt"]) * NS_PER_S
        except (KeyError, TypeError, ValueError) as error:
            raise RecordingError(f"Line {number} has no payload or capture time.") from error
        latest = captured + NS_PER_S - NS_PER_MS
        newest = max(newest, min(max(_newest_ns(payload), captured), latest))
        frames.append(Frame(MARKET, newest, _text_of(payload)))
        sightings.look(payload)
    rows = _rows_beside(path)
    notes: tuple[str, ...] = (
        REWRITTEN,
        "Receive times were recorded in whole seconds: within them the venue's times are used.",
    )
    if not rows:
        rows, notes = sightings.rows(), (*notes, SYNTHETIC_MARKETS)
    return Converted("captured lines", name, "market channel", described(frames, rows), notes)


def _text_of(payload: Json) -> bytes:
    return payload.encode() if isinstance(payload, str) else compact(payload)


def _newest_ns(value: Json) -> int:
    """Return the newest venue time in a message, 0 when it has none."""
    messages = value if isinstance(value, list) else [value]
    stamps = [m["timestamp"] for m in messages if isinstance(m, dict) and "timestamp" in m]
    digits = [int(stamp) for stamp in stamps if str(stamp).isdigit()]
    return max(digits, default=0) * NS_PER_MS


def _rows_beside(path: Path) -> list[dict[str, Json]]:
    """Return catalogue rows from a ``.markets.json`` file beside a capture."""
    beside = path.with_name(path.name.removesuffix(".gz").removesuffix(".jsonl") + ".markets.json")
    if not beside.is_file():
        return []
    try:
        listed = json.loads(beside.read_text("utf-8"))
        return [_row_beside(market) for market in listed.values() if isinstance(market, dict)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordingError(f"{beside.name} beside the capture cannot be read.") from error


def _row_beside(market: dict[str, Json]) -> dict[str, Json]:
    tokens = (market["upTokenId"], market["downTokenId"])
    row = market_row(
        market["conditionId"],
        tokens,
        ("Up", "Down"),
        question=market["slug"],
        slug=market["slug"],
        tick=round(market["tickSize"] * 1_000_000),
    )
    return row | {"orderMinSize": market["minOrderSize"]}


def convert_envelopes(name: str, text: str) -> Converted:
    """Turn lines with an envelope (source, receive time, message text) into frames."""
    sightings, frames = Sightings(), list[Frame]()
    for number, line in json_lines(text):
        try:
            source, payload = line["source"], line["payload"]
            received, steady = int(line["recv_wall_ts"]), int(line.get("recv_mono_ns", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise RecordingError(f"Line {number} does not have the envelope's fields.") from error
        is_wall = steady // NS_PER_MS == received
        ts_ns = steady if is_wall else received * NS_PER_MS
        value = _parsed(payload)
        frames.append(Frame(_channel_of(source, value), ts_ns, _text_of(payload)))
        if source == "polymarket_clob":
            sightings.look(value)
    notes = (
        "Messages are kept byte for byte. The recorder reconnected every cycle and kept few"
        " messages of each, so books have gaps; REST books stand on their own channel.",
        SYNTHETIC_MARKETS,
    )
    rows = sightings.rows()
    source = "market channel, REST books, RTDS prices, exchange prices"
    return Converted("envelope lines", name, source, described(frames, rows), notes)


def _parsed(payload: Json) -> Json:
    try:
        return json.loads(payload) if isinstance(payload, str) else payload
    except ValueError:
        return None


def _channel_of(source: str, value: Json) -> str:
    if source == "polymarket_clob":
        is_rest = isinstance(value, dict) and "event_type" not in value and "bids" in value
        return _BOOK_CHANNEL if is_rest else MARKET
    if source.startswith("polymarket_rtds"):
        return RTDS
    return f"other:{source}"


def convert_messages(name: str, messages: Iterable[Json]) -> Converted:
    """Turn market-channel messages (objects, or arrays as one frame) into frames."""
    sightings, frames, newest = Sightings(), list[Frame](), 0
    for message in messages:
        newest = max(newest, _newest_ns(message))
        frames.append(Frame(MARKET, newest, compact(message)))
        sightings.look(message)
    notes = (REWRITTEN, "No receive times were recorded: the venue's times are used.")
    rows = sightings.rows()
    return Converted(
        "message array",
        name,
        "market channel",
        described(frames, rows),
        (*notes, SYNTHETIC_MARKETS),
    )


def convert_rtds(name: str, messages: Sequence[dict[str, Json]]) -> Converted:
    """Turn RTDS messages into frames."""
    newest, frames = 0, list[Frame]()
    for message in messages:
        newest = max(newest, _newest_ns(message))
        frames.append(Frame(RTDS, newest, compact(message)))
    notes = (
        REWRITTEN,
        "No receive times were recorded: the envelope's times are used.",
        "Market descriptions are made from the trade rows; the id of an outcome that did not"
        " trade is made up.",
    )
    rows = [m["payload"] for m in messages if isinstance(m.get("payload"), dict)]
    trades = [row for row in rows if "conditionId" in row]
    return Converted("RTDS array", name, "RTDS", described(frames, trade_markets(trades)), notes)
