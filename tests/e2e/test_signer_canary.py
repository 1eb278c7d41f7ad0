"""The key, the passphrase and the API secret are nowhere but in the signer's processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.unit.signer.canary import (
    all_traces,
    found,
    found_in_files,
    found_in_memory,
    key_traces,
    secret_traces,
    seen_by_others,
)
from tests.unit.signer.canary_desk import ORDERS
from tests.unit.signer.desk import API_SECRET, KEY, PASSPHRASE, typed, until, vault_in
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
LISTED = {"environ": "POLYDESK_CANARY", "value": "known-to-the-desk-only"}


@dataclass
class Wire:
    """What arrived over loopback."""

    rest: bytes = b""
    socket: list[str] = field(default_factory=list)

    async def serve_rest(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.rest += await reader.read()
        writer.write(b'HTTP/1.1 200 OK\r\n\r\n{"success":true}')
        await writer.drain()
        writer.close()

    async def serve_socket(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in connection:
                self.socket.append(str(text))
                await connection.send("PONG" if text == "PING" else '{"event_type":"order"}')


@dataclass
class Running:
    """A desk with its two processes."""

    desk: Process
    signer: int
    line: int
    home: Path
    wire: Wire

    @property
    def pids(self) -> tuple[int, int, int]:
        return self.desk.pid, self.signer, self.line

    async def plant(self, what: bytes) -> None:
        assert self.desk.stdin is not None
        assert self.desk.stdout is not None
        self.desk.stdin.write(what.hex().encode() + b"\n")
        assert await self.desk.stdout.readline() == b"planted\n"


@asynccontextmanager
async def trading_desk(home: Path) -> AsyncIterator[Running]:
    vault_in(home / "keys")
    wire = Wire()
    async with (
        await asyncio.start_server(wire.serve_rest, "127.0.0.1", 0) as rest,
        serve(wire.serve_socket, "127.0.0.1", 0) as socket,
    ):
        rest_port = rest.sockets[0].getsockname()[1]
        socket_port = next(iter(socket.sockets)).getsockname()[1]
        with typed() as handle:
            desk = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.unit.signer.canary_desk", str(home), str(handle),
                f"127.0.0.1:{rest_port}", f"ws://127.0.0.1:{socket_port}/ws/user",
                stdin=PIPE, stdout=PIPE, cwd=ROOT, pass_fds=(handle,), start_new_session=True,
                env={**os.environ, LISTED["environ"]: LISTED["value"], "HOME": str(home)},
            )  # fmt: skip
        assert desk.stdout is not None
        try:
            told = json.loads(await asyncio.wait_for(desk.stdout.readline(), 30))
            yield Running(desk, told["signer"], told["line"], home, wire)
        finally:
            if desk.returncode is None:
                desk.kill()
            await desk.wait()


async def test_no_secret_is_anywhere_but_with_the_signer(tmp_path: Path) -> None:
    traces = all_traces()
    async with trading_desk(tmp_path) as running:
        assert found_in_memory(running.desk.pid, traces) == set()
        for pid in running.pids:
            assert found(seen_by_others(pid), traces) == set()
        assert found_in_files(tmp_path, traces) == {}
        assert found(running.wire.rest, traces) == set()
        assert running.wire.rest.count(b"POST /order") == ORDERS
        assert API_SECRET in running.wire.socket[0]
        assert found("".join(running.wire.socket).encode(), key_traces()) == set()
        check_the_signers_own_memory(running)

        # A leak would have been found: the same search finds what is planted in the desk.
        assert running.desk.stdin is not None
        for name, trace in traces.items():
            await running.plant(trace)
            assert name in found_in_memory(running.desk.pid, {name: trace})


def check_the_signers_own_memory(running: Running) -> None:
    """Look where the secrets are; only root may, for both processes are closed to others."""
    if os.geteuid() != 0:
        for pid in (running.signer, running.line):
            with pytest.raises(PermissionError):
                found_in_memory(pid, {})
        return
    assert "raw" in found_in_memory(running.signer, key_traces())
    assert "API secret" in found_in_memory(running.signer, secret_traces())
    assert found_in_memory(running.signer, {"passphrase": PASSPHRASE.encode()}) == set()
    assert "API secret" in found_in_memory(running.line, secret_traces())
    assert found_in_memory(running.line, {**key_traces(), "words": PASSPHRASE.encode()}) == set()


async def test_the_signers_processes_know_little_of_the_environment(tmp_path: Path) -> None:
    async with trading_desk(tmp_path) as running:
        assert LISTED["value"].encode() in seen_by_others(running.desk.pid)
        for pid in (running.signer, running.line):
            assert LISTED["value"].encode() not in seen_by_others(pid)
            assert "NoNewPrivs:\t1" in of_process(pid, "status")
            (cores,) = (row for row in of_process(pid, "limits").splitlines() if "core" in row)
            assert cores.split()[4:6] == ["0", "0"]
        assert "Seccomp:\t2" in of_process(running.signer, "status")
        assert os.getsid(running.signer) == running.signer


async def test_a_killed_desk_takes_its_processes_along(tmp_path: Path) -> None:
    async with trading_desk(tmp_path) as running:
        os.kill(running.desk.pid, signal.SIGKILL)
        await until(lambda: not any(map(is_alive, (running.signer, running.line))), within_s=2)


async def test_an_aborted_signer_leaves_no_image_of_its_memory(tmp_path: Path) -> None:
    async with trading_desk(tmp_path) as running:
        os.kill(running.signer, signal.SIGABRT)
        await until(lambda: not is_alive(running.signer), within_s=5)
        assert found_in_memory(running.desk.pid, key_traces(KEY)) == set()
        assert found_in_files(tmp_path, all_traces()) == {}
        assert not list(ROOT.glob("core*"))


def of_process(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


def is_alive(pid: int) -> bool:
    try:
        state = of_process(pid, "stat").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
