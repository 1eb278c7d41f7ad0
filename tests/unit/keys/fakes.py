"""A known key with everything it must not be seen as, and keyrings of every temper."""

from __future__ import annotations

import base64
import threading
from typing import Any, ClassVar

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked, PasswordDeleteError

from polydesk.keys.entries import StoreName
from polydesk.keys.keyring_store import Allowed
from polydesk.keys.keystore_v3 import Cost
from polydesk.keys.secret import Secret

KEY_HEX = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
OTHER_HEX = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"
OTHER_ADDRESS = "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b"
PASSPHRASE = "correct horse battery"
QUICK = Cost(1 << 14, 8, 1)
"""The least that is accepted."""


def key(text: str = KEY_HEX) -> Secret:
    return Secret.copy_of(bytes.fromhex(text))


def secret(text: str = PASSPHRASE) -> Secret:
    return Secret.copy_of(text.encode())


def traces(text: str = KEY_HEX, passphrase: str = PASSPHRASE) -> tuple[bytes, ...]:
    """Return every form in which a key or its passphrase could leak."""
    raw = bytes.fromhex(text)
    words = (
        text, text.upper(), text[:12], text[-12:], text[::-1], str(int(text, 16)), repr(raw)[2:-1],
        repr(list(raw))[1:-1], base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(),
        passphrase,
    )  # fmt: skip
    return (raw, raw[::-1], *(word.encode() for word in words))


def leaks(data: bytes, text: str = KEY_HEX) -> list[bytes]:
    return [trace for trace in traces(text) if trace in data]


class MemoryKeyring(KeyringBackend):
    """Keeps what it is given; every instance is the same keyring, as on a desktop."""

    priority: ClassVar[float] = 5  # type: ignore[assignment]
    items: ClassVar[dict[tuple[str, str], str]] = {}
    failing: ClassVar[str] = ""
    """The operation that raises."""
    error: ClassVar[Exception] = RuntimeError("bus is gone")

    def get_password(self, service: str, username: str) -> str | None:
        self._maybe_fail("get")
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._maybe_fail("set")
        self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._maybe_fail("delete")
        if (service, username) not in self.items:
            raise PasswordDeleteError("none")
        del self.items[service, username]

    def _maybe_fail(self, what: str) -> None:
        if self.failing == what:
            raise self.error


class ForgetfulKeyring(MemoryKeyring):
    """Says yes and keeps nothing, as the null backend does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return


class StickyKeyring(MemoryKeyring):
    """Does not delete."""

    def delete_password(self, service: str, username: str) -> None:
        return


class LockedKeyring(MemoryKeyring):
    """A person dismissed the question for its password."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("Failed to unlock the collection!")


class HangingKeyring(MemoryKeyring):
    """The bus does not answer until it is let go."""

    go: ClassVar[threading.Event] = threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        self.go.wait(30)


class AbsentKeyring(MemoryKeyring):
    """Its daemon does not run."""

    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805
        raise RuntimeError("the daemon is neither running nor activatable")


class PlaintextKeyring(MemoryKeyring):
    """Plain text; preferred to all others if anybody asked."""

    priority: ClassVar[float] = 99  # type: ignore[assignment]


def allow(monkeypatch: Any, *kinds: type[KeyringBackend]) -> None:
    """Let these classes, and no others, count as the system's keyrings."""
    MemoryKeyring.items.clear()
    names = (StoreName.SECRET_SERVICE, StoreName.KWALLET)
    allowed = tuple(
        Allowed(name, kind.__module__, kind.__qualname__, f"Test {name}")
        for name, kind in zip(names, kinds, strict=False)
    )
    monkeypatch.setattr("polydesk.keys.keyring_store.ALLOWED", allowed)
