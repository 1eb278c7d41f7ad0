"""The trading profile comes back as it was written, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from polydesk.config.profile import Profile, load_profile, save_profile
from polydesk.errors import ConfigError

ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
WALLET = "0xBc0fF067b7740Eff76C1ca93c875Ba6B890d6B50"
DEPOSIT = Profile("main", ADDRESS, WALLET, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "profile.toml"


@pytest.mark.parametrize("profile", [DEPOSIT, Profile("a-1", ADDRESS, ADDRESS, 0)])
def test_what_is_written_is_read(path: Path, profile: Profile) -> None:
    save_profile(path, profile)

    assert load_profile(path) == profile
    assert [file.name for file in path.parent.iterdir()] == ["profile.toml"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [(0, "the key's own account"), (1, "proxy wallet"), (2, "Safe"), (3, "deposit wallet")],
)
def test_a_wallet_is_called_what_people_call_it(kind: int, name: str) -> None:
    assert Profile("main", ADDRESS, WALLET, kind).wallet_type == name


def test_without_one_the_sentence_names_the_command(path: Path) -> None:
    with pytest.raises(ConfigError, match="no trading profile yet; `polydesk setup`"):
        load_profile(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 1", "version = 2"),
        ("version = 1", ""),
        ('key = "main"', "key = 7"),
        ("key =", "name ="),
        ("signature_type = 3", "signature_type = 4"),
        ("signature_type = 3", "signature_type = true"),
        ("signature_type = 3", "signature_type = 0"),
        ("signature_type = 3", 'signature_type = 3\nsecret = "x"'),
        (WALLET, WALLET[:-1]),
        (WALLET, "0x" + "g" * 40),
    ],
)
def test_a_damaged_one_is_never_half_believed(path: Path, old: str, new: str) -> None:
    save_profile(path, DEPOSIT)
    path.write_text(path.read_text().replace(old, new, 1))

    with pytest.raises(ConfigError, match=r"damaged or of another version; run `polydesk setup`"):
        load_profile(path)


@pytest.mark.parametrize("text", [b"\xff", b"key =", b"["])
def test_a_file_that_is_no_toml_is_one_sentence(path: Path, text: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(text)

    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_profile(path)
    assert "\n" not in str(caught.value)


def test_a_full_disk_leaves_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_profile(path, DEPOSIT)

    def fail(_: int) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigError, match="No space left on device"):
        save_profile(path, Profile("other", ADDRESS, ADDRESS, 0))
    assert load_profile(path) == DEPOSIT
    assert [file.name for file in path.parent.iterdir()] == ["profile.toml"]
