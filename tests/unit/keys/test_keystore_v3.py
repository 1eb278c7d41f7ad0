"""The keystore format: published vectors, other tools, and every kind of damage."""

from __future__ import annotations

import json
from typing import Any

import eth_keyfile
import pytest
from tests.unit.keys.fakes import (
    ADDRESS,
    KEY_HEX,
    OTHER_HEX,
    PASSPHRASE,
    QUICK,
    key,
    leaks,
    secret,
)

from polydesk.errors import KeyStoreError
from polydesk.keys.keystore_v3 import STANDARD, seal, unseal

SCRYPT: dict[str, Any] = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
        "kdf": "scrypt",
        "kdfparams": {
            "dklen": 32,
            "n": 262144,
            "p": 8,
            "r": 1,
            "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
        },
        "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}
PBKDF2: dict[str, Any] = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144,
            "dklen": 32,
            "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return seal(key(), secret(), ADDRESS, QUICK)


@pytest.mark.parametrize("keystore", [SCRYPT, PBKDF2], ids=["scrypt", "pbkdf2"])
def test_the_published_vectors_open(keystore: dict[str, Any]) -> None:
    opened = unseal(json.dumps(keystore).encode(), secret("testpassword"))

    assert opened.matches(key(OTHER_HEX))


def test_what_is_sealed_opens_again_and_shows_nothing(sealed: bytes) -> None:
    assert unseal(sealed, secret()).matches(key())
    assert leaks(sealed) == []
    assert json.loads(sealed)["address"] == ADDRESS[2:].lower()


def test_another_tool_opens_what_is_sealed_here(sealed: bytes) -> None:
    opened = eth_keyfile.decode_keyfile_json(json.loads(sealed), PASSPHRASE.encode())

    assert opened.hex() == KEY_HEX


@pytest.mark.parametrize(("kdf", "work"), [("scrypt", 1 << 15), ("pbkdf2", 200_000)])
def test_what_another_tool_seals_opens_here(kdf: str, work: int) -> None:
    made = eth_keyfile.create_keyfile_json(
        bytes.fromhex(KEY_HEX), PASSPHRASE.encode(), kdf=kdf, iterations=work
    )

    assert unseal(json.dumps(made).encode(), secret()).matches(key())


def test_no_two_seals_are_alike(sealed: bytes) -> None:
    again = json.loads(seal(key(), secret(), ADDRESS, QUICK))
    first = json.loads(sealed)

    assert again["id"] != first["id"]
    assert again["crypto"]["ciphertext"] != first["crypto"]["ciphertext"]
    assert again["crypto"]["kdfparams"]["salt"] != first["crypto"]["kdfparams"]["salt"]


def test_the_standard_work_is_the_strong_setting_of_wallets() -> None:
    assert STANDARD.memory == 256 << 20


def test_a_wrong_passphrase_is_one_sentence(sealed: bytes) -> None:
    with pytest.raises(KeyStoreError, match="the passphrase is wrong") as caught:
        unseal(sealed, secret("correct horse batterx"))

    assert "\n" not in str(caught.value)


def _changed(sealed: bytes, path: str, value: object) -> bytes:
    keystore = json.loads(sealed)
    *folders, last = path.split(".")
    inner = keystore
    for folder in folders:
        inner = inner[folder]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(keystore).encode()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("version", 1, "version 1"),
        ("version", "3", "damaged"),
        ("crypto", None, "damaged"),
        ("crypto.mac", None, "damaged"),
        ("crypto.mac", "zz", "damaged"),
        ("crypto.mac", "00" * 32, "passphrase is wrong"),
        ("crypto.cipher", "aes-256-cbc", "another cipher"),
        ("crypto.cipherparams.iv", "00", "wrong length"),
        ("crypto.ciphertext", "00" * 31, "wrong length"),
        ("crypto.ciphertext", "00" * 32, "passphrase is wrong"),
        ("crypto.kdf", "argon2", "unknown way"),
        ("crypto.kdf", "pbkdf2", "damaged"),
        ("crypto.kdfparams.salt", "0", "damaged"),
        ("crypto.kdfparams.dklen", 16, "make no sense"),
        ("crypto.kdfparams.n", 1 << 12, "too weak"),
        ("crypto.kdfparams.n", 0, "make no sense"),
        ("crypto.kdfparams.n", (1 << 14) + 1, "damaged"),
        ("crypto.kdfparams.n", 1 << 40, "more memory"),
        ("crypto.kdfparams.n", 10**30, "damaged"),
        ("crypto.kdfparams.p", 1_000_000, "more memory"),
        ("crypto.kdfparams.p", -1, "make no sense"),
    ],
)
def test_damage_is_told_in_one_sentence(
    sealed: bytes, path: str, value: object, words: str
) -> None:
    with pytest.raises(KeyStoreError, match=words) as caught:
        unseal(_changed(sealed, path, value), secret())

    assert "\n" not in str(caught.value)
    assert leaks(str(caught.value).encode()) == []


@pytest.mark.parametrize(("rounds", "words"), [(1_000, "too weak"), (10**9, "more memory or time")])
def test_weak_and_endless_rounds_are_refused(rounds: int, words: str) -> None:
    keystore = _changed(json.dumps(PBKDF2).encode(), "crypto.kdfparams.c", rounds)

    with pytest.raises(KeyStoreError, match=words):
        unseal(keystore, secret("testpassword"))


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_cut_file_is_damaged(sealed: bytes, share: float) -> None:
    with pytest.raises(KeyStoreError, match="not complete JSON"):
        unseal(sealed[: int(share * len(sealed))], secret())


@pytest.mark.parametrize("text", [b"[]", b"null", b"\xff\xfe", b"{}", b'{"version": 3}'])
def test_another_file_is_damaged(text: bytes) -> None:
    with pytest.raises(KeyStoreError, match="damaged"):
        unseal(text, secret())


def test_a_counter_at_its_end_begins_anew_as_other_tools_have_it() -> None:
    keystore = eth_keyfile.create_keyfile_json(
        bytes.fromhex(KEY_HEX), PASSPHRASE.encode(), kdf="pbkdf2", iterations=200_000
    )
    keystore["crypto"]["cipherparams"]["iv"] = "ff" * 16
    elsewhere = eth_keyfile.decode_keyfile_json(keystore, PASSPHRASE.encode())

    assert unseal(json.dumps(keystore).encode(), secret()).matches(key(elsewhere.hex()))
