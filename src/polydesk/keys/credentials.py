"""API credentials of a key, as the venue gave them, kept like the key itself.

They are sealed under the key's own passphrase together with the key's address, so that
credentials of another key are never taken for this one's.
"""

from __future__ import annotations

import re
from typing import Final, final

from polydesk.errors import ConfigError, KeyStoreError
from polydesk.keys.keystore_v3 import STANDARD, Cost, seal, unseal
from polydesk.keys.secret import Secret

LONGEST: Final = 300
"""Bytes sealed in all; a keyring's item holds no more than 1,280 characters."""
_API_KEY: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_LINE: Final = b"\n"
_LINES: Final = 4


@final
class ApiLogin:
    """An API key's id with its two secrets; leaving the `with` block wipes them."""

    __slots__ = ("api_key", "passphrase", "secret")

    def __init__(self, api_key: str, secret: Secret, passphrase: Secret) -> None:
        """Take what the venue answered.

        Args:
            api_key: The id; not secret.
            secret: Text, base64 as the venue wrote it.
            passphrase: Text.

        Raises:
            ConfigError: A part is empty, too long or of more than one line.
        """
        if _API_KEY.fullmatch(api_key) is None:
            raise ConfigError("the id of the API key has other characters than letters and digits.")
        for part in (secret, passphrase):
            if not len(part) or any(byte <= 0x20 or byte > 0x7E for byte in part.view):
                raise ConfigError("an API credential is empty or has unexpected characters.")
        self.api_key = api_key
        self.secret = secret
        self.passphrase = passphrase

    def wipe(self) -> None:
        """Overwrite both secrets."""
        self.secret.wipe()
        self.passphrase.wipe()

    def __enter__(self) -> ApiLogin:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "ApiLogin(hidden)"


def credentials_slot(name: str) -> str:
    """Return where a key's credentials are kept in its store."""
    return f"{name}.api"


def seal_login(login: ApiLogin, address: str, passphrase: Secret, cost: Cost = STANDARD) -> bytes:
    """Return a keystore of credentials that only the key's passphrase opens.

    Raises:
        ConfigError: They are longer than any the venue makes.
    """
    plain = (address.encode(), login.api_key.encode(), login.secret.view, login.passphrase.view)
    size = sum(map(len, plain)) + _LINES - 1
    if size > LONGEST:
        raise ConfigError("the API credentials are longer than any the venue makes.")
    with Secret(size) as text:
        start = 0
        for part in plain:
            text.view[start : start + len(part)] = part
            start += len(part)
            text.view[start : start + 1] = _LINE[: size - start]
            start += 1
        return seal(text, passphrase, address, cost)


def open_login(keystore: bytes, address: str, passphrase: Secret) -> ApiLogin:
    """Open credentials; the caller wipes them.

    Raises:
        KeyStoreError: Damaged, of another key, or the wrong passphrase.
    """
    with unseal(keystore, passphrase, LONGEST) as text:
        ends = [index for index, byte in enumerate(text.view) if byte == _LINE[0]]
        if len(ends) != _LINES - 1:
            raise KeyStoreError("the API credentials are damaged; run `polydesk setup` again.")
        starts = [0, *(end + 1 for end in ends)]
        parts = [text.part(*limits) for limits in zip(starts, [*ends, len(text)])]
    owner, api_key, secret, words = parts
    if bytes(owner.view) != address.encode():
        secret.wipe()
        words.wipe()
        raise KeyStoreError(
            "the API credentials belong to another key; run `polydesk setup` again."
        )
    return ApiLogin(bytes(api_key.view).decode("ascii", "replace"), secret, words)
