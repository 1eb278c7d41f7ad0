"""Opening the key inside the signer: what is kept, the passphrase, the credentials."""

from __future__ import annotations

from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from polydesk.errors import KeyStoreError
from polydesk.keys.credentials import ApiLogin
from polydesk.keys.prompts import WITHOUT_TERMINAL, Terminal, open_terminal, read_line
from polydesk.keys.secret import Secret
from polydesk.keys.vault import SealedKey, Vault
from polydesk.ports import Signer
from polydesk.signer.fetching import forked_keyring
from polydesk.venues.polymarket.signing.auth import decode_secret
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey

TRIES: Final = 3
"""Passphrases that may be typed."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What the signer signs with."""

    key: Signer
    credentials: ApiCredentials | None
    subscription: Secret | None
    """First message of the user socket, which carries the credentials."""


def unlock(folder: Path, name: str, passphrase_handle: int | None) -> Unlocked:
    """Open a key and its credentials.

    Args:
        folder: Of the list of keys.
        name: The key's.
        passphrase_handle: Where one line gives the passphrase; None asks on the terminal.

    Raises:
        ConfigError: There is no such key, or nowhere to ask.
        KeyStoreError: It cannot be opened.
    """
    vault = Vault(folder, forked_keyring)
    sealed = vault.fetch(vault.find(name))
    if passphrase_handle is not None:
        with FileIO(passphrase_handle, "rb") as file, read_line(file) as passphrase:
            return _open(sealed, passphrase)
    with open_terminal(WITHOUT_TERMINAL) as tty:
        return _ask(sealed, tty)


def _ask(sealed: SealedKey, tty: FileIO) -> Unlocked:
    terminal = Terminal(tty)
    for left in reversed(range(TRIES)):
        with terminal.secret(f"Passphrase for {sealed.entry.name}") as passphrase:
            try:
                return _open(sealed, passphrase)
            except KeyStoreError as error:
                if not left:
                    raise
                tty.write(f"{error}\n".encode())
    raise KeyStoreError("no passphrase was given.")


def _open(sealed: SealedKey, passphrase: Secret) -> Unlocked:
    with sealed.open_key(passphrase) as secret:
        raw = bytearray(secret.view)
        key = PrivateKey(raw)
        raw[:] = bytes(len(raw))
    login = sealed.open_credentials(passphrase)
    if login is None:
        return Unlocked(key, None, None)
    with login:
        return Unlocked(key, _credentials(login), _subscription(login))


def _credentials(login: ApiLogin) -> ApiCredentials:
    secret = decode_secret(bytes(login.secret.view).decode("ascii"))
    return ApiCredentials(login.api_key, secret, bytes(login.passphrase.view).decode("ascii"))


def _subscription(login: ApiLogin) -> Secret:
    """Write the first message of the user socket, for all markets of the account.

    Source: ``trading.md`` section 5.12, 2026-11.
    """
    parts = (
        b'{"type":"user","auth":{"apiKey":"',
        login.api_key.encode(),
        b'","secret":"',
        bytes(login.secret.view),
        b'","passphrase":"',
        bytes(login.passphrase.view),
        b'"}}',
    )
    return Secret.copy_of(b"".join(parts))
