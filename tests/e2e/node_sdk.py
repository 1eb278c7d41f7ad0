"""Where the venue's TypeScript clients are installed, and how scripts that use them are run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parent / "sdk_node"
VARIABLE = "POLYDESK_NODE_SDK"
"""Names a folder in which ``npm ci`` ran; without it the one beside this file counts."""
LONGEST_S = 60


def modules() -> Path | None:
    """Return the folder of installed packages, None when there is none."""
    found = Path(os.environ.get(VARIABLE, SCRIPTS)) / "node_modules"
    return found.resolve() if found.is_dir() else None


def workplace(folder: Path) -> Path:
    """Make a folder in which the scripts find the installed packages."""
    installed = modules()
    assert installed is not None, f"run npm ci in {SCRIPTS}"
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    (folder / "node_modules").symlink_to(installed, target_is_directory=True)
    return folder


def run(folder: Path, script: str, *arguments: str) -> str:
    """Run a script of a workplace and return what it prints."""
    done = subprocess.run(
        ["node", script, *arguments],
        cwd=folder, capture_output=True, text=True, timeout=LONGEST_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def report(folder: Path, script: str, venue: dict[str, Any]) -> dict[str, Any]:
    """Run one of the acceptance scripts and return its answer per step."""
    found: dict[str, Any] = json.loads(run(folder, script, json.dumps(venue)))
    return found
