"""These tests are collected where a Secret Service is installed; `.ci/run` installs one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.secret_service.desktop import Desktop, desktop_at

PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")
collect_ignore_glob = [] if all(map(shutil.which, PROGRAMS)) else ["test_*.py"]


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    """A session of its own, without a keyring until one is started."""
    with desktop_at(tmp_path) as session:
        yield session
