"""What a command does not need it does not load."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.cli import cut, env

pytestmark = pytest.mark.e2e
AND_TELL = """
import json, sys
from polydesk.cli.main import main
sys.stderr.write(json.dumps([main(), sorted(sys.modules)]))
"""
SCREEN = {"textual", "plotext", "textual_plotext"}
CURVE = {"coincurve", "cffi", "Crypto"}


def loaded(*arguments: str, home: Path) -> set[str]:
    """Return the modules a command has loaded at its end."""
    result = subprocess.run(
        [sys.executable, "-c", AND_TELL, *arguments],
        capture_output=True, text=True, timeout=60, env=env(home), check=True,
    )  # fmt: skip
    status, modules = json.loads(result.stderr)
    assert status == 0
    assert "polydesk.cli.main" in modules
    return set(modules)


def test_a_replay_without_a_screen_never_loads_one(tmp_path: Path) -> None:
    tape = str(cut(tmp_path / "cut.tape", frames=300))

    modules = loaded("replay", tape, "--headless", "--json", home=tmp_path)

    assert not modules & (SCREEN | CURVE | {"polydesk.ui.app", "httpx", "websockets", "pydantic"})
    assert "polydesk.engine.engine" in modules


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("paper", "--help"), ("selftest", "vectors", "--help")],
)
def test_help_loads_nothing_heavy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    modules = loaded(*arguments, home=tmp_path)

    heavy = SCREEN | {"pydantic", "httpx", "websockets", "sqlite_utils", "starlette", "msgspec"}
    assert not modules & (heavy | CURVE)
    assert not [name for name in modules if name.startswith("polydesk.runtime")]


def test_help_is_plain_and_names_every_command(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", "from polydesk.cli.main import run; run()", "--help"],
        capture_output=True, text=True, timeout=60, env=env(tmp_path), check=True,
    )  # fmt: skip

    assert "\x1b" not in result.stdout
    commands = "demo replay paper record import audit sandbox bench selftest"
    for command in commands.split():
        assert f" {command} " in result.stdout
    assert " docs " not in result.stdout
