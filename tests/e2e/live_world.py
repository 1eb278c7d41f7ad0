"""A person who sets up an account on a sandbox and trades live there, by the command line only."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.e2e.cli import ENTER, env

from polydesk.domain.units import format_micros
from polydesk.replay.resolve import open_tape
from polydesk.runtime.control import require_session
from polydesk.sandbox.process import SandboxProcess
from polydesk.sandbox.urls import SandboxUrls
from polydesk.store.restore import RestoredSession, load_session
from polydesk.venues.polymarket.signing.keys import PrivateKey

KEY = hashlib.sha256(b"a key that guards play money").hexdigest()
PASSPHRASE = "correct horse battery"
ADDRESS = PrivateKey(bytes.fromhex(KEY)).address
WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a home of their own."""

    home: Path
    urls: SandboxUrls

    def run(self, *arguments: str, typed: str = "", **environment: str) -> str:
        """Run a command that must succeed; return what it printed."""
        done = self.try_to(*arguments, typed=typed, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def try_to(
        self, *arguments: str, typed: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without a terminal."""
        return subprocess.run(
            [sys.executable, "-c", ENTER, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            env=env(self.home, **environment),
            check=False,
            start_new_session=True,
        )

    def move_in(self, prepared: Path) -> None:
        """Take over a home that was set up on an exchange of the same seed."""
        shutil.copytree(prepared, self.home, dirs_exist_ok=True)
        self.settings_file.write_text(settings_text(self.urls), encoding="utf-8")

    def set_up(self) -> None:
        """Write settings that watch and follow as the demo does, keep a key, check the account."""
        self.settings_file.write_text(settings_text(self.urls), encoding="utf-8")
        self.run("keys", "add", "main", "--store", "file", "--stdin",
                 typed=f"0x{KEY}\n{PASSPHRASE}\n")  # fmt: skip
        self.run("setup", "--key", "main", "--wallet", ADDRESS, "--stdin", typed=f"{PASSPHRASE}\n")

    @property
    def settings_file(self) -> Path:
        """Where the settings are."""
        folder = self.home / "config"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "config.toml"

    def begin_live(
        self, *options: str, arming: str = f"LIVE {ADDRESS[-4:]}"
    ) -> subprocess.Popen[str]:
        """Start a live desk without a screen; the signer reads the passphrase from a pipe."""
        read_fd, write_fd = os.pipe()
        os.write(write_fd, f"{PASSPHRASE}\n".encode())
        os.close(write_fd)
        command = [
            sys.executable, "-c", ENTER, "live", "--headless", "--json", "--stdin",
            "--passphrase-fd", str(read_fd), *options,
        ]  # fmt: skip
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=env(self.home), pass_fds=(read_fd,),
        )  # fmt: skip
        os.close(read_fd)
        assert process.stdin is not None
        process.stdin.write(arming + "\n")
        process.stdin.flush()
        return process

    def live(self, *options: str) -> dict[str, Any]:
        """Trade live for a while; return the summary."""
        process = self.begin_live(*options)
        out, complaints = process.communicate(timeout=WITHIN_S)
        assert process.returncode == 0, complaints
        summary: dict[str, Any] = json.loads(out)
        return summary

    def journal(self) -> RestoredSession:
        """Return what the live desk has recorded."""
        files = list(self.home.rglob("live/*/journal.db"))
        assert len(files) == 1, files
        return load_session(files[0])


@asynccontextmanager
async def sandbox(
    *extra: str, recording: str = "demo", **options: Any
) -> AsyncIterator[SandboxUrls]:
    """Run a sandbox exchange for a block."""
    settings = ("--settle-ms", "50", *extra)
    async with await SandboxProcess.start(recording, extra=settings, **options) as running:
        yield running.urls


async def prepare(home: Path) -> None:
    """Set up an account once: unlocking a key is made slow on purpose."""
    async with sandbox() as urls:
        await beside(Person(home, urls).set_up)


def settings_text(urls: SandboxUrls) -> str:
    """Return settings that point at a sandbox and follow whom the demo follows."""
    with open_tape("demo") as tape:
        session = require_session(next(iter(tape)))
    assert session is not None
    lines = [f"watch = {json.dumps(list(session.watch))}", "[hosts]"]
    lines += [f"{name} = {json.dumps(url)}" for name, url in urls.hosts().items()]
    for leader in session.leaders:
        lines += ["[[leaders]]", f'wallet = "{leader.wallet}"', f'name = "{leader.name}"']
        lines += [f'mode = "{leader.rule.mode.value}"', 'max_slippage = "0.05"']
        lines += [f'cash = "{format_micros(leader.rule.cash)}"']
    return "\n".join(lines) + "\n"


async def control(urls: SandboxUrls, path: str) -> Any:
    """Read the sandbox's control port."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{urls.control}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def beside(work: Any, *arguments: Any) -> Any:
    """Do blocking work beside the loop."""
    return await asyncio.to_thread(work, *arguments)
