"""``polydesk audit``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from polydesk.cli.output import print_json
from polydesk.errors import RecordingError
from polydesk.replay.resolve import open_tape
from polydesk.runtime.audit import audit_recording


def run(recording: str, *, as_json: bool) -> None:
    """Check a recording and print what agreed.

    Raises:
        RecordingError: It cannot be read, or only up to some damage, which was checked.
    """
    with open_tape(recording) as tape:
        result = audit_recording(tape)
        damage = tape.damage
    if as_json:
        print_json(result)
    else:
        _print_lines(result)
    if damage:
        raise RecordingError(damage)


def _print_lines(result: Mapping[str, Any]) -> None:
    for name, value in result.items():
        text = f"{value:,}" if isinstance(value, int) else _counts(value)
        sys.stdout.write(f"{name.replace('_', ' ')}: {text}\n")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items()) or "none"
