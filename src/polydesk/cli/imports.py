"""``polydesk import``."""

from __future__ import annotations

import sys
from pathlib import Path

from polydesk.cli.output import print_json, warn
from polydesk.errors import ConfigError
from polydesk.replay.importing import ImportReport, import_capture


def run(source: Path, target: Path | None, *, as_json: bool) -> None:
    """Import a capture, or every capture of a folder, and say what was made.

    Raises:
        ConfigError: The source does not exist.
    """
    if not source.exists():
        raise ConfigError(f"{source}: there is no such file or folder.")
    report = import_capture(source, target or default_target(source))
    for _, reason in report.refused:
        warn(reason)
    if as_json:
        print_json(_as_json(report))
        return
    for part in report.parts or (report,):
        sys.stdout.write(f"{part.target}: {part.frames:,} frames ({part.format})\n")


def default_target(source: Path) -> Path:
    """Return the file, or the folder for a folder, that an import without a target writes."""
    if source.is_dir():
        return Path(f"{source.resolve().name}-tapes")
    return Path(source.name.split(".")[0] + ".tape")


def _as_json(report: ImportReport) -> dict[str, object]:
    return {
        "source": report.source.name,
        "target": str(report.target),
        "format": report.format,
        "frames": report.frames,
        "first_ts": report.first_ts,
        "last_ts": report.last_ts,
        "notes": list(report.notes),
        "parts": [_as_json(part) for part in report.parts],
        "refused": {path.name: reason for path, reason in report.refused},
    }
