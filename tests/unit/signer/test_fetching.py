"""A keyring is read in a child, so that its libraries are not loaded beside the key."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

READ = """
import json, sys
from polydesk.errors import KeyStoreError, PolydeskError
from polydesk.keys.entries import StoreName
from polydesk.signer.fetching import ForkedStore, forked_keyring

class Kept:
    def read(self, slot):
        import keyring.backends.SecretService
        if slot == "locked": raise KeyStoreError("the keyring is locked.")
        if slot == "bug": raise RuntimeError("no sentence")
        return {"full": b"sealed", "empty": b""}.get(slot)

store = ForkedStore(StoreName.SECRET_SERVICE, Kept)
said = {}
for slot in ("full", "empty", "nothing", "locked", "bug"):
    try:
        found = store.read(slot)
        said[slot] = None if found is None else found.decode()
    except PolydeskError as error:
        said[slot] = "error: " + str(error)
try:
    forked_keyring(StoreName.KWALLET).read("x")
except KeyStoreError as error:
    said["real"] = str(error)
said["loaded"] = [name for name in ("keyring", "secretstorage", "socket", "asyncio") if name in sys.modules]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", READ], capture_output=True, text=True, timeout=60, check=True
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_what_is_kept_comes_back_as_it_is(said: dict[str, object]) -> None:
    assert (said["full"], said["empty"], said["nothing"]) == ("sealed", "", None)


def test_failures_are_sentences(said: dict[str, object]) -> None:
    assert said["locked"] == "error: the keyring is locked."
    assert said["bug"] == "error: the system's keyring could not be read."
    assert "cannot be used here" in str(said["real"])


def test_no_keyring_library_is_loaded_in_the_parent(said: dict[str, object]) -> None:
    assert said["loaded"] == []
