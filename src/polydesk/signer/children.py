"""Starting the signer's processes from the desk, with nothing of the desk but what is named."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

ENVIRONMENT: Final = (
    "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TERM", "TZ", "USER", "LOGNAME", "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""All that a process beside the desk may know of its environment."""
PROXIES: Final = (
    "HTTPS_PROXY", "https_proxy", "WSS_PROXY", "wss_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY",
    "no_proxy",
)  # fmt: skip
"""What a process with a network needs besides."""
_END_S: Final = 2.0


def spawn(
    module: str,
    arguments: Sequence[str],
    *,
    hand_on: Sequence[int] = (),
    also_known: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """Start a module as a process of its own, with pipes for its standard input and output.

    Call it on the main thread: on Linux the process is told to die with the thread that made it.

    Args:
        module: Its name.
        arguments: Nothing secret, for every program of the machine can read them.
        hand_on: Handles that it inherits.
        also_known: Variables of the environment that it needs besides the common ones.
    """
    # Isolated: no variable and no folder of the user says which code runs beside the key.
    return subprocess.Popen(
        [sys.executable, "-I", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=allowed_environment(os.environ, also_known),
        pass_fds=tuple(hand_on),
    )


def allowed_environment(
    environment: Mapping[str, str], also_known: Sequence[str] = ()
) -> dict[str, str]:
    """Return the variables that are handed on."""
    names = (*ENVIRONMENT, *also_known)
    return {name: environment[name] for name in names if name in environment}


def reap(process: subprocess.Popen[bytes]) -> int:
    """End a process, wait for it, and return its status; blocks for two seconds at most."""
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        status = process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return status


def how_it_ended(status: int) -> str:
    """Say for a person how a process ended."""
    return f"killed by signal {-status}" if status < 0 else f"status {status}"
