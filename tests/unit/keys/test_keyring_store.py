"""Only a keyring that is known, present and proved gets a key; nothing else chooses one."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from tests.unit.keys.fakes import (
    ADDRESS,
    KEY_HEX,
    OTHER_ADDRESS,
    OTHER_HEX,
    QUICK,
    AbsentKeyring,
    ForgetfulKeyring,
    HangingKeyring,
    LockedKeyring,
    MemoryKeyring,
    PlaintextKeyring,
    StickyKeyring,
    allow,
    key,
    leaks,
    secret,
)

from polydesk.errors import KeyStoreError
from polydesk.keys.entries import StoreName
from polydesk.keys.keyring_store import ALLOWED, LONGEST, KeyringStore, open_keyring
from polydesk.keys.keystore_v3 import STANDARD, seal
from polydesk.keys.vault import Vault


@pytest.fixture(autouse=True)
def _only_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, MemoryKeyring)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys", open_keyring, QUICK)


def test_a_key_is_kept_encrypted_read_replaced_and_forgotten(vault: Vault) -> None:
    entry = vault.add("main", key(), secret(), vault.keyring(), 1)
    assert entry.store is StoreName.SECRET_SERVICE
    assert vault.read(entry, secret()).matches(key())
    assert leaks(repr(MemoryKeyring.items).encode()) == []

    entry = vault.rotate("main", key(OTHER_HEX), secret(), 2)
    assert vault.read(entry, secret()).matches(key(OTHER_HEX))
    assert list(MemoryKeyring.items) == [("polydesk", "main.b")]

    vault.forget("main")
    assert MemoryKeyring.items == {}
    assert vault.entries() == ()


@pytest.mark.parametrize(
    "backend",
    [null.Keyring, fail.Keyring, chainer.ChainerBackend, PlaintextKeyring, StickyKeyring],
)
def test_a_backend_that_is_not_known_is_refused(backend: type[KeyringBackend]) -> None:
    with pytest.raises(KeyStoreError, match="not one that is known to protect keys") as caught:
        KeyringStore(backend())

    assert "--store file" in str(caught.value)


@pytest.mark.parametrize("kind", [ForgetfulKeyring, StickyKeyring])
def test_a_known_backend_that_does_not_keep_its_word_is_refused(
    monkeypatch: pytest.MonkeyPatch, kind: type[KeyringBackend]
) -> None:
    allow(monkeypatch, kind)

    with pytest.raises(KeyStoreError, match="does not keep what it is given; `--store file`"):
        open_keyring()


def test_the_proof_leaves_nothing_behind() -> None:
    open_keyring()

    assert MemoryKeyring.items == {}


def test_a_locked_keyring_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, LockedKeyring)

    with pytest.raises(KeyStoreError, match=r"is locked; unlock it and try again\.$"):
        open_keyring()


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    allow(monkeypatch, HangingKeyring)
    HangingKeyring.go.clear()
    yield
    HangingKeyring.go.set()


@pytest.mark.usefixtures("hanging")
def test_a_keyring_that_hangs_is_not_waited_for() -> None:
    with pytest.raises(KeyStoreError, match=r"did not answer within 0\.05 seconds"):
        open_keyring(answer_s=0.05)


@pytest.mark.parametrize("kinds", [(), (AbsentKeyring,)])
def test_without_a_keyring_the_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, kinds: tuple[type[KeyringBackend], ...]
) -> None:
    allow(monkeypatch, *kinds)

    with pytest.raises(KeyStoreError, match=r"no system keyring.*`--store file`"):
        open_keyring()


def test_the_present_one_is_taken_when_another_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, AbsentKeyring, MemoryKeyring)

    assert open_keyring().name is StoreName.KWALLET


def test_a_key_is_looked_for_in_the_keyring_it_was_put_in(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = vault.add("main", key(), secret(), vault.keyring(), 1)
    allow(monkeypatch, AbsentKeyring, MemoryKeyring)

    with pytest.raises(KeyStoreError, match="the keyring secret-service cannot be used here"):
        vault.read(entry, secret())


@pytest.mark.parametrize("what", ["get", "set", "delete"])
def test_an_error_of_the_system_is_one_clean_sentence(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(MemoryKeyring, "failing", what)
    monkeypatch.setattr(MemoryKeyring, "error", OSError("bus\n\x1b[31mgone"))

    with pytest.raises(KeyStoreError, match=r"OSError: bus \[31mgone") as caught:
        open_keyring()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("what", ["get", "set", "delete"])
def test_a_keyring_that_fails_midway_loses_no_key(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    vault.add("main", key(), secret(), vault.keyring(), 1)
    opened = open_keyring()
    monkeypatch.setattr(vault, "store_of", lambda _: opened)
    monkeypatch.setattr(MemoryKeyring, "failing", what)

    with pytest.raises(KeyStoreError):
        vault.rotate("main", key(OTHER_HEX), secret(), 2)
    if what != "delete":
        with pytest.raises(KeyStoreError):
            vault.add("alt", key(), secret(), opened, 2)

    monkeypatch.setattr(MemoryKeyring, "failing", "")
    (entry,) = vault.entries()
    replaced = what == "delete"
    assert entry.address == (OTHER_ADDRESS if replaced else ADDRESS)
    assert vault.read(entry, secret()).matches(key(OTHER_HEX if replaced else KEY_HEX))


def test_an_item_never_passes_the_smallest_limit_of_all_systems() -> None:
    store = open_keyring()

    assert len(seal(key(), secret(), ADDRESS, STANDARD)) < LONGEST / 2
    with pytest.raises(KeyStoreError, match="at most 1280 characters"):
        store.write("main.a", b"x" * (LONGEST + 1))
    store.write("main.a", b"x" * LONGEST)


def test_the_allowed_ones_are_the_systems_own() -> None:
    from polydesk.keys import keyring_store

    assert keyring_store.ALLOWED is not ALLOWED
    assert [(known.module.rpartition(".")[2], known.kind) for known in ALLOWED] == [
        ("SecretService", "Keyring"),
        ("kwallet", "DBusKeyring"),
        ("macOS", "Keyring"),
        ("Windows", "WinVaultKeyring"),
    ]


PLANTED = """
from pathlib import Path
Path({mark!r}).touch()
from keyring.backends.null import Keyring as Base
class Keyring(Base):
    priority = 99
"""
LOOK = """
from polydesk.errors import KeyStoreError
from polydesk.keys.keyring_store import open_keyring
try:
    open_keyring(answer_s=5)
except KeyStoreError as error:
    print(error)
"""
CARELESS = "import keyring; keyring.get_keyring()"


@pytest.mark.parametrize(
    ("code", "loaded"), [(LOOK, False), (CARELESS, True)], ids=["here", "elsewhere"]
)
@pytest.mark.parametrize("way", ["settings", "environment"])
def test_planted_backends_are_not_even_loaded(
    tmp_path: Path, code: str, loaded: bool, way: str
) -> None:
    mark = tmp_path / "loaded"
    (tmp_path / "planted.py").write_text(PLANTED.format(mark=str(mark)))
    environment = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/no-bus",
    }
    if way == "environment":
        environment |= {"PYTHON_KEYRING_BACKEND": "planted.Keyring", "PYTHONPATH": str(tmp_path)}
    else:
        settings = tmp_path / "python_keyring" / "keyringrc.cfg"
        settings.parent.mkdir()
        settings.write_text(
            textwrap.dedent(f"""\
            [backend]
            default-keyring=planted.Keyring
            keyring-path={tmp_path}
            """)
        )

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True,
        timeout=60,
    )  # fmt: skip

    assert mark.exists() is loaded
    assert loaded or "--store file" in done.stdout
