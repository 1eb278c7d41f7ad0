"""``polydesk chaos``."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from polydesk.cli.output import print_json
from polydesk.cli.workers import check_workers
from polydesk.errors import ConfigError, InvariantError

ALL, NONE = "all", "none"


def run(*, kills: int, faults: str, seed: int, workers: int, as_json: bool) -> None:
    """Kill a desk on the sandbox exchange, and tell what the comparison found.

    Raises:
        ConfigError: A number is out of range, or a fault is not known.
        InvariantError: The journal and the exchange do not agree.
    """
    from polydesk.campaigns.chaos.campaign import FAULT_RULES, Settings
    from polydesk.campaigns.chaos.workers import run_split

    if kills < 1:
        raise ConfigError(f"--kills {kills}: kill at least once.")
    if not 1 <= workers <= kills:
        raise ConfigError(f"--workers {workers}: between one and the number of kills.")
    check_workers(workers)
    chosen = _chosen(faults, tuple(FAULT_RULES))
    report = asyncio.run(run_split(Settings(kills, seed, chosen), workers))
    if as_json:
        print_json(report.plain())
    else:
        _print(report.plain())
    if not report.verdict.is_clean:
        raise InvariantError(
            f"the journal differs from the exchange; see the examples (seed {seed})."
        )


def _chosen(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if text in {ALL, NONE}:
        return known if text == ALL else ()
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    strange = [name for name in names if name not in known]
    if strange:
        raise ConfigError(f"--faults {strange[0]}: write all, none, or some of {', '.join(known)}.")
    return names


def _print(report: dict[str, Any]) -> None:
    for name, value in report.items():
        sys.stdout.write(f"{name.replace('_', ' '):28} {value}\n")
