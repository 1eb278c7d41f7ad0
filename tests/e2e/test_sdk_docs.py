"""The Python example in the sandbox's page runs as it stands there."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from tests.e2e import sdk_docs

from polydesk.sandbox.process import SandboxProcess

pytestmark = pytest.mark.e2e
LONGEST_S = 60


async def test_the_python_example_of_the_page_runs() -> None:
    async with await SandboxProcess.start("demo") as process:
        (program,) = sdk_docs.examples("python", sdk_docs.address_of(process.urls))
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", program],
            capture_output=True, text=True, timeout=LONGEST_S, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["live", "0.1", "True"]
