"""What a headless command prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def print_summary(summary: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a session's summary as JSON or in a few lines for people."""
    if as_json:
        print_json(summary)
        return
    ledger, decisions = summary["ledger"], summary["decisions"]
    skipped = sum(decisions["skipped"].values())
    touch = summary["touch_checks"]
    sys.stdout.write(
        f"{summary['frames']:,} frames, {summary['books']} books, "
        f"{summary['book_changes']:,} book changes, {summary['decode_errors']} decode errors\n"
        f"touch: {touch['agree']:,} agree, {touch['disagree']:,} disagree\n"
        f"followed trades: {summary['leader_trades']} "
        f"({decisions['copied']} copied, {decisions['aggregating']} aggregating, {skipped} skipped), "
        f"{summary['fills']} fills\n"
        f"equity {ledger['equity']} = deposits {ledger['net_deposits']} "
        f"+ realised {ledger['realised_pnl']} + unrealised {ledger['unrealised_pnl']}\n"
        f"state {summary['state_hash']}\n"
    )


def warn(sentence: str) -> None:
    """Print a warning on standard error."""
    sys.stderr.write(f"polydesk: {sentence}\n")
