"""The system's keyring: only known ones, made by us, and proved before they get a key.

The `keyring` package would choose a backend by environment, a settings file and installed
plug-ins; any of these may name one that keeps nothing, keeps plain text or asks for a password on
the terminal. So nothing of that is consulted here.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from importlib import import_module
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from polydesk.domain.text import clean
from polydesk.errors import KeyStoreError
from polydesk.keys.entries import StoreName

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "polydesk"
PROBE: Final = "probe"
LONGEST: Final = 1_280
"""Characters of one item. Source: the limit of Windows credentials, keyring issue 355."""
ANSWER_S: Final = 60.0
"""Seconds for one answer; the system may be asking a person to unlock it."""
WAY_OUT: Final = "`--store file` keeps the key in an encrypted file instead."
T = TypeVar("T")


class Allowed(NamedTuple):
    """A backend that may hold keys."""

    store: StoreName
    module: str
    kind: str
    label: str


ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        StoreName.SECRET_SERVICE, "keyring.backends.SecretService", "Keyring", "Secret Service"
    ),
    Allowed(StoreName.KWALLET, "keyring.backends.kwallet", "DBusKeyring", "KWallet"),
    Allowed(StoreName.MACOS_KEYCHAIN, "keyring.backends.macOS", "Keyring", "macOS Keychain"),
    Allowed(
        StoreName.WINDOWS_CREDENTIAL,
        "keyring.backends.Windows",
        "WinVaultKeyring",
        "Windows Credential Manager",
    ),
)


class KeyringStore:
    """One system keyring."""

    def __init__(self, backend: KeyringBackend, *, answer_s: float = ANSWER_S) -> None:
        """Take a backend and prove it by writing, reading and deleting a random text.

        Args:
            backend: Of the ``keyring`` package.
            answer_s: Seconds to wait for each answer.

        Raises:
            KeyStoreError: It is none of the known ones, or does not keep what it is given.
        """
        allowed = _find(backend)
        self.name = allowed.store
        self._label = allowed.label
        self._backend = backend
        self._answer_s = answer_s
        self._prove()

    def read(self, slot: str) -> bytes | None:
        """Return what is kept, or None."""
        text = self._ask("read", lambda: self._backend.get_password(SERVICE, slot))
        return None if text is None else text.encode()

    def write(self, slot: str, keystore: bytes) -> None:
        """Keep a keystore."""
        text = keystore.decode()
        if len(text) > LONGEST:
            raise KeyStoreError(f"an item of a keyring has at most {LONGEST} characters.")
        self._ask("write", lambda: self._backend.set_password(SERVICE, slot, text))

    def delete(self, slot: str) -> None:
        """Remove what is kept, if anything is."""
        if self.read(slot) is not None:
            self._ask("delete", lambda: self._backend.delete_password(SERVICE, slot))

    def place(self, slot: str) -> str:
        """Name the item as a keyring program shows it."""
        return f"{self._label}, item {slot} of {SERVICE}"

    def _prove(self) -> None:
        text = secrets.token_hex(16)
        self.write(PROBE, text.encode())
        kept = self.read(PROBE) == text.encode()
        self.delete(PROBE)
        if not kept or self.read(PROBE) is not None:
            raise KeyStoreError(
                f"the keyring {self._label} does not keep what it is given; {WAY_OUT}"
            )

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        from keyring.errors import KeyringLocked

        try:
            return _within(self._answer_s, call)
        except KeyringLocked as error:
            raise KeyStoreError(
                f"the keyring {self._label} is locked; unlock it and try again."
            ) from error
        except NoAnswer as error:
            raise KeyStoreError(
                f"the keyring {self._label} did not answer within {self._answer_s:g} seconds."
            ) from error
        except Exception as error:
            # Each system's library has errors of its own; all mean that this keyring failed.
            raise KeyStoreError(
                f"the keyring {self._label} failed to {what} an item ({_told(error)}); {WAY_OUT}"
            ) from error


def open_keyring(wanted: StoreName | None = None, *, answer_s: float = ANSWER_S) -> KeyringStore:
    """Return the system's keyring, proved.

    Args:
        wanted: The one that an earlier key is in; None takes the best one that is here.
        answer_s: Seconds to wait for each answer.

    Raises:
        KeyStoreError: There is none, or it cannot be used now.
    """
    found = [
        (priority, kind)
        for allowed in ALLOWED
        if wanted in {None, allowed.store}
        for priority, kind in _load(allowed, answer_s)
    ]
    if not found and wanted is None:
        raise KeyStoreError(
            "there is no system keyring that can be used here; start the desktop's keyring in "
            f"this session, or {WAY_OUT}"
        )
    if not found:
        raise KeyStoreError(
            f"the keyring {wanted} cannot be used here; start it in this session and try again."
        )
    _, best = max(found, key=itemgetter(0))
    return KeyringStore(best(), answer_s=answer_s)


def _load(allowed: Allowed, answer_s: float) -> list[tuple[float, type[KeyringBackend]]]:
    """Return a backend's priority and class when its keyring is present, else nothing."""
    try:
        kind: type[KeyringBackend] = getattr(import_module(allowed.module), allowed.kind)
        return _within(answer_s, lambda: [(kind.priority, kind)] if kind.viable else [])
    except (ImportError, NoAnswer):
        return []


def _find(backend: KeyringBackend) -> Allowed:
    """Return what is known about a backend; a class derived from a known one is unknown."""
    kind = type(backend)
    for allowed in ALLOWED:
        if (kind.__module__, kind.__qualname__) == (allowed.module, allowed.kind):
            return allowed
    raise KeyStoreError(
        f"the keyring backend {clean(f'{kind.__module__}.{kind.__qualname__}')} is not one that "
        f"is known to protect keys; use the system's own keyring, or {WAY_OUT}"
    )


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Run a call that may hang in a thread that nobody has to wait for."""
    answer: Future[T] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 - the waiting thread raises it
            answer.set_exception(error)

    threading.Thread(target=work, name="keyring", daemon=True).start()
    return answer.result(timeout=seconds)


def _told(error: Exception) -> str:
    return clean(f"{type(error).__name__}: {error}".rstrip(": "), 120)
