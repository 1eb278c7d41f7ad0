"""Which test proves which row of the fault catalogue: ``python -m tests.tools.fault_table``.

Writes ``docs/faults.md`` from ``tests/fault_rows.toml`` and the names of the tests: a test whose
name holds ``f009`` proves row F009.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROWS_FILE = TESTS / "fault_rows.toml"
PAGE = TESTS.parent / "docs" / "faults.md"
FIRST, LAST = 1, 58
_ROW = re.compile(r"(?<=_)f(\d{3})(?=_|$)")
_OPENING = """# Faults of orders, fills and markets

Written by `python -m tests.tools.fault_table` from `tests/fault_rows.toml` and the names of the
tests; a test checks that it is up to date. Every row also means: nothing lost, nothing doubled,
and one sentence that says what is known.

{proved} rows are proved by {tests} tests. {open} rows leave something open; it is written there.

| Row | Fault | What must happen | Proved by |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault."""

    number: str
    fault: str
    required: str
    open: str = ""
    """What is not done yet, empty when nothing is left."""


def rows() -> list[Row]:
    """Return the catalogue."""
    data = tomllib.loads(ROWS_FILE.read_text(encoding="utf-8"))
    return [Row(number, **fields) for number, fields in data.items()]


def proofs(folder: Path = TESTS) -> dict[str, list[str]]:
    """Return the ids of the tests that prove each row."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for name in test_names(ast.parse(path.read_text(encoding="utf-8"))):
            for number in _ROW.findall(name):
                found[f"F{number}"].append(f"{path.relative_to(folder)}::{name}")
    return found


def test_names(module: ast.Module) -> Iterator[str]:
    """Return the names of a module's tests, those in classes included."""
    for node in ast.walk(module):
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and node.name.startswith("test_"):
            yield node.name


def page(catalogue: Sequence[Row], found: Mapping[str, Sequence[str]]) -> str:
    """Return the page."""
    proved = [row for row in catalogue if found.get(row.number)]
    tests = {test for row in catalogue for test in found.get(row.number, ())}
    opening = _OPENING.format(
        proved=len(proved), tests=len(tests), open=sum(bool(row.open) for row in catalogue)
    )
    lines = [_line(row, found.get(row.number, ())) for row in catalogue]
    return opening + "".join(f"{line}\n" for line in lines)


def _line(row: Row, tests: Sequence[str]) -> str:
    cells = [f"`{test}`" for test in tests]
    cells += [f"open: {row.open}"] if row.open else []
    return f"| {row.number} | {row.fault} | {row.required} | {'<br>'.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(rows(), proofs()), encoding="utf-8")
