"""Where a sandbox is, as its ready line and the documentation tell it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from polydesk.config.load import load_settings
from polydesk.config.models import HostSettings
from polydesk.sandbox.urls import SandboxUrls

ROOT = Path(__file__).parents[3]
URLS = SandboxUrls.at("127.0.0.1", 8765)


def test_the_ready_line_gives_the_hosts_as_the_settings_take_them(tmp_path: Path) -> None:
    told = json.loads(URLS.ready())
    path = tmp_path / "config.toml"
    lines = [f'{name} = "{url}"' for name, url in told["hosts"].items()]
    path.write_text("\n".join(["[hosts]", *lines]), encoding="utf-8")

    assert told["ready"] is True
    assert load_settings(path).hosts.model_dump() == told["hosts"]
    assert told["hosts"].keys() == HostSettings.model_fields.keys()


@pytest.mark.parametrize("page", ["docs/setup.md", "docs/sandbox.md"])
def test_the_pages_show_every_host(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)

    shown = [tomllib.loads(block) for block in blocks if block.startswith("[hosts]")]

    assert shown == [{"hosts": URLS.hosts()}]
