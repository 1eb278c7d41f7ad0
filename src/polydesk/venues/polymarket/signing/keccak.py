"""Keccak-256, the hash of the chain (not the later SHA-3).

The library wraps each hash in objects that cost four times as much as hashing does, so its
functions are called without them where it still has them in that form.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from Crypto.Hash.keccak import Keccak_Hash

DIGEST_BYTES: Final = 32
_CAPACITY_BYTES: Final = 64
_ROUNDS: Final = 24
_PADDING: Final = 1
"""Of the original Keccak; SHA-3 has 6."""
_PROOF: Final = bytes(range(200))
"""More than one block of 136 bytes."""
Hash = Callable[[bytes], bytes]


def _wrapped(data: bytes) -> bytes:
    return Keccak_Hash(data, DIGEST_BYTES, False).digest()


def _direct() -> Hash:
    """Return the hash by the library's functions; AttributeError or TypeError without them."""
    library: Any = import_module("Crypto.Hash.keccak")._raw_keccak_lib
    interface: Any = import_module("Crypto.Util._raw_api")
    new, buffer = interface.ffi.new, interface.ffi.buffer
    reset, absorb, digest = library.keccak_reset, library.keccak_absorb, library.keccak_digest

    class Scratch(threading.local):
        """One thread's state: the functions let other threads run meanwhile."""

        def __init__(self) -> None:
            pointer = interface.VoidPointer()
            failed = library.keccak_init(pointer.address_of(), _CAPACITY_BYTES, _ROUNDS)
            self.owner = interface.SmartPointer(pointer.get(), library.keccak_destroy)
            self.state = self.owner.get()
            self.out = new("uint8_t[]", DIGEST_BYTES)
            self.view = buffer(self.out)
            if failed:
                raise MemoryError

    scratch = Scratch()

    def hash_of(data: bytes) -> bytes:
        """Return the 32-byte Keccak-256 hash of ``data``."""
        state = scratch.state
        failed = reset(state) or absorb(state, data, len(data))
        if failed or digest(state, scratch.out, DIGEST_BYTES, _PADDING):
            raise MemoryError("keccak")
        made: bytes = scratch.view[:]
        return made

    return hash_of


def _fastest() -> Hash:
    """Return the direct way when the library has it and both ways agree."""
    with suppress(AttributeError, TypeError):
        direct = _direct()
        if direct(b"") == _wrapped(b"") and direct(_PROOF) == _wrapped(_PROOF):
            return direct
    return _wrapped


keccak256: Final = _fastest()
"""Return the 32-byte Keccak-256 hash of ``data``."""
