"""The TypeScript clients of the acceptance tests are pinned by hash and by nothing else."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "e2e" / "sdk_node"


def test_every_package_is_pinned_by_hash_and_no_address_is_named() -> None:
    text = (FOLDER / "package-lock.json").read_text()
    root, *packages = json.loads(text)["packages"].items()
    assert root[0] == ""
    assert len(packages) > 50
    assert [name for name, row in packages if not row["integrity"].startswith("sha512-")] == []
    assert "://" not in text


def test_the_clients_are_pinned_exactly() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}
