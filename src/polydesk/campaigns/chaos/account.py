"""A throw-away account on a sandbox: key, credentials and profile, as ``polydesk setup`` leaves it."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from polydesk.config.profile import Profile
from polydesk.errors import KeyStoreError
from polydesk.keys.credentials import ApiLogin
from polydesk.keys.keystore_file import FileStore
from polydesk.keys.keystore_v3 import Cost
from polydesk.keys.secret import Secret
from polydesk.keys.vault import Vault
from polydesk.runtime.clocks import LiveClock
from polydesk.venues.polymarket.enrolment import OwnProof, obtain_credentials
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey
from polydesk.venues.polymarket.trading.transport import Transport

KEY_NAME: Final = "chaos"
PASSPHRASE: Final = b"a passphrase for play money"
QUICK: Final = Cost(1 << 14, 8, 1)
"""A thousand starts shall not spend a thousand seconds on a key that guards nothing."""


@dataclass(frozen=True, slots=True)
class PlayAccount:
    """Whose orders the campaign sends."""

    profile: Profile
    keys: Path
    number: int
    """The key itself, so that another client can trade with it too."""


async def enrol(folder: Path, clob: str, seed: int) -> PlayAccount:
    """Make a key, have the exchange make credentials for it, and keep both.

    Args:
        folder: Empty.
        clob: Base address of the sandbox.
        seed: Chooses the key.
    """
    number = random.Random(seed).randbytes(32)
    key = PrivateKey(number)
    clock = LiveClock()
    transport = Transport(clock, OwnProof(key, clock))
    try:
        credentials, _ = await obtain_credentials(transport, clob)
    finally:
        await transport.close()
    keys = folder / "keys"
    _keep(keys, number, credentials)
    return PlayAccount(
        Profile(KEY_NAME, key.address, key.address, 0), keys, int.from_bytes(number, "big")
    )


def _keep(folder: Path, number: bytes, credentials: ApiCredentials) -> None:
    vault = Vault(folder, _no_keyring, QUICK)
    secret, words = credentials.reveal()
    text = base64.urlsafe_b64encode(secret)
    with Secret.copy_of(PASSPHRASE) as passphrase:
        with Secret.copy_of(number) as key:
            vault.add(KEY_NAME, key, passphrase, FileStore(folder), 0)
        with ApiLogin(
            credentials.key, Secret.copy_of(text), Secret.copy_of(words.encode())
        ) as login:
            vault.add_credentials(KEY_NAME, login, passphrase)


def _no_keyring(_: object) -> NoReturn:
    raise KeyStoreError("a campaign keeps its key in a file")
