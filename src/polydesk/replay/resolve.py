"""From what a person types to an open recording."""

from __future__ import annotations

from pathlib import Path

from polydesk.replay.bundled import demo_path
from polydesk.replay.tape import TapeReader


def open_tape(name_or_path: str) -> TapeReader:
    """Open a recording.

    Args:
        name_or_path: ``demo`` for the bundled one, else a file.

    Raises:
        RecordingError: There is no such recording, or it cannot be read.
    """
    if name_or_path == "demo":
        return TapeReader(demo_path())
    return TapeReader(Path(name_or_path).expanduser())
