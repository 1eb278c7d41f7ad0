"""Reading a sealed key out of the system's keyring without loading the keyring's libraries here.

They speak over sockets. So a forked child reads, before any passphrase is known, answers through
a pipe and is gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

from polydesk.errors import KeyStoreError, PolydeskError
from polydesk.keys.entries import KeyStore, StoreName
from polydesk.signer.framing import LARGEST_REQUEST

_FOUND, _NOTHING, _FAILED = b"=", b"-", b"!"


class ForkedStore:
    """A keyring that only reads."""

    def __init__(self, name: StoreName, open_store: Callable[[], KeyStore]) -> None:
        """Take what opens it in the child."""
        self.name = name
        self._open = open_store

    def read(self, slot: str) -> bytes | None:
        """Return what is kept, or None."""
        answer = _in_child(lambda: self._open().read(slot))
        kind, text = answer[:1], answer[1:]
        if kind == _FAILED:
            raise KeyStoreError(text.decode())
        return text if kind == _FOUND else None

    def place(self, slot: str) -> str:
        """Name the item."""
        return f"{self.name}, item {slot}"

    def write(self, slot: str, keystore: bytes) -> NoReturn:
        """Refuse."""
        raise KeyStoreError("the signer writes no keys.")

    def delete(self, slot: str) -> NoReturn:
        """Refuse."""
        raise KeyStoreError("the signer deletes no keys.")


def forked_keyring(wanted: StoreName | None) -> KeyStore:
    """Return a keyring that is read in a child of its own."""

    def open_it() -> KeyStore:
        from polydesk.keys.keyring_store import open_keyring

        return open_keyring(wanted)

    return ForkedStore(wanted or StoreName.SECRET_SERVICE, open_it)


def _in_child(read: Callable[[], bytes | None]) -> bytes:
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(sink, read)
    os.close(sink)
    with open(source, "rb") as file:
        answer = file.read(LARGEST_REQUEST)
    os.waitpid(child, 0)
    if not answer:
        raise KeyStoreError("the system's keyring could not be read.")
    return answer


def _answer(sink: int, read: Callable[[], bytes | None]) -> NoReturn:
    """Answer and end at once, whatever happens; nothing of the parent may run here."""
    try:
        try:
            found = read()
            answer = _NOTHING if found is None else _FOUND + found
        except PolydeskError as error:
            answer = _FAILED + str(error).encode()
        os.write(sink, answer)
    finally:
        os._exit(0)
