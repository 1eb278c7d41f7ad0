"""Which capture a JSON document is: by its keys, never by its file name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from polydesk.errors import RecordingError
from polydesk.replay.importing.parts import Converted, Json
from polydesk.replay.importing.rest_answers import (
    convert_book,
    convert_event,
    convert_history,
    convert_markets,
)
from polydesk.replay.importing.socket_frames import convert_messages, convert_rtds
from polydesk.replay.importing.wallet_trades import convert_candle, convert_rows, convert_session

_ROW_REFUSALS: Final = (
    (frozenset({"token", "holders"}), "a list of a market's holders"),
    (frozenset({"proxyWallet", "avgPrice"}), "a list of a wallet's positions"),
    (frozenset({"owner", "event_type"}), "a record of somebody's own orders"),
)
_OBJECT_REFUSALS: Final = (
    (frozenset({"error"}), "an answer with an error"),
    (frozenset({"bids", "asks"}), "a book which names no token"),
    (frozenset({"data"}), "an answer of a positions subgraph"),
    (frozenset({"wallets", "metadata"}), "a dump of wallets' positions from a subgraph"),
    (frozenset({"captured_at", "request"}), "an exchange about placing an order"),
    (frozenset({"current", "next"}), "the market list of a capture beside it"),
)


def convert_document(name: str, document: Json, path: Path) -> Converted:
    """Turn a JSON document into frames.

    Raises:
        RecordingError: It is no recording; the message says what it is.
    """
    if isinstance(document, list):
        return _convert_list(name, document, path)
    if isinstance(document, dict):
        return _convert_object(name, document, path)
    raise RecordingError(f"{path.name} is JSON without messages in it.")


def _convert_list(name: str, rows: list[Json], path: Path) -> Converted:
    first = rows[0] if rows else None
    if isinstance(first, list):
        return convert_messages(name, rows)
    keys = first.keys() if isinstance(first, dict) else set[str]()
    _refuse(path, keys, _ROW_REFUSALS)
    if "topic" in keys and "payload" in keys:
        return convert_rtds(name, rows)
    if "event_type" in keys or {"bids", "asks"} <= keys:
        return convert_messages(name, rows)
    if {"proxyWallet", "conditionId", "timestamp"} <= keys:
        return convert_rows(name, rows)
    if {"question", "clobTokenIds"} <= keys or {"question", "conditionId"} <= keys:
        return convert_markets(name, rows)
    raise RecordingError(f"{path.name} is a JSON list of an unknown kind.")


def _convert_object(name: str, document: dict[str, Json], path: Path) -> Converted:
    keys = document.keys()
    for needed, convert in _OBJECTS:
        if needed <= keys:
            return convert(name, document, path)
    _refuse(path, keys, _OBJECT_REFUSALS)
    if document and all(
        isinstance(value, dict) and "groupId" in value for value in document.values()
    ):
        raise RecordingError(f"{path.name} is a table of market names, not a recording.")
    raise RecordingError(f"{path.name} is a JSON object of an unknown kind.")


def _refuse(path: Path, keys: Json, refusals: tuple[tuple[frozenset[str], str], ...]) -> None:
    for needed, what in refusals:
        if needed <= keys:
            raise RecordingError(f"{path.name} is {what}, not a recording.")


def _dump_of_wallet(name: str, document: dict[str, Json], path: Path) -> Converted:
    note = "The dump's lists of positions are left out: they are no events."
    return convert_rows(name, document["trades"], (note,))


def _bot_history(name: str, document: dict[str, Json], path: Path) -> Converted:
    note = "Taken from a bot's exit record; its own entry and exit fields are left out."
    return convert_history(name, document["price_history"], (note,))


_OBJECTS: Final[
    tuple[tuple[frozenset[str], Callable[[str, dict[str, Json], Path], Converted]], ...]
] = (
    (frozenset({"topic", "payload"}), lambda n, d, p: convert_rtds(n, [d])),
    (frozenset({"event_type", "market"}), lambda n, d, p: convert_messages(n, [d])),
    (frozenset({"bids", "asks", "asset_id"}), convert_book),
    (frozenset({"question", "conditionId"}), lambda n, d, p: convert_markets(n, [d])),
    (frozenset({"title", "markets"}), lambda n, d, p: convert_event(n, d)),
    (frozenset({"trades", "up_token", "cid"}), lambda n, d, p: convert_candle(n, d)),
    (frozenset({"trades", "wallet"}), _dump_of_wallet),
    (frozenset({"events", "name"}), lambda n, d, p: convert_session(n, d["events"])),
    (frozenset({"history"}), lambda n, d, p: convert_history(n, d["history"], ())),
    (frozenset({"price_history"}), _bot_history),
)
