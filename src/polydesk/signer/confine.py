"""What the signer takes away from itself, step by step, before it may hold a key in use.

Source: prctl(2), mlockall(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
from collections.abc import Iterable
from typing import Any, Final

from polydesk.errors import SignerRefused
from polydesk.keys.secret import forbid_core_dumps
from polydesk.signer.seccomp import install

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_MCL_CURRENT: Final = 1
_AF_INET, _SOCK_STREAM = 2, 1
_IS_LINUX: Final = sys.platform == "linux"

FOREIGN: Final = frozenset(
    {
        "socket", "ssl", "_ssl", "asyncio", "http", "websockets", "httpx", "httpcore",
        "h2", "urllib3", "requests", "aiohttp", "starlette", "uvicorn", "textual", "rich",
        "pydantic", "cyclopts", "sqlite3", "keyring", "secretstorage", "jeepney",
    }
)  # fmt: skip
"""Modules that must not be loaded beside a key: networks, screens, stores."""
THIRD_PARTY: Final = frozenset(
    {
        "polydesk", "msgspec", "coincurve", "Crypto", "cffi", "_cffi_backend", "_libsecp256k1", "pycparser",
        "typing_extensions",
    }
)  # fmt: skip
"""The only packages that are not of the standard library."""
_START_UP: Final = (
    "__main__", "__mp_main__", "__editable__", "_virtualenv", "_sysconfigdata", "_distutils_hack",
    "sitecustomize",
)  # fmt: skip
_REFUSED_EVENTS: Final = (
    "socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork",
    "open", "os.open", "os.remove", "os.rename", "os.mkdir", "os.link", "os.symlink", "os.kill",
    "pty.", "ctypes.dlopen", "http.", "urllib.", "ftplib.", "smtplib.", "sqlite3.", "shutil.",
)  # fmt: skip


def harden() -> list[str]:
    """Forbid images of this process and new rights, and die with the parent.

    Returns:
        What the system enforces.
    """
    forbid_core_dumps()
    if not _IS_LINUX:
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    is_hidden = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return ["no-dumps"] if is_hidden else []


def lock_down(keep: Iterable[int]) -> list[str]:
    """Close every other file and take away files, sockets and programs for good.

    Args:
        keep: Handles that stay open.

    Returns:
        What the system enforces.

    Raises:
        SignerRefused: A foreign module is loaded, or a filter was taken and does not hold.
    """
    check_modules(sys.modules)
    _close_others(keep)
    enforced = []
    libc = ctypes.CDLL(None, use_errno=True)
    if _IS_LINUX:
        # Best effort: without the right to lock memory this changes nothing.
        enforced += ["locked-memory"] if libc.mlockall(_MCL_CURRENT) == 0 else []
        if install(libc):
            _prove_no_sockets(libc)
            enforced.append("seccomp")
    sys.addaudithook(_refuse)
    return [*enforced, "audit"]


def check_modules(loaded: Iterable[str]) -> None:
    """Refuse to hold a key beside modules that have no business here.

    Raises:
        SignerRefused: With their names.
    """
    roots = {name.partition(".")[0] for name in loaded}
    known = sys.stdlib_module_names | THIRD_PARTY
    foreign = sorted(roots & FOREIGN | {root for root in roots - known if not _is_own(root)})
    if foreign:
        raise SignerRefused(f"modules that must not be loaded here: {', '.join(foreign)}")


def _is_own(root: str) -> bool:
    """Tell whether a module belongs to the start-up of Python or of its environment."""
    return root.startswith(_START_UP)


def _close_others(keep: Iterable[int]) -> None:
    start = 3
    for handle in sorted(keep):
        os.closerange(start, max(start, handle))
        start = max(start, handle + 1)
    os.closerange(start, max(start, os.sysconf("SC_OPEN_MAX")))


def _prove_no_sockets(libc: ctypes.CDLL) -> None:
    handle = libc.socket(_AF_INET, _SOCK_STREAM, 0)
    if handle != -1 or ctypes.get_errno() != errno.EPERM:
        raise SignerRefused("the filter of system calls does not hold")


def _refuse(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith(_REFUSED_EVENTS):
        raise PermissionError(f"the signer does not do this: {event}")
