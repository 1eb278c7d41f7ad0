"""System calls that never block, and never give the interpreter to another thread.

``os.read`` and ``os.write`` let other threads run meanwhile. Where nothing can block that is for
nothing, and it costs: the thread that takes the interpreter keeps it for a whole turn, which is
longer than signing an order takes.

Source: ctypes.PyDLL of the standard library's documentation; read(2), write(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

_NOT_NOW: Final = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR})
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.read.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
_libc.read.restype = ctypes.c_ssize_t
_libc.write.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
_libc.write.restype = ctypes.c_ssize_t


class Room:
    """Where what is read is put, again and again."""

    def __init__(self, size: int) -> None:
        """Take how many bytes are read at most."""
        self._size = size
        self._buffer = ctypes.create_string_buffer(size)

    def read_now(self, handle: int) -> bytes | None:
        """Return what a non-blocking handle has, nothing at its end, None when it has nothing yet.

        Raises:
            OSError: It cannot be read.
        """
        count = _libc.read(handle, self._buffer, self._size)
        if count >= 0:
            return ctypes.string_at(self._buffer, count)
        _raise_unless_not_now()
        return None


def write_now(handle: int, data: bytes) -> int:
    """Write what a non-blocking handle takes and return how many bytes that were.

    Raises:
        OSError: It cannot be written to; BrokenPipeError when nobody reads any more.
    """
    count = int(_libc.write(handle, data, len(data)))
    if count >= 0:
        return count
    _raise_unless_not_now()
    return 0


def _raise_unless_not_now() -> None:
    number = ctypes.get_errno()
    if number not in _NOT_NOW:
        raise OSError(number, os.strerror(number))
