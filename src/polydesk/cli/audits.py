"""``polydesk audit``."""

from __future__ import annotations

import sys

from polydesk.cli.output import print_json, warn
from polydesk.replay.resolve import open_tape
from polydesk.runtime.audit import audit_recording


def run(recording: str, *, as_json: bool) -> None:
    """Check a recording and print what agreed."""
    with open_tape(recording) as tape:
        if tape.damage:
            warn(tape.damage)
        result = audit_recording(tape)
    if as_json:
        print_json(result)
        return
    for name, value in result.items():
        text = f"{value:,}" if isinstance(value, int) else _counts(value)
        sys.stdout.write(f"{name.replace('_', ' ')}: {text}\n")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items()) or "none"
