"""The recording that comes with the package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from polydesk.errors import RecordingError


def demo_path() -> Path:
    """Return where the bundled demo recording lies.

    Raises:
        RecordingError: This installation has no demo recording.
    """
    path = Path(str(files("polydesk.replay").joinpath("data", "demo.tape")))
    if not path.is_file():
        raise RecordingError("The demo recording is missing from this installation.")
    return path
