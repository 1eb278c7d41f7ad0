"""API credentials stay with their key, under its passphrase."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from tests.unit.keys.fakes import (
    ADDRESS,
    OTHER_ADDRESS,
    OTHER_HEX,
    MemoryKeyring,
    allow,
    key,
    secret,
)

from polydesk.errors import ConfigError, KeyStoreError
from polydesk.keys.credentials import ApiLogin, open_login, seal_login
from polydesk.keys.entries import KeyStore, StoreName
from polydesk.keys.keyring_store import LONGEST, open_keyring
from polydesk.keys.keystore_v3 import Cost
from polydesk.keys.vault import Vault

CHEAP = Cost(2, 8, 1)
SECRET = "wLq2Vv8yP0hK3nR5tX7zB9dF1gJ4mQ6sU8w-yA0cE_I="
WORDS = "f00dfeed" * 8
API_KEY = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.setattr("polydesk.keys.keystore_v3.LEAST_MEMORY", 0)
    vault = Vault(tmp_path, no_keyring, CHEAP)
    vault.add("main", key(), secret(), vault.file(), 1)
    return vault


def no_keyring(_: StoreName | None) -> KeyStore:
    raise KeyStoreError("no keyring here")


def login(text: str = SECRET) -> ApiLogin:
    return ApiLogin(API_KEY, secret(text), secret(WORDS))


def test_credentials_are_read_again_and_wiped_after_use(vault: Vault) -> None:
    vault.add_credentials("main", login("older"), secret())
    vault.add_credentials("main", login(), secret())

    with vault.read_credentials("main", secret()) or pytest.fail("none") as kept:
        assert (kept.api_key, bytes(kept.secret.view)) == (API_KEY, SECRET.encode())
        assert bytes(kept.passphrase.view) == WORDS.encode()
    with pytest.raises(ValueError, match="wiped"):
        _ = kept.secret.view


def test_none_are_kept_at_first(vault: Vault) -> None:
    assert vault.read_credentials("main", secret()) is None


def test_files_hold_no_trace_of_them(vault: Vault, tmp_path: Path) -> None:
    vault.add_credentials("main", login(), secret())
    files = [path for path in tmp_path.iterdir() if path.name != "lock"]

    assert (tmp_path / "main.api.json").stat().st_mode & 0o777 == 0o600
    for path in files:
        data = path.read_bytes()
        assert SECRET.encode() not in data
        assert WORDS.encode() not in data
        assert API_KEY.encode() not in data


def test_a_wrong_passphrase_keeps_and_reads_nothing(vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(KeyStoreError, match="passphrase is wrong"):
        vault.add_credentials("main", login(), secret("another one"))
    assert not (tmp_path / "main.api.json").exists()
    vault.add_credentials("main", login(), secret())
    with pytest.raises(KeyStoreError, match="Run `polydesk setup`") as caught:
        vault.read_credentials("main", secret("another one"))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_forgetting_or_replacing_a_key_ends_its_credentials(vault: Vault, tmp_path: Path) -> None:
    vault.add_credentials("main", login(), secret())
    vault.rotate("main", key(OTHER_HEX), secret(), 2)
    assert vault.read_credentials("main", secret()) is None
    vault.add_credentials("main", login(), secret())
    vault.forget("main")
    assert not (tmp_path / "main.api.json").exists()


def test_credentials_of_another_key_are_not_taken(vault: Vault) -> None:
    sealed = seal_login(login(), OTHER_ADDRESS, secret(), CHEAP)

    with pytest.raises(KeyStoreError, match="belong to another key"):
        open_login(sealed, ADDRESS, secret())


@pytest.mark.parametrize(
    ("api_key", "text", "words"),
    [("", "s", "w"), ("a\nb", "s", "w"), ("a", "", "w"), ("a", "s\n", "w"), ("a", "s", "ü")],
)
def test_what_the_venue_never_answers_is_refused(api_key: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError):
        ApiLogin(api_key, secret(text), secret(words))


def test_the_longest_credentials_fit_a_keyring(vault: Vault) -> None:
    fixed = len(ADDRESS) + len(API_KEY) + 3
    longest = ApiLogin(API_KEY, secret("s" * (300 - fixed - 1)), secret("w"))
    assert len(seal_login(longest, ADDRESS, secret(), CHEAP)) <= LONGEST
    with pytest.raises(ConfigError, match="longer"):
        seal_login(
            ApiLogin(API_KEY, secret("s" * (300 - fixed)), secret("w")), ADDRESS, secret(), CHEAP
        )


def test_a_keyring_keeps_them_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polydesk.keys.keystore_v3.LEAST_MEMORY", 0)
    monkeypatch.setattr(MemoryKeyring, "items", {})
    allow(monkeypatch, MemoryKeyring)
    vault = Vault(tmp_path, open_keyring, CHEAP)
    vault.add("main", key(), secret(), vault.keyring(), 1)
    vault.add_credentials("main", login(), secret())

    with vault.read_credentials("main", secret()) or pytest.fail("none") as kept:
        assert kept.secret.matches(secret(SECRET))
