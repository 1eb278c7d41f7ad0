"""Only the gate builds an approval, and only approvals leave the desk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import polydesk

SOURCE = Path(polydesk.__file__).parent


def calls(name: str) -> Iterator[tuple[str, int]]:
    """Yield (file, line) of every call of a name, also as an attribute or under another name."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {name} | {
            alias.asname
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.name == name and alias.asname
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func
                found = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                if found in names:
                    yield path.relative_to(SOURCE).as_posix(), node.lineno


def importers(module: str, name: str) -> Iterator[str]:
    """Yield the files that import a name from a module, or the module itself."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                continue
            if names & {module, f"{module}.{name}"}:
                yield path.relative_to(SOURCE).as_posix()


def test_only_the_gate_builds_approvals() -> None:
    assert {file for file, _ in calls("Approved")} == {"risk/engine.py"}


def test_only_the_order_desk_submits_and_asks_the_gate() -> None:
    assert {file for file, _ in calls("SubmitOrder")} == {"engine/desk_orders.py"}
    assert set(importers("polydesk.risk.engine", "judge")) == {"engine/desk_orders.py"}


def test_nobody_changes_an_approval_afterwards() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")]

    assert not [
        text for text in texts if "replace(approved" in text or "object.__setattr__" in text
    ]
