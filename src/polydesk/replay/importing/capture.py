"""Importing captures of other recorders: one file, or every capture in a directory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from polydesk.domain.frames import Frame
from polydesk.errors import RecordingError, WireError
from polydesk.replay.importing.documents import convert_document
from polydesk.replay.importing.opening import base_name, read_text
from polydesk.replay.importing.parquet_books import convert_parquet
from polydesk.replay.importing.parts import Converted, Json
from polydesk.replay.importing.rest_answers import convert_markets
from polydesk.replay.importing.socket_frames import convert_captured, convert_envelopes, json_lines
from polydesk.replay.importing.tables import convert_table
from polydesk.replay.tape import TapeHeader, TapeReader, TapeWriter

TAPE_SUFFIX: Final = ".tape"
_MALFORMED: Final = (
    WireError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    RecursionError,
    ArithmeticError,
)
"""What reading a foreign file can stumble over where its form is not checked field by field."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import made."""

    source: Path
    target: Path
    format: str
    """Name of the capture's format; ``directory`` for several files."""
    frames: int
    first_ts: int | None
    """Earliest receive time, nanoseconds UTC."""
    last_ts: int | None
    """Latest receive time, nanoseconds UTC."""
    notes: tuple[str, ...] = ()
    """What was inferred or is missing; also in the recording's header."""
    parts: tuple[ImportReport, ...] = ()
    """One report per imported file of a directory."""
    refused: tuple[tuple[Path, str], ...] = ()
    """Files of a directory that are no captures, each with the reason."""


def import_capture(source: Path, target: Path) -> ImportReport:
    """Turn a capture into a recording, or every capture of a directory into one each.

    Args:
        source: A capture file of any known format, plain or gzip, or a directory.
        target: The recording to write; for a directory, the directory to write into.

    Raises:
        RecordingError: The source is no capture (the message says what it is), is damaged,
            or the target exists.
        ConfigError: The source is Parquet and pyarrow is not installed.
    """
    if source.is_dir():
        return _import_directory(source, target)
    converted = convert(source)
    header = TapeHeader(
        title=converted.title,
        source=f"{converted.source}; imported from {source.name}",
        notes=converted.notes,
        meta={"kind": "converted", "format": converted.format, **converted.meta},
    )
    _write(source, converted.frames, TapeWriter(target, header))
    with TapeReader(target) as reader:
        first, last, count = reader.first_ts, reader.last_ts, reader.frame_count
    return ImportReport(source, target, converted.format, count, first, last, converted.notes)


def _write(source: Path, frames: Iterable[Frame], target: TapeWriter) -> None:
    """Write all frames or leave no file behind; some are only made while they are written."""
    try:
        with target as writer:
            for frame in frames:
                writer.write(frame.channel, frame.ts_init, frame.text)
    except BaseException as error:
        target.path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise RecordingError(f"{target.path} cannot be written: {error.strerror}.") from error
        if isinstance(error, _MALFORMED):
            raise _malformed(source) from error
        raise


def _malformed(source: Path) -> RecordingError:
    return RecordingError(
        f"{source.name} looks like a known capture but a part of it has another form."
    )


def _import_directory(source: Path, target: Path) -> ImportReport:
    parts: list[ImportReport] = []
    refused: list[tuple[Path, str]] = []
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(path for path in source.iterdir() if path.is_file()):
        try:
            parts.append(import_capture(path, target / f"{base_name(path)}{TAPE_SUFFIX}"))
        except RecordingError as error:
            refused.append((path, str(error)))
    times = [ts for part in parts for ts in (part.first_ts, part.last_ts) if ts is not None]
    return ImportReport(
        source,
        target,
        "directory",
        sum(part.frames for part in parts),
        min(times, default=None),
        max(times, default=None),
        parts=tuple(parts),
        refused=tuple(refused),
    )


def convert(source: Path) -> Converted:
    """Recognise a capture by its content and turn it into frames.

    Raises:
        RecordingError: It is no capture; the message says what it is.
        ConfigError: It is Parquet and pyarrow is not installed.
    """
    try:
        return _convert(source)
    except _MALFORMED as error:
        raise _malformed(source) from error


def _convert(source: Path) -> Converted:
    name = base_name(source)
    if _magic(source) == b"PAR1":
        return convert_parquet(name, source)
    text = read_text(source)
    start = text.lstrip()[:1]
    if start not in {"[", "{"}:
        return convert_table(name, text, source)
    try:
        document = json.loads(text)
    except ValueError:
        return _convert_lines(name, text, source)
    return convert_document(name, document, source)


def _magic(source: Path) -> bytes:
    try:
        with source.open("rb") as stream:
            return stream.read(4)
    except FileNotFoundError as error:
        raise RecordingError(f"There is no file at {source}.") from error
    except OSError as error:
        raise RecordingError(f"{source.name} cannot be read: {error.strerror}.") from error


def _convert_lines(name: str, text: str, source: Path) -> Converted:
    """Recognise a file with one JSON value a line by its first line."""
    _, first = next(json_lines(text), (0, None))
    keys: Json = first.keys() if isinstance(first, dict) else set[str]()
    if {"capturedAt", "payload"} <= keys:
        return convert_captured(name, text, source)
    if {"recv_wall_ts", "source", "payload"} <= keys:
        return convert_envelopes(name, text)
    if {"condition_id", "raw"} <= keys:
        return convert_markets(name, [line["raw"] for _, line in json_lines(text)])
    raise RecordingError(f"{source.name} is a JSON-lines file of an unknown kind.")
