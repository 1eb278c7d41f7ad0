"""A key in files, and what a desk needs to start a real signer for it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from polydesk.errors import KeyStoreError
from polydesk.keys.credentials import ApiLogin
from polydesk.keys.entries import KeyStore, StoreName
from polydesk.keys.keystore_v3 import Cost
from polydesk.keys.secret import Secret
from polydesk.keys.vault import Vault
from polydesk.signer.client import SignerProcess
from polydesk.signer.messages import Start

KEY = bytes.fromhex("5bd1f0c3a79e24860d3b7f9a1c55e8e24f60b9d7318ac2e6f4078d95b13c6ea7")
"""Made up for these tests; it owns nothing."""
API_KEY = "7c1f4b52-90ad-4e3b-8d67-aa20c5f1e903"
API_SECRET = base64.urlsafe_b64encode(hashlib.sha256(b"made up").digest()).decode()
API_PASSPHRASE = "9b1de07f44c2a85e6370f1d2b8a6c95033de17f8a4b2c6d1"
PASSPHRASE = "heron-under-a-copper-moon"
QUICK = Cost(1 << 14, 8, 1)
"""The least that a keystore may ask for."""


def no_keyring(_: StoreName | None) -> KeyStore:
    raise KeyStoreError("no keyring here")


def vault_in(folder: Path, *, with_credentials: bool = True) -> Vault:
    """Return a vault that holds the key ``main``."""
    vault = Vault(folder, no_keyring, QUICK)
    secret = Secret.copy_of(PASSPHRASE.encode())
    vault.add("main", Secret.copy_of(KEY), secret, vault.file(), 1)
    if with_credentials:
        vault.add_credentials("main", login(), secret)
    return vault


def login() -> ApiLogin:
    return ApiLogin(
        API_KEY, Secret.copy_of(API_SECRET.encode()), Secret.copy_of(API_PASSPHRASE.encode())
    )


@contextmanager
def typed(text: str = PASSPHRASE) -> Any:
    """Yield a handle from which a passphrase can be read once."""
    source, sink = os.pipe()
    os.write(sink, text.encode() + b"\n")
    os.close(sink)
    try:
        yield source
    finally:
        os.close(source)


@asynccontextmanager
async def signer(
    start: Start, *, passphrase: str = PASSPHRASE, **options: Any
) -> AsyncIterator[SignerProcess]:
    """Run a real signer."""
    with typed(passphrase) as handle:
        running = await SignerProcess.start(start, passphrase_fd=handle, **options)
    try:
        yield running
    finally:
        await running.close()


async def until(condition: Any, within_s: float = 10.0) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)
