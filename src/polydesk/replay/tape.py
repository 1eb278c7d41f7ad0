"""Recordings: one documented, append-only, compressed format.

A recording holds frame texts exactly as received, with receive time and channel, in the order
they came. ``docs/recordings.md`` describes the bytes.
"""

from __future__ import annotations

from polydesk.replay.tape_format import TapeHeader
from polydesk.replay.tape_reader import TapeReader
from polydesk.replay.tape_recorder import TapeRecorder
from polydesk.replay.tape_writer import TapeWriter, exists_already

__all__ = ["TapeHeader", "TapeReader", "TapeRecorder", "TapeWriter", "exists_already"]
