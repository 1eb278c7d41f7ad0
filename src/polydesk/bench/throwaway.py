"""A key of no value in a real signer process, for measuring."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NoReturn

from polydesk.errors import KeyStoreError
from polydesk.keys.credentials import ApiLogin
from polydesk.keys.keystore_v3 import Cost
from polydesk.keys.secret import Secret
from polydesk.keys.vault import Vault
from polydesk.signer.caps import Caps
from polydesk.signer.client import SignerProcess
from polydesk.signer.messages import Account, Start
from polydesk.signer.service import Service
from polydesk.signer.unlock import Unlocked
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey

SECRET: Final = bytes(31) + b"\x01"
"""A key that everybody knows."""
API_KEY: Final = "00000000-0000-4000-8000-000000000000"
API_SECRET: Final = bytes(32)
API_WORDS: Final = "no-secret-at-all"
_PLENTY: Final = 10**18
CAPS: Final = Caps(
    order_size=_PLENTY,
    order_notional=_PLENTY,
    notional_per_minute=_PLENTY,
    notional_per_day=_PLENTY,
    orders_per_minute=1_000_000,
    orders_per_day=1_000_000,
    longest_life_s=86_400,
)
_NAME: Final = "bench"
_PASSPHRASE: Final = b"known to everybody"
_QUICK: Final = Cost(1 << 14, 8, 1)
"""The least a keystore may ask for: nothing is guarded here."""


def start_of(folder: Path) -> Start:
    """Return how a signer starts with the key."""
    return Start(folder=str(folder), key=_NAME, account=Account(), caps=CAPS)


def service() -> Service:
    """Return what the signer's process runs, in this one."""
    credentials = ApiCredentials(API_KEY, API_SECRET, API_WORDS)
    return Service(start_of(Path()), Unlocked(PrivateKey(SECRET), credentials, None), None)


@asynccontextmanager
async def running_signer(folder: Path) -> AsyncIterator[SignerProcess]:
    """Keep the key in an empty folder and run a signer with it for a block."""
    _keep(folder)
    source, sink = os.pipe()
    try:
        os.write(sink, _PASSPHRASE + b"\n")
        signer = await SignerProcess.start(start_of(folder), passphrase_fd=source)
    finally:
        os.close(source)
        os.close(sink)
    try:
        yield signer
    finally:
        await signer.close()


def _keep(folder: Path) -> None:
    vault = Vault(folder, _no_keyring, _QUICK)
    text = base64.urlsafe_b64encode(API_SECRET)
    with Secret.copy_of(_PASSPHRASE) as passphrase:
        with Secret.copy_of(SECRET) as key:
            vault.add(_NAME, key, passphrase, vault.file(), 0)
        words = Secret.copy_of(API_WORDS.encode())
        with ApiLogin(API_KEY, Secret.copy_of(text), words) as login:
            vault.add_credentials(_NAME, login, passphrase)


def _no_keyring(_: object) -> NoReturn:
    raise KeyStoreError("a benchmark keeps its key in a file")
