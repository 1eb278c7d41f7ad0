"""``polydesk selftest``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from polydesk.cli.output import print_json, warn
from polydesk.domain.text import clean
from polydesk.errors import ConfigError, InvariantError, PolydeskError, WireError
from polydesk.venues.polymarket.vectors.files import READERS, Mismatch, Outcome, check_file

MOST_TOLD = 20
"""Mismatches told one by one; the rest is counted."""


def vectors(directory: Path, *, as_json: bool) -> None:
    """Check signing against the vectors of a directory and print counts for each file.

    Raises:
        ConfigError: There is nothing to check.
        InvariantError: A field differs; the first ones are told.
        PolydeskError: A file is damaged.
    """
    outcomes: dict[str, Outcome] = {}
    damaged: list[str] = []
    for path in _known(directory):
        try:
            outcomes[path.name] = check_file(path)
        except WireError as error:
            damaged.append(f"{path} is damaged: {clean(str(error))}.")
    _print(outcomes, as_json=as_json)
    _end(outcomes, damaged)


def _known(directory: Path) -> list[Path]:
    """Return the files to check by name; the others are named and skipped."""
    if not directory.is_dir():
        raise ConfigError(f"{directory} is no directory of vectors.")
    paths = sorted(directory.iterdir())
    for path in paths:
        if path.name not in READERS:
            warn(f"{clean(path.name)} is skipped: no such vectors are known.")
    known = [path for path in paths if path.name in READERS]
    if not known:
        raise ConfigError(f"{directory} holds no vectors; known are {', '.join(READERS)}.")
    return known


def _print(outcomes: dict[str, Outcome], *, as_json: bool) -> None:
    if as_json:
        print_json(
            {name: {"checked": o.checked, "passed": o.passed} for name, o in outcomes.items()}
        )
        return
    for name, outcome in outcomes.items():
        sys.stdout.write(f"{name}: {outcome.passed} of {outcome.checked} passed\n")


def _end(outcomes: dict[str, Outcome], damaged: list[str]) -> None:
    sys.stdout.flush()
    wrong = list(_mismatches(outcomes))
    for name, mismatch in wrong[:MOST_TOLD]:
        warn(f"{name}, {clean(mismatch.case)}: {clean(mismatch.what)}")
    if wrong:
        for sentence in damaged:
            warn(sentence)
        fields = (
            "1 field of the vectors is"
            if len(wrong) == 1
            else f"{len(wrong)} fields of the vectors are"
        )
        raise InvariantError(f"{fields} not reproduced.")
    if damaged:
        raise PolydeskError(" ".join(damaged))


def _mismatches(outcomes: dict[str, Outcome]) -> Iterator[tuple[str, Mismatch]]:
    for name, outcome in outcomes.items():
        for mismatch in outcome.mismatches:
            yield name, mismatch
