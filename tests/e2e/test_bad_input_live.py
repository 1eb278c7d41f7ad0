"""Whatever is wrong with a key, an account or the venue: one sentence with the way out.

Nothing typed is lost to a venue that is out of reach, and nothing is left half-written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.e2e.setup_world import API_SECRET, API_WORDS, ScriptedVenue, User, scripted
from tests.unit.keys.fakes import (
    ADDRESS,
    KEY_HEX,
    OTHER_ADDRESS,
    OTHER_HEX,
    PASSPHRASE,
    ForgetfulKeyring,
    LockedKeyring,
    PlaintextKeyring,
    allow,
)

from polydesk.venues.polymarket.signing.contracts import EXCHANGE, EXCHANGE_V3, NEG_RISK_EXCHANGE
from polydesk.venues.polymarket.signing.wallets import funders

pytestmark = pytest.mark.e2e
ACCOUNT, PROXY, SAFE, BEACON, UUPS = funders(ADDRESS)
LIMIT = str(2**256 - 1)
GIVEN = (KEY_HEX, PASSPHRASE)


@pytest.fixture
def venue() -> Iterator[ScriptedVenue]:
    with scripted() as running:
        yield running


@pytest.fixture
def user(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    venue: ScriptedVenue,
) -> User:
    """Somebody without a key yet."""
    someone = User(tmp_path / "home", monkeypatch, capsys)
    someone.trades_at(venue.hosts)
    return someone


@pytest.fixture
def ready(user: User) -> User:
    """Somebody whose key is kept."""
    user.adds()
    return user


# --- the key ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (KEY_HEX[:-1], "a private key has 64 hexadecimal digits, with or without 0x; this has 63"),
        (KEY_HEX[:-1] + "g", "a private key has only the digits 0-9 and a-f; this has others"),
        (ADDRESS, "that is an address, not a private key"),
        ("word " * 11 + "word", "that looks like a recovery phrase"),
        ("0" * 64, "this number is no private key"),
        ("", "this has 0"),
    ],
)
def test_a_key_in_the_wrong_format_adds_nothing(user: User, typed: str, words: str) -> None:
    before = user.files()
    status, out, err = user.run("setup", "--stdin", "--store", "file", given=(typed, PASSPHRASE))

    assert (status, out, err.count("\n"), words in err) == (2, "", 1, True), err
    assert user.files() == before


def test_the_key_of_another_wallet_is_told_from_the_right_one(ready: User) -> None:
    foreign = funders(OTHER_ADDRESS)[3].address

    assert ready.fails("--wallet", foreign, "--key", "main") == (
        f"the key main ({ADDRESS}) does not control {foreign}: name the key that does with --key, "
        "or leave --wallet out to find the wallet of this key."
    )
    assert ready.fails("--wallet", foreign) == (
        f"none of the stored keys controls {foreign}: `polydesk keys add NAME` keeps the key that "
        "does, which your wallet program exports."
    )


def test_of_several_keys_the_wallet_says_which(ready: User, venue: ScriptedVenue) -> None:
    ready.adds("other", OTHER_HEX)
    theirs = funders(OTHER_ADDRESS)[2]
    venue.deployed.add(theirs.address)

    assert ready.sets_up("--wallet", theirs.address)["key"] == "other"
    assert ready.profile.key == "other"
    status, _, err = ready.run("setup", "--stdin", given=[PASSPHRASE])
    assert (status, err) == (2, "polydesk: there are 2 keys (main, other): say which with --key.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--wallet", ADDRESS[:-1]), "--wallet needs 0x and 40 hexadecimal digits"),
        (("--wallet", ADDRESS.replace("c", "C", 1)), "its checksum is wrong"),
        (("--wallet", KEY_HEX), "--wallet needs 0x and 40 hexadecimal digits"),
        (("--key", "mian"), "there is no key mian; did you mean main?"),
        (("--key", f"0x{KEY_HEX}"), "a key's name has up to 32"),
        ((f"--key={KEY_HEX}x",), "a key's name has up to 32"),
        ((KEY_HEX,), "takes nothing more: it asks for keys and passphrases"),
        ((f"--{KEY_HEX}",), "(hidden)"),
        (("--config", "nowhere.toml"), "there is no such settings file"),
    ],
)
def test_a_mistake_on_the_command_line_asks_nothing(
    ready: User, venue: ScriptedVenue, arguments: tuple[str, ...], words: str
) -> None:
    status, out, err = ready.run("setup", "--stdin", *arguments)

    assert (status, out, err.count("\n"), words in err) == (2, "", 1, True), err
    assert venue.asked == []


def test_a_wrong_passphrase_leaves_an_earlier_profile_as_it_was(ready: User) -> None:
    ready.sets_up()
    earlier = ready.profile

    assert "the passphrase is wrong" in ready.fails(given=["not that one"])
    assert ready.profile == earlier


# --- the keyring -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ((), "there is no system keyring that can be used here"),
        ((LockedKeyring,), "is locked; unlock it and try again."),
        ((ForgetfulKeyring,), "does not keep what it is given"),
    ],
    ids=["missing", "locked", "null"],
)
def test_a_keyring_that_cannot_be_used_is_told_before_anything_is_typed(
    user: User,
    monkeypatch: pytest.MonkeyPatch,
    kinds: tuple[type[LockedKeyring], ...],
    words: str,
) -> None:
    allow(monkeypatch, *kinds)

    said = user.fails(given=())
    assert words in said
    assert ("--store file" in said) or kinds == (LockedKeyring,)


@pytest.mark.parametrize(
    "chosen", ["tests.unit.keys.fakes.PlaintextKeyring", "keyring.backends.null.Keyring"]
)
def test_a_keyring_chosen_by_the_environment_is_not_even_considered(
    user: User, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    PlaintextKeyring.items.clear()
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", chosen)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={user.home}/no-bus")

    assert "there is no system keyring that can be used here" in user.fails(given=GIVEN)
    assert PlaintextKeyring.items == {}


# --- the venue -------------------------------------------------------------------------------


def test_a_venue_out_of_reach_costs_nobody_a_passphrase(ready: User, venue: ScriptedVenue) -> None:
    venue.answers["/time"] = (503, {"error": "later"})

    assert "answered 503" in ready.fails(given=())


def test_a_blocked_region_ends_it_and_nothing_helps_around_it(
    ready: User, venue: ScriptedVenue
) -> None:
    venue.answers["/geoblock"] = (200, {"blocked": True, "country": "US", "region": "NY"})

    assert ready.fails(given=()) == (
        "the venue takes no orders from where you are (US-NY), so nothing was set up; paper "
        "trading works everywhere."
    )
    assert {path for _, path in venue.asked} == {"/time", "/geoblock"}


@pytest.mark.parametrize("body", [{}, [], {"blocked": "no"}, {"blocked": None}])
def test_a_region_that_is_not_told_is_not_taken_for_a_free_one(
    ready: User, venue: ScriptedVenue, body: object
) -> None:
    venue.answers["/geoblock"] = (200, body)

    assert "blocked" in ready.fails(given=())


def test_without_a_deployed_wallet_the_keys_own_account_trades(ready: User) -> None:
    assert ready.sets_up()["signature_type"] == 0
    assert (ready.profile.wallet, ready.profile.address) == (ADDRESS, ADDRESS)


@pytest.mark.parametrize("funder", [PROXY, SAFE, BEACON, UUPS])
def test_the_one_deployed_wallet_is_found(
    ready: User, venue: ScriptedVenue, funder: tuple[str, int]
) -> None:
    venue.deployed.add(funder[0])
    ready.sets_up()

    assert (ready.profile.wallet, ready.profile.signature_type) == funder


def test_several_wallets_are_listed_to_choose_from(ready: User, venue: ScriptedVenue) -> None:
    venue.deployed |= {SAFE.address, UUPS.address}

    said = ready.fails(given=())
    assert said.startswith("this key has 2 wallets (Safe 0x")
    assert UUPS.address in said
    assert BEACON.address not in said
    assert "`polydesk setup --wallet ADDRESS`" in said


def test_a_wallet_that_does_not_exist_yet_is_told(ready: User) -> None:
    assert ready.fails("--wallet", BEACON.address, given=()) == (
        f"the deposit wallet {BEACON.address} (signature type 3) does not exist on chain yet: log "
        "in once on the venue's site with this key, which makes it, then run `polydesk setup` "
        "again."
    )


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"/deployed": (200, {})}, "did not say whether"),
        ({"/deployed": (400, {"error": "bad address"})}, "refused with 400"),
        (
            {
                "/auth/derive-api-key": (401, {"error": "Invalid L1 Request headers"}),
                "/auth/api-key": (401, {"error": "Invalid L1 Request headers"}),
            },
            "gives this key no API credentials (401: Invalid L1 Request headers): set the "
            "computer's clock",
        ),
        ({"/auth/derive-api-key": (200, {"apiKey": "x"})}, "without complete API credentials"),
        ({"/auth/derive-api-key": (503, {"error": "later"})}, "answered 503: later"),
        (
            {"/auth/ban-status/closed-only": (401, {"error": "Unauthorized/Invalid api key"})},
            "the venue does not take this key's credentials",
        ),
        ({"/auth/ban-status/closed-only": (200, {})}, "did not answer whether closed_only"),
        ({"/balance-allowance": (200, {"balance": "-1"})}, "not an amount in base units"),
        ({"/balance-allowance": (400, {"error": "Invalid signature_type"})}, "signature_type"),
    ],
)
def test_a_venue_that_refuses_or_babbles_is_one_sentence(
    ready: User,
    venue: ScriptedVenue,
    answers: Mapping[str, tuple[int, object]],
    words: str,
) -> None:
    venue.answers.update(answers)

    said = ready.fails()
    assert words in said
    assert API_SECRET not in said
    assert API_WORDS not in said


def test_a_folder_that_takes_no_file_is_told_and_the_old_profile_stays(
    ready: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.sets_up()
    blocker = ready.home / "config" / ".profile.toml.new"
    blocker.mkdir()

    status, out, err = ready.run("setup", "--stdin", given=[PASSPHRASE])
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "profile.toml cannot be written" in err
    assert ready.profile.key == "main"


# --- what does not stop a setup but will be in the way ------------------------------------------


def allowances(standard: str, neg_risk: str, newer: str) -> dict[str, str]:
    return {EXCHANGE: standard, NEG_RISK_EXCHANGE: neg_risk, EXCHANGE_V3: newer}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        (
            "/balance-allowance",
            {"balance": "0", "allowances": allowances(LIMIT, LIMIT, LIMIT)},
            "holds no pUSD: deposit there, or log in on the venue's site, which makes the deposit "
            "wallet that accounts since May 2026 need",
        ),
        (
            "/balance-allowance",
            {"balance": "25000000", "allowances": allowances("0", LIMIT, LIMIT)},
            "allows too little pUSD to the standard exchange: approve trading once",
        ),
        (
            "/balance-allowance",
            {"balance": "25000000", "allowances": allowances("24999999", "0", LIMIT)},
            "allows too little pUSD to the standard and negative risk exchanges: approve",
        ),
        (
            "/balance-allowance",
            {"balance": "25000000", "allowance": LIMIT},
            "allows too little pUSD to the version 3 exchange: approve",
        ),
        (
            "/balance-allowance",
            {"balance": "5000000001", "allowances": allowances(LIMIT, LIMIT, LIMIT)},
            "holds 5000.000001 pUSD, but the desk may risk 5000 in all ([risk] max_total_usd)",
        ),
        ("/auth/ban-status/closed-only", {"closed_only": True}, "only reduce positions"),
    ],
)
def test_what_will_be_in_the_way_is_told_and_the_profile_is_written(
    ready: User, venue: ScriptedVenue, path: str, body: object, words: str
) -> None:
    venue.answers[path] = (200, body)

    status, _, err = ready.run("setup", "--stdin", given=[PASSPHRASE])
    assert (status, err.count("\n"), words in err) == (0, 1, True), err
    assert ready.profile.key == "main"
    (sentence,) = ready.sets_up()["warnings"]
    assert words in sentence


def test_a_clock_that_is_wrong_is_told_and_corrected_for(ready: User, venue: ScriptedVenue) -> None:
    venue.ahead_s = 100

    report = ready.sets_up()
    assert "s behind the venue's: set it" in report["warnings"][0]
    assert abs(report["clock_offset_ns"] - 100 * 10**9) < 3 * 10**9


def test_a_healthy_account_has_no_warning(ready: User, venue: ScriptedVenue) -> None:
    report = ready.sets_up()

    assert report["warnings"] == []
    assert report["region"] == {"blocked": False, "country": "IE", "region": "L"}
    assert (report["credentials"], report["closed_only"]) == ("derived", False)
    assert ready.login() == (
        "f4f247b7-0001",
        API_SECRET.replace("+", "-").encode(),
        API_WORDS.encode(),
    )
    assert ("POST", "/auth/api-key") not in venue.asked
    assert ("POST", "/order") not in venue.asked
    assert json.dumps(report).count(API_WORDS) == 0
