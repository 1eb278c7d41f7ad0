"""Turning captures of other recorders into recordings."""

from __future__ import annotations

from polydesk.replay.importing.capture import ImportReport, import_capture

__all__ = ["ImportReport", "import_capture"]
