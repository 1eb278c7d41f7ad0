"""The signer opens a key out of a real Secret Service, and then has no way to speak to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.e2e.cli import TIMEOUT_S
from tests.e2e.secret_service.desktop import Desktop
from tests.unit.keys.fakes import ADDRESS, KEY_HEX, PASSPHRASE, leaks

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[3]
SETUP = """
import sys
from polydesk.config.paths import default_paths
from polydesk.keys.credentials import ApiLogin
from polydesk.keys.key_text import parse_key
from polydesk.keys.keyring_store import open_keyring
from polydesk.keys.keystore_v3 import Cost
from polydesk.keys.secret import Secret
from polydesk.keys.vault import Vault
passphrase, key, *words = [Secret.copy_of(line.strip().encode()) for line in sys.stdin]
vault = Vault(default_paths().keys, open_keyring, Cost(1 << 14, 8, 1))
vault.add("main", parse_key(key), passphrase, vault.keyring(), 1)
vault.add_credentials("main", ApiLogin("an-api-key", *words), passphrase)
"""
DESK = """
import asyncio, json, os, sys
from polydesk.config.paths import default_paths
from polydesk.errors import KeyStoreError
from polydesk.signer.client import SignerProcess
from tests.unit.signer.asks import order, start_of

async def main():
    try:
        signer = await SignerProcess.start(start_of(default_paths().keys), passphrase_fd=0)
    except KeyStoreError as error:
        print(json.dumps({"error": str(error)}))
        return
    signed = await signer.sign_order(order())
    await signer.headers("POST", "/order", signed.body)
    print(json.dumps({
        "address": signer.address, "api_key": signer.hello.api_key,
        "confinement": signer.hello.confinement,
    }))
    await signer.close()

asyncio.run(main())
"""

GIVEN = (PASSPHRASE, KEY_HEX, "c2VjcmV0LW9mLXRoZS1hcGk=", "api-words")


def run(desktop: Desktop, code: str, *given: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], input="".join(f"{line}\n" for line in given), text=True,
        capture_output=True, env=desktop.environment, cwd=ROOT, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_key_in_the_keyring_signs(desktop: Desktop) -> None:
    desktop.start_keyring(unlocked=True)
    run(desktop, SETUP, *GIVEN)

    said = json.loads(run(desktop, DESK, PASSPHRASE))

    assert (said["address"], said["api_key"]) == (ADDRESS, "an-api-key")
    assert {"seccomp", "audit"} <= set(said["confinement"])
    assert sorted(desktop.items()) == ["main.a", "main.api"]
    assert leaks(b"".join(desktop.items().values())) == []
    desktop.works("forget", "main", "--stdin", given=["main"])
    assert desktop.items() == {}


def test_a_locked_keyring_is_a_sentence(desktop: Desktop) -> None:
    desktop.start_keyring(unlocked=True)
    run(desktop, SETUP, *GIVEN)
    desktop.lock()

    said = json.loads(run(desktop, DESK, PASSPHRASE))

    assert said == {"error": "the keyring Secret Service is locked; unlock it and try again."}
