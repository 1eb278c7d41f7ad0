"""What the live command refuses and asks for."""

from __future__ import annotations

import io
import os

import pytest

from polydesk.cli.trade import arm, check_passphrase, phrase_of, refuse_keys_in
from polydesk.config.profile import Profile
from polydesk.errors import ConfigError

WALLET = "0x" + "Ab" * 20
PROFILE = Profile("main", WALLET, WALLET, 0)


@pytest.mark.parametrize(
    "name", ["PRIVATE_KEY", "bot_private_key", "MY_PRIVATEKEY_2", "WALLET_MNEMONIC", "SEED_PHRASE"]
)
def test_a_secret_in_the_environment_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(ConfigError, match=f"unset {name}") as refused:
        refuse_keys_in({"HOME": "/home/me", name: "0xdeadbeef"})
    assert "deadbeef" not in str(refused.value)


def test_an_empty_variable_is_no_secret() -> None:
    refuse_keys_in({"PRIVATE_KEY": "", "POLYDESK_HOME": "/x"})


@pytest.mark.parametrize("typed", ["LIVE abab", "live ABAB", "  LIVE abab  "])
def test_the_phrase_names_the_wallet(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert phrase_of(PROFILE) == "LIVE abab"
    monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
    arm(PROFILE, from_stdin=True)


@pytest.mark.parametrize("typed", ["", "LIVE", "LIVE abac", "abab", "yes"])
def test_anything_else_arms_nothing(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
    with pytest.raises(ConfigError, match=r"not armed; type `LIVE abab`\. Nothing was sent\."):
        arm(PROFILE, from_stdin=True)


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("LIVE abab\n"))
    with pytest.raises(ConfigError, match="armed by hand"):
        arm(PROFILE, from_stdin=False)


@pytest.mark.parametrize("handle", [77_777, -1, 10**20])
def test_a_handle_that_is_not_open_is_refused(handle: int) -> None:
    with pytest.raises(ConfigError, match=f"--passphrase-fd {handle} is not open for reading: "):
        check_passphrase(handle, from_stdin=True)


def test_a_handle_must_be_open_for_reading() -> None:
    reading, writing = os.pipe()
    try:
        check_passphrase(reading, from_stdin=True)
        with pytest.raises(ConfigError, match=r"live --passphrase-fd 3 3< FILE"):
            check_passphrase(writing, from_stdin=True)
    finally:
        os.close(reading)
        os.close(writing)
