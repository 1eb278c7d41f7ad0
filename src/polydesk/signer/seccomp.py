"""A filter of system calls: what is not listed fails with "not permitted" for good.

After unlocking, the signer needs memory, the time and its open pipes. It cannot open a file,
make a socket, start a program, look into another process or make memory executable.

Source: seccomp(2), and the kernel's tables of system calls for x86_64 and aarch64.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from typing import Final, NamedTuple

_LOAD_WORD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_SET: Final = 0x45
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_NOT_PERMITTED: Final = 0x00050001
"""The call fails with EPERM."""
_KILL: Final = 0x80000000
_AT_NUMBER: Final = 0
_AT_MACHINE: Final = 4
_AT_THIRD_ARGUMENT: Final = 32
_EXECUTABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2


class Calls(NamedTuple):
    """System calls of one kind of machine, by number."""

    machine: int
    """The kernel's mark of the machine."""
    free: tuple[int, ...]
    """Allowed whatever the arguments."""
    memory: tuple[int, ...]
    """Allowed unless they make memory executable (third argument)."""


CALLS: Final = {
    # read write close fstat poll lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn ioctl
    # writev sched_yield mremap madvise nanosleep getpid exit gettimeofday getppid sigaltstack
    # gettid futex restart_syscall clock_gettime clock_nanosleep exit_group getrandom membarrier
    # rseq; mmap mprotect
    "x86_64": Calls(
        0xC000003E,
        (0, 1, 3, 5, 7, 8, 11, 12, 13, 14, 15, 16, 20, 24, 25, 28, 35, 39, 60, 96, 110, 131, 186,
         202, 219, 228, 230, 231, 318, 324, 334),
        (9, 10),
    ),
    "aarch64": Calls(
        0xC00000B7,
        (63, 64, 57, 80, 73, 62, 215, 214, 134, 135, 139, 29, 66, 124, 216, 233, 101, 172, 93, 169,
         173, 132, 178, 98, 128, 113, 115, 94, 278, 283, 293),
        (222, 226),
    ),
}  # fmt: skip


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("if_true", ctypes.c_ubyte),
        ("if_false", ctypes.c_ubyte),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.POINTER(_Step)))


def build_filter(calls: Calls) -> list[tuple[int, int, int, int]]:
    """Return the filter's steps: code, jump if true, jump if false, value."""
    tests = [*calls.memory, *calls.free]
    # After the tests come: refuse, look at the argument, decide, refuse, allow.
    refuse = len(tests)
    argument, allow = refuse + 1, refuse + 4
    steps = [
        (_LOAD_WORD, 0, 0, _AT_MACHINE),
        (_JUMP_IF_EQUAL, 1, 0, calls.machine),
        (_RETURN, 0, 0, _KILL),
        (_LOAD_WORD, 0, 0, _AT_NUMBER),
    ]
    for place, number in enumerate(tests):
        target = argument if number in calls.memory else allow
        steps.append((_JUMP_IF_EQUAL, target - place - 1, 0, number))
    steps += [
        (_RETURN, 0, 0, _NOT_PERMITTED),
        (_LOAD_WORD, 0, 0, _AT_THIRD_ARGUMENT),
        (_JUMP_IF_SET, 0, 1, _EXECUTABLE),
        (_RETURN, 0, 0, _NOT_PERMITTED),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return steps


def install(libc: ctypes.CDLL) -> bool:
    """Put the filter on this process for good; return whether the system has taken it.

    Needs ``PR_SET_NO_NEW_PRIVS``.
    """
    calls = CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        return False
    steps = build_filter(calls)
    array = (_Step * len(steps))(*(_Step(*step) for step in steps))
    program = _Program(len(steps), array)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
