"""What a locked-down process cannot do any more, tried by one that wants to."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from polydesk.errors import SignerRefused
from polydesk.signer.confine import check_modules
from polydesk.signer.seccomp import CALLS, build_filter

HOSTILE = """
import _socket, ctypes, errno, json, os, subprocess
from polydesk.signer.confine import harden, lock_down
libc = ctypes.CDLL(None, use_errno=True)
enforced = harden()
spare = os.open("/dev/null", os.O_WRONLY)
enforced += lock_down(())
tried = {}

def attempt(name, action):
    try:
        action()
        tried[name] = "done"
    except (PermissionError, OSError) as error:
        tried[name] = "refused"

def call(name, *arguments):
    ctypes.set_errno(0)
    result = getattr(libc, name)(*arguments)
    tried["raw " + name] = errno.errorcode.get(ctypes.get_errno(), "done") if result == -1 else "done"

attempt("socket", lambda: _socket.socket(2, 1, 0))
attempt("read a file", lambda: open("/etc/hostname"))
attempt("write a file", lambda: open("stolen", "w"))
attempt("os.open", lambda: os.open("stolen", os.O_WRONLY | os.O_CREAT))
attempt("subprocess", lambda: subprocess.Popen(["/bin/true"]))
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("fork", os.fork)
attempt("kill", lambda: os.kill(os.getppid(), 0))
attempt("spare handle", lambda: os.write(spare, b"x"))
call("socket", 1, 1, 0)
call("socketpair", 1, 1, 0, 0)
call("connect", 5, 0, 0)
call("bind", 5, 0, 0)
call("open", b"/etc/hostname", 0)
call("fork")
call("execve", b"/bin/true", 0, 0)
call("ptrace", 0, 0, 0, 0)
call("kill", os.getppid(), 0)
call("prctl", 4, 1, 0, 0, 0)
call("memfd_create", b"x", 0)
call("pipe", (ctypes.c_int * 2)())
libc.mmap.restype = ctypes.c_ssize_t
call("mmap", 0, 4096, 7, 0x22, -1, 0)
plain = libc.mmap(0, 4096, 3, 0x22, -1, 0)
call("mprotect", ctypes.c_ssize_t(plain), 4096, 5)
print(json.dumps({
    "enforced": enforced, "tried": tried, "plain": plain > 0,
    "time": libc.time(0) > 0,
}))
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=30, check=False
    )


def test_nothing_leaves_a_locked_process() -> None:
    done = run(HOSTILE)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)

    assert {"seccomp", "audit", "no-dumps"} <= set(said["enforced"])
    raw = {name: result for name, result in said["tried"].items() if name.startswith("raw")}
    others = {name: result for name, result in said["tried"].items() if name not in raw}
    assert set(others.values()) == {"refused"}, others
    assert set(raw.values()) == {"EPERM"}, raw
    assert said["plain"]
    assert said["time"]


def test_the_same_attempts_succeed_without_the_lock() -> None:
    """So the refusals above are the lock's doing."""
    unlocked = HOSTILE.replace("enforced += lock_down(())", "")
    for dangerous in (
        'attempt("exec"',
        'attempt("fork"',
        'call("fork")',
        'call("execve"',
        'attempt("write',
        'attempt("os.open"',
        'attempt("subprocess"',
        'call("ptrace"',
    ):
        unlocked = unlocked.replace(dangerous, f"0 and {dangerous}")
    said = json.loads(run(unlocked).stdout)

    for name in (
        "socket",
        "read a file",
        "kill",
        "spare handle",
        "raw socket",
        "raw open",
        "raw memfd_create",
        "raw mmap",
        "raw mprotect",
    ):
        assert said["tried"][name] == "done", name


def test_foreign_modules_are_named() -> None:
    check_modules(["sys", "os.path", "msgspec", "coincurve.keys", "Crypto.Hash", "polydesk.signer"])
    for foreign in (
        "socket",
        "ssl",
        "asyncio.events",
        "websockets",
        "httpx",
        "textual",
        "numpy",
        "keyring",
    ):
        with pytest.raises(SignerRefused, match=foreign.partition(".")[0]):
            check_modules(["sys", foreign])


@pytest.mark.parametrize("machine", CALLS)
def test_the_filter_allows_what_is_listed_and_nothing_else(machine: str) -> None:
    calls = CALLS[machine]
    steps = build_filter(calls)
    allowed = {number for number in range(600) if verdict(steps, calls.machine, number, 3)}

    assert allowed == {*calls.free, *calls.memory}
    assert {n for n in range(600) if verdict(steps, calls.machine, n, 7)} == set(calls.free)
    assert not any(verdict(steps, calls.machine ^ 1, number, 3) for number in range(600))
    assert not any(verdict(steps, calls.machine, number | 1 << 30, 3) for number in range(600))


def verdict(steps: list[tuple[int, int, int, int]], machine: int, number: int, third: int) -> bool:
    """Run a filter as the kernel does; tell whether it allows the call."""
    loads = {0: number, 4: machine, 32: third}
    at, held = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == 0x20:
            held = loads[value]
        elif code == 0x06:
            return value == 0x7FFF0000
        else:
            holds = held == value if code == 0x15 else bool(held & value)
            at += if_true if holds else if_false
