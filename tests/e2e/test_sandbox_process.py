"""Starting and ending the sandbox's process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import httpx
import pytest
from tests.e2e import sandbox_client as client
from tests.unit.sandbox import small

from polydesk.errors import ConfigError
from polydesk.sandbox.process import SandboxProcess

pytestmark = pytest.mark.e2e


@pytest.fixture
def tape(tmp_path: Path) -> str:
    return str(small.write(tmp_path / "small.tape"))


async def run(*arguments: str) -> tuple[int | None, str]:
    """Run the command to its end; return its exit status and its complaint."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polydesk.sandbox", *arguments, stdout=PIPE, stderr=PIPE
    )
    _, complaint = await asyncio.wait_for(process.communicate(), client.WAIT_S)
    return process.returncode, complaint.decode()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_port_in_use_is_one_sentence_and_exit_code_two(tape: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, complaint = await run(tape, "--port", str(port))
        with pytest.raises(ConfigError, match=f"Port {port} on 127.0.0.1 is in use"):
            await SandboxProcess.start(tape, port=port)
    assert status == 2
    assert complaint.count("\n") == 1
    assert f"Port {port} on 127.0.0.1 is in use" in complaint


async def test_other_hosts_than_loopback_are_refused(tape: str) -> None:
    status, complaint = await run(tape, "--host", "0.0.0.0")
    assert status == 2
    assert "loopback only" in complaint


async def test_a_missing_recording_is_one_sentence(tmp_path: Path) -> None:
    status, complaint = await run(str(tmp_path / "none.tape"))
    assert status == 2
    assert complaint.count("\n") == 1


async def test_stop_ends_the_child_in_order_and_leaves_no_zombie(tape: str) -> None:
    sandbox = await SandboxProcess.start(tape)
    assert is_alive(sandbox.pid)
    await sandbox.stop()
    assert sandbox.returncode == 0
    assert not is_alive(sandbox.pid)
    await sandbox.stop()


async def test_stop_ends_the_child_while_it_plays_to_a_client(tape: str) -> None:
    sandbox = await SandboxProcess.start(tape, speed=0.01)
    async with (
        client.market_socket(sandbox.urls, small.TOKENS),
        client.activity_socket(sandbox.urls, ("activity", "*")),
    ):
        await client.until(sandbox.urls, lambda found: found["phase"] == "playing")
        await sandbox.stop()
    assert sandbox.returncode == 0


async def test_a_child_that_does_not_react_is_killed(tape: str) -> None:
    sandbox = await SandboxProcess.start(tape)
    os.kill(sandbox.pid, signal.SIGSTOP)
    await sandbox.stop()
    assert sandbox.returncode == -signal.SIGKILL


async def test_the_child_ends_when_its_parent_dies(tape: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from polydesk.sandbox.process import SandboxProcess\n"
        "async def main():\n"
        "    child = await SandboxProcess.start(sys.argv[1])\n"
        "    print(child.pid, child.urls.control, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, tape, stdout=PIPE)
    assert parent.stdout is not None
    line = await asyncio.wait_for(parent.stdout.readline(), client.WAIT_S)
    control = line.split()[1].decode()
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(client.WAIT_S), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                await http.get(f"{control}/state")
            except httpx.TransportError:
                break
            await asyncio.sleep(0.02)


async def test_control_starts_stops_and_tells(tape: str) -> None:
    async with (
        await SandboxProcess.start(tape, speed=1.0) as sandbox,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        before = await client.state(sandbox.urls)
        assert before["phase"] == "waiting"
        assert before["recording_time_ns"] == small.START_MS * 1_000_000
        await http.post(f"{sandbox.urls.control}/start")
        playing = await client.until(sandbox.urls, lambda found: found["frames_consumed"] > 3)
        assert playing["phase"] == "playing"
        await http.post(f"{sandbox.urls.control}/stop")
        stopped = await client.until(sandbox.urls, lambda found: found["phase"] == "stopped")
        assert stopped["frames_consumed"] < len(small.frames())
        book = await http.get(f"{sandbox.urls.clob}/book?token_id={small.RAIN_YES}")
        assert book.status_code == 200


async def test_the_ready_line_names_every_address(tape: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polydesk.sandbox", tape, "--attached", stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    line = json.loads(await asyncio.wait_for(process.stdout.readline(), client.WAIT_S))
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), client.WAIT_S) == 0
    assert line["ready"] is True
    assert set(line["urls"]) == {
            "gamma", "clob", "data", "market_ws", "user_ws", "rtds_ws", "site", "relayer", "control",
        }  # fmt: skip
