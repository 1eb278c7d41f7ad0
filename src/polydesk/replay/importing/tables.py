"""Which capture a CSV table is: by its columns, never by its file name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from polydesk.errors import RecordingError
from polydesk.replay.importing import l2_events, ticks
from polydesk.replay.importing.parts import Converted

_REFUSALS: Final = (
    (frozenset({"rank_combined", "address"}), "a leaderboard"),
    (frozenset({"wallet", "pnl", "vol"}), "a leaderboard"),
    (frozenset({"wallet", "avgPrice"}), "a list of wallets' positions"),
    (frozenset({"executed_at_timestamp", "outcome_name"}), "the token list of a capture beside it"),
    (frozenset({"display_clock", "home_score"}), "a score feed without market data"),
)


def convert_table(name: str, text: str, path: Path) -> Converted:
    """Turn a CSV table into frames.

    Raises:
        RecordingError: It is no recording; the message says what it is.
    """
    lines = text.splitlines()
    columns = frozenset(lines[0].strip().split(",")) if lines else frozenset[str]()
    if columns >= ticks.COLUMNS:
        return ticks.convert_ticks(name, lines)
    if columns >= l2_events.COLUMNS:
        return l2_events.convert_l2_events(name, lines, path)
    for needed, what in _REFUSALS:
        if needed <= columns:
            raise RecordingError(f"{path.name} is {what}, not a recording.")
    raise RecordingError(f"{path.name} is a table of an unknown kind.")
