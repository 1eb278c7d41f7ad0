"""Adding, proving, replacing and forgetting keys, in files; whatever fails, no key is lost."""

from __future__ import annotations

import contextlib
import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock
from tests.unit.keys.fakes import (
    ADDRESS,
    OTHER_ADDRESS,
    OTHER_HEX,
    key,
    leaks,
    secret,
)

from polydesk.errors import ConfigError, KeyStoreError
from polydesk.keys import vault as vaults
from polydesk.keys.entries import KeyStore, StoreName
from polydesk.keys.keystore_v3 import Cost, seal
from polydesk.keys.vault import Vault

CHEAP = Cost(2, 8, 1)
ADDED_NS = 1_763_000_000_000_000_000


def no_keyring(_: StoreName | None) -> KeyStore:
    raise KeyStoreError("no keyring here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys"


@pytest.fixture
def vault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Vault:
    monkeypatch.setattr("polydesk.keys.keystore_v3.LEAST_MEMORY", 0)
    return Vault(folder, no_keyring, CHEAP)


@pytest.fixture
def kept(vault: Vault) -> Vault:
    vault.add("main", key(), secret(), vault.file(), ADDED_NS)
    return vault


def test_an_added_key_is_listed_and_read_again(kept: Vault) -> None:
    (entry,) = kept.entries()

    assert (entry.name, entry.address, entry.store, entry.added_ns) == (
        "main",
        ADDRESS,
        "file",
        ADDED_NS,
    )
    assert kept.read(entry, secret()).matches(key())


def test_files_are_private_and_hold_no_trace_of_the_key(kept: Vault, folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.name != "lock"]

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in files} == {"entries.json", "main.a.json"}
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert leaks(path.read_bytes()) == []


def test_names_are_listed_in_order(kept: Vault) -> None:
    kept.add("alt", key(OTHER_HEX), secret(), kept.file(), ADDED_NS)

    assert [entry.name for entry in kept.entries()] == ["alt", "main"]


@pytest.mark.parametrize(
    "name", ["", "Main", "a b", "../x", "-x", "x" * 33, "a.b", "\u00e4", "0x" + OTHER_HEX]
)
def test_a_name_that_is_not_plain_is_refused_unrepeated(vault: Vault, name: str) -> None:
    with pytest.raises(ConfigError, match="a key's name has") as caught:
        vault.check_free(name)

    assert leaks(str(caught.value).encode(), OTHER_HEX) == []


def test_a_taken_name_is_refused(kept: Vault) -> None:
    with pytest.raises(ConfigError, match="`polydesk keys rotate main` replaces it"):
        kept.add("main", key(OTHER_HEX), secret(), kept.file(), ADDED_NS)

    assert kept.find("main").address == ADDRESS


def test_an_unknown_name_gets_the_nearest_one(kept: Vault) -> None:
    with pytest.raises(ConfigError, match=r"there is no key mian; did you mean main\?"):
        kept.find("mian")
    with pytest.raises(ConfigError, match="`polydesk keys list`"):
        kept.find("zzz")


def test_a_short_passphrase_is_refused_for_new_keys_and_replacements(kept: Vault) -> None:
    with pytest.raises(ConfigError, match="at least 8"):
        kept.add("alt", key(), secret("1234567"), kept.file(), ADDED_NS)
    with pytest.raises(ConfigError, match="at least 8"):
        kept.rotate("main", key(OTHER_HEX), secret("1234567"), ADDED_NS)


def test_a_wrong_passphrase_names_the_file(kept: Vault, folder: Path) -> None:
    with pytest.raises(KeyStoreError, match=r"main\.a\.json: the passphrase is wrong"):
        kept.read(kept.find("main"), secret("something else"))


def test_replacing_leaves_the_new_key_alone(kept: Vault, folder: Path) -> None:
    new = kept.rotate("main", key(OTHER_HEX), secret("another phrase"), ADDED_NS + 1)

    assert kept.entries() == (new,)
    assert (new.address, new.added_ns) == (OTHER_ADDRESS, ADDED_NS + 1)
    assert kept.read(new, secret("another phrase")).matches(key(OTHER_HEX))
    assert [path.name for path in folder.glob("main*")] == ["main.b.json"]


def test_replacing_goes_on_for_ever(kept: Vault) -> None:
    for text in (OTHER_HEX, OTHER_HEX[::-1], OTHER_HEX):
        entry = kept.rotate("main", key(text), secret(), ADDED_NS)

        assert kept.read(entry, secret()).matches(key(text))


def test_a_forgotten_key_leaves_nothing(kept: Vault, folder: Path) -> None:
    kept.forget("main")

    assert kept.entries() == ()
    assert list(folder.glob("main*")) == []
    with pytest.raises(ConfigError, match="there is no key main"):
        kept.forget("main")


def test_a_key_of_another_address_is_not_given(kept: Vault, folder: Path) -> None:
    (folder / "main.a.json").write_bytes(seal(key(OTHER_HEX), secret(), OTHER_ADDRESS, CHEAP))

    with pytest.raises(KeyStoreError, match="another address than"):
        kept.read(kept.find("main"), secret())


def test_an_altered_counter_is_found_by_the_address(kept: Vault, folder: Path) -> None:
    path = folder / "main.a.json"
    keystore = json.loads(path.read_bytes())
    keystore["crypto"]["cipherparams"]["iv"] = "ff" * 16
    path.write_text(json.dumps(keystore))

    with pytest.raises(KeyStoreError, match=r"another address than|no private key"):
        kept.read(kept.find("main"), secret())


def test_a_missing_file_is_told(kept: Vault, folder: Path) -> None:
    (folder / "main.a.json").unlink()

    with pytest.raises(KeyStoreError, match=r"the key main is gone from .*; forget it and add"):
        kept.read(kept.find("main"), secret())
    kept.forget("main")


def test_a_key_that_a_lost_list_does_not_name_is_never_overwritten(
    kept: Vault, folder: Path
) -> None:
    before = (folder / "main.a.json").read_bytes()
    (folder / "entries.json").unlink()

    with pytest.raises(KeyStoreError, match="not in the list; choose another name"):
        kept.add("main", key(OTHER_HEX), secret(), kept.file(), ADDED_NS)
    assert (folder / "main.a.json").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version":2,"entries":[]}', '{"version":1,"entries":[{"name":"x"}]}', "\x00"],
)
def test_a_damaged_list_is_told_and_not_written_over(kept: Vault, folder: Path, text: str) -> None:
    (folder / "entries.json").write_text(text)

    for work in (kept.entries, lambda: kept.add("alt", key(), secret(), kept.file(), ADDED_NS)):
        with pytest.raises(KeyStoreError, match="is damaged"):
            work()
    assert (folder / "entries.json").read_text() == text


@pytest.mark.parametrize("name", ["entries.json", "main.a.json"])
def test_a_file_that_others_can_read_is_refused(kept: Vault, folder: Path, name: str) -> None:
    (folder / name).chmod(0o640)

    with pytest.raises(KeyStoreError, match=r"can be read by others; `chmod 600`"):
        kept.read(kept.find("main"), secret())


@pytest.mark.parametrize("name", ["entries.json", "main.a.json"])
def test_a_link_is_refused(kept: Vault, folder: Path, tmp_path: Path, name: str) -> None:
    (folder / name).rename(tmp_path / "elsewhere")
    (folder / name).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeyStoreError, match="it is a link"):
        kept.read(kept.find("main"), secret())


def test_a_pipe_in_place_of_a_file_is_refused_at_once(kept: Vault, folder: Path) -> None:
    (folder / "main.a.json").unlink()
    os.mkfifo(folder / "main.a.json", 0o600)

    with pytest.raises(KeyStoreError, match="not a plain file"):
        kept.read(kept.find("main"), secret())


def test_a_huge_file_is_refused(kept: Vault, folder: Path) -> None:
    os.truncate(folder / "main.a.json", 1 << 30)

    with pytest.raises(KeyStoreError, match="far too large"):
        kept.read(kept.find("main"), secret())


def test_two_processes_do_not_change_keys_at_once(
    kept: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vaults, "LOCK_S", 0.01)

    with (
        FileLock(folder / "lock", mode=0o600),
        pytest.raises(KeyStoreError, match="another polydesk"),
    ):
        kept.forget("main")
    assert kept.find("main").address == ADDRESS


def _stop(monkeypatch: pytest.MonkeyPatch, stop_at: int, *, for_ever: bool) -> list[int]:
    """Let the n-th change of a file fail, and perhaps every later one; return their number."""
    done = [0]

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def change(*arguments: object, **options: object) -> object:
            done[0] += 1
            if done[0] == stop_at or (for_ever and done[0] > stop_at):
                raise OSError(28, "No space left on device")
            return call(*arguments, **options)

        return change

    monkeypatch.setattr(os, "fsync", counted(os.fsync))
    for name in ("replace", "unlink"):
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))
    return done


@pytest.mark.parametrize("for_ever", [False, True])
def test_a_disk_that_fails_at_any_step_of_replacing_leaves_a_readable_key(
    kept: Vault, monkeypatch: pytest.MonkeyPatch, for_ever: bool
) -> None:
    step, replaced, failed = 0, False, 0
    while not replaced:
        step += 1
        with monkeypatch.context() as patch:
            done = _stop(patch, step, for_ever=for_ever)
            try:
                kept.rotate("main", key(OTHER_HEX), secret("another phrase"), ADDED_NS)
                replaced = done[0] < step
            except KeyStoreError:
                failed += 1
        entry = kept.find("main")
        old = entry.address == ADDRESS
        with kept.read(entry, secret() if old else secret("another phrase")) as found:
            assert found.matches(key() if old else key(OTHER_HEX))
        assert not (old and replaced)
        kept.rotate("main", key(), secret(), ADDED_NS)
    assert failed >= 8


@pytest.mark.parametrize("for_ever", [False, True])
def test_a_disk_that_fails_at_any_step_of_adding_keeps_nothing_unlisted(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch, for_ever: bool
) -> None:
    step, added, failed = 0, False, 0
    while not added:
        step += 1
        with monkeypatch.context() as patch:
            done = _stop(patch, step, for_ever=for_ever)
            try:
                vault.add("main", key(), secret(), vault.file(), ADDED_NS)
                added = done[0] < step
            except KeyStoreError:
                failed += 1
        assert vault.entries() or not list(folder.glob("main*"))
        if vault.entries():
            vault.forget("main")
    assert failed >= 6


@pytest.mark.parametrize("for_ever", [False, True])
def test_a_disk_that_fails_while_forgetting_keeps_the_key_listed_until_it_is_gone(
    kept: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch, for_ever: bool
) -> None:
    step, forgotten = 0, False
    while not forgotten:
        step += 1
        with monkeypatch.context() as patch:
            done = _stop(patch, step, for_ever=for_ever)
            with contextlib.suppress(KeyStoreError):
                kept.forget("main")
                forgotten = done[0] < step
        assert kept.entries() or not list(folder.glob("main*"))
        if kept.entries():
            kept.forget("main")
        if not forgotten:
            kept.add("main", key(), secret(), kept.file(), ADDED_NS)
    assert step > 4


PLANTED = [
    "polydesk.keys.keystore_v3.hashlib.scrypt",
    "polydesk.keys.keystore_v3.AES.new",
    "polydesk.keys.keystore_v3.keccak256",
    "polydesk.keys.address.PublicKey.from_valid_secret",
    "polydesk.keys.keystore_file.replace_private",
    "polydesk.keys.keystore_file.read_private",
    "polydesk.keys.vault.save_entries",
    "polydesk.keys.vault.unseal",
    "polydesk.keys.keystore_v3.secrets.token_bytes",
    "polydesk.keys.keystore_v3.hmac.compare_digest",
]


@pytest.mark.parametrize("place", PLANTED)
def test_no_frame_of_a_failure_anywhere_shows_the_key(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*arguments: object, **options: object) -> NoReturn:
        del arguments, options
        raise RuntimeError("planted")

    monkeypatch.setattr(place, fail)

    with pytest.raises(RuntimeError, match="planted") as caught:
        vault.add("main", key(), secret(), vault.file(), ADDED_NS)

    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert leaks("".join(told.format()).encode()) == []
