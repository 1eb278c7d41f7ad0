"""A user who sets up an account, and the venues this is tried against."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.unit.keys.fakes import KEY_HEX, OTHER_HEX, PASSPHRASE, QUICK, leaks, secret

from polydesk.cli.main import main
from polydesk.config.profile import Profile, load_profile
from polydesk.keys.keyring_store import open_keyring
from polydesk.keys.vault import Vault
from polydesk.runtime.demo import sandbox_hosts
from polydesk.sandbox.urls import SandboxUrls
from polydesk.venues.polymarket.signing.contracts import EXCHANGE, EXCHANGE_V3, NEG_RISK_EXCHANGE
from polydesk.venues.polymarket.urls import Hosts

API_SECRET = "c2V0dXAgdGVzdCBzZWNyZXQgc2V0dXAgdGVzdA=="
API_WORDS = "5e7095e7095e7095e709" * 3
LIMIT = str(2**256 - 1)


def as_toml(hosts: Hosts) -> str:
    """Write the section ``[hosts]`` of the settings."""
    return "\n".join(f'{name} = "{url}"' for name, url in asdict(hosts).items())


class User:
    """Somebody whose settings point at a venue; keys cost little to open."""

    def __init__(
        self, home: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        patch.setenv("POLYDESK_HOME", str(home))
        patch.setattr("polydesk.cli.keys.forbid_core_dumps", lambda: None)
        patch.setattr(Vault.__init__, "__defaults__", (QUICK,))
        self.home = home
        self._patch = patch
        self._capture = capture

    def trades_at(self, hosts: Hosts) -> None:
        """Write the settings."""
        folder = self.home / "config"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(f"[hosts]\n{as_toml(hosts)}\n")

    def run(self, *arguments: str, given: Sequence[str] = ()) -> tuple[int, str, str]:
        """Run a command with answers on standard input; nothing secret may be said."""
        answers = self.home.with_name("answers")
        answers.write_text("".join(f"{line}\n" for line in given))
        with answers.open() as file, self._patch.context() as patch:
            patch.setattr(sys, "stdin", file)
            status = main(arguments)
        answers.unlink()
        said = self._capture.readouterr()
        for key in (KEY_HEX, OTHER_HEX):
            assert leaks((said.out + said.err).encode(), key) == []
        return status, said.out, said.err

    def adds(self, name: str = "main", key: str = KEY_HEX) -> None:
        """Keep a key in a file."""
        given = (key, PASSPHRASE)
        assert self.run("keys", "add", name, "--store", "file", "--stdin", given=given)[0] == 0

    def sets_up(self, *arguments: str, given: Sequence[str] = (PASSPHRASE,)) -> dict[str, Any]:
        """Return the report of a setup that works."""
        status, out, err = self.run("setup", "--stdin", "--json", *arguments, given=given)
        assert status == 0, err
        report: dict[str, Any] = json.loads(out)
        assert err == ""
        return report

    def fails(self, *arguments: str, given: Sequence[str] = (PASSPHRASE,)) -> str:
        """Return the one sentence of a setup that fails; no file may have changed."""
        before = self.files()
        status, out, err = self.run("setup", "--stdin", *arguments, given=given)
        assert (status, out) == (1, ""), (status, out, err)
        assert err.startswith("polydesk: "), err
        assert err.count("\n") == 1, err
        assert self.files() == before
        return err.removeprefix("polydesk: ").rstrip()

    def files(self) -> dict[str, bytes]:
        """Return all files but locks."""
        found = (path for path in self.home.rglob("*") if path.is_file() and path.name != "lock")
        return {str(path.relative_to(self.home)): path.read_bytes() for path in found}

    @property
    def profile(self) -> Profile:
        return load_profile(self.home / "config" / "profile.toml")

    @property
    def keys(self) -> Path:
        return self.home / "data" / "keys"

    def login(self, name: str = "main") -> tuple[str, bytes, bytes] | None:
        """Return the kept API credentials: id, secret and passphrase."""
        found = Vault(self.keys, open_keyring).read_credentials(name, secret())
        if found is None:
            return None
        with found:
            return found.api_key, bytes(found.secret.view), bytes(found.passphrase.view)


class Sandbox:
    """A sandbox exchange in a process of its own."""

    def __init__(self, urls: SandboxUrls) -> None:
        self.urls = urls
        self.hosts = sandbox_hosts(urls)

    def control(self, what: str, **command: Any) -> None:
        request = urllib.request.Request(
            f"{self.urls.control}/{what}", json.dumps(command).encode(), method="POST"
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            assert answer.status == 200


@contextlib.contextmanager
def sandbox(*options: str) -> Iterator[Sandbox]:
    """Start a sandbox exchange that waits for subscribers."""
    command = [sys.executable, "-m", "polydesk.sandbox", "demo", "--attached", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Sandbox(SandboxUrls(**json.loads(process.stdout.readline())["urls"]))
        finally:
            process.stdin.close()


class ScriptedVenue:
    """Answers each path as it was told, to exercise what a well-behaved venue never says."""

    ANSWERS: ClassVar[Mapping[str, tuple[int, Any]]] = {
        "/geoblock": (200, {"blocked": False, "ip": "::1", "country": "IE", "region": "L"}),
        "/deployed": (200, {"deployed": False}),
        "/auth/derive-api-key": (
            200,
            {"apiKey": "f4f247b7-0001", "secret": API_SECRET, "passphrase": API_WORDS},
        ),
        "/auth/api-key": (400, {"error": "Could not create api key"}),
        "/auth/ban-status/closed-only": (200, {"closed_only": False}),
        "/balance-allowance/update": (200, ""),
        "/balance-allowance": (
            200,
            {
                "balance": "25000000",
                "allowances": dict.fromkeys((EXCHANGE, NEG_RISK_EXCHANGE, EXCHANGE_V3), LIMIT),
            },
        ),
    }

    def __init__(self, url: str) -> None:
        self.answers = dict(self.ANSWERS)
        self.ahead_s = 0
        """Its time less ours."""
        self.deployed: set[str] = set()
        """Wallets the relayer knows of."""
        self.asked: list[tuple[str, str]] = []
        self.hosts = Hosts(clob=url, relayer=url, geoblock=f"{url}/geoblock")

    def answer(self, method: str, target: str) -> tuple[int, bytes]:
        path, _, query = target.partition("?")
        self.asked.append((method, path))
        now = (200, int(time.time()) + self.ahead_s)
        default = now if path == "/time" else (404, {"error": "not found"})
        status, body = self.answers.get(path, default)
        if path == "/deployed" and body == {"deployed": False}:
            body = {"deployed": any(wallet in query for wallet in self.deployed)}
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()


@contextlib.contextmanager
def scripted() -> Iterator[ScriptedVenue]:
    """Serve a scripted venue on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = venue.answer(self.command, self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        venue = ScriptedVenue(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield venue
        finally:
            server.shutdown()
            thread.join()
