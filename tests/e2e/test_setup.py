"""Setting up an account against the sandbox: from a key to what live trading starts with."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.cli import ENTER, TIMEOUT_S, env
from tests.e2e.setup_world import Sandbox, User, sandbox
from tests.unit.keys.fakes import ADDRESS, KEY_HEX, OTHER_HEX, PASSPHRASE, leaks
from tests.unit.signer.asks import CAPS, order

from polydesk.config.profile import Profile
from polydesk.runtime.venue import venue_clock
from polydesk.signer.client import SignerProcess
from polydesk.signer.messages import Account, Start
from polydesk.venues.polymarket.signing.orders import SignatureType
from polydesk.venues.polymarket.signing.wallets import Funder, funders
from polydesk.venues.polymarket.trading.account import COLLATERAL
from polydesk.venues.polymarket.trading.client import TradingRest
from polydesk.venues.polymarket.wire.user_orders import OwnIdentity

pytestmark = pytest.mark.e2e
KINDS = ["the key's own account", "proxy wallet", "Safe", "deposit wallet", "deposit wallet"]


@pytest.fixture(scope="module")
def exchange() -> Iterator[Sandbox]:
    with sandbox("--cash", "1234.5") as running:
        yield running


@pytest.fixture
def user(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    exchange: Sandbox,
) -> User:
    someone = User(tmp_path / "home", monkeypatch, capsys)
    someone.trades_at(exchange.hosts)
    return someone


def skew_only(warnings: list[str]) -> bool:
    """The recording's time is long past, which is told."""
    return len(warnings) == 1 and "set it; until then the desk corrects" in warnings[0]


@pytest.mark.parametrize(("funder", "kind"), zip(funders(ADDRESS), KINDS, strict=True))
def test_every_kind_of_wallet_is_set_up_and_the_profile_says_which(
    user: User, funder: Funder, kind: str
) -> None:
    user.adds()
    report = user.sets_up("--wallet", funder.address.lower())

    assert user.profile == Profile("main", ADDRESS, funder.address, int(funder.signature_type))
    assert (report["wallet"], report["wallet_type"]) == (funder.address, kind)
    assert report["balance"] == "1234.5"
    assert set(report["allowances"].values()) == {"unlimited"}
    assert report["signed_for"] == ["standard", "negative risk", "version 3"]
    assert skew_only(report["warnings"])
    assert user.login() is not None


def test_a_first_key_is_added_on_the_way(user: User) -> None:
    report = user.sets_up("--wallet", ADDRESS, "--store", "file", given=(KEY_HEX, PASSPHRASE))

    assert (report["key"], report["address"]) == ("main", ADDRESS)
    assert user.profile.key == "main"


def test_done_twice_it_derives_the_same_credentials(user: User, exchange: Sandbox) -> None:
    user.adds("second", OTHER_HEX)
    mine = funders(json.loads(user.run("keys", "list", "--json")[1])["keys"][0]["address"])[3]

    first = user.sets_up("--wallet", mine.address)
    kept = user.login("second")
    again = user.sets_up("--wallet", mine.address)

    assert (first["credentials"], again["credentials"]) == ("created", "derived")
    assert kept is not None
    assert user.login("second") == kept


def test_what_is_kept_is_encrypted_and_the_profile_holds_no_secret(user: User) -> None:
    user.adds()
    user.sets_up("--wallet", ADDRESS)

    login = user.login()
    assert login is not None
    written = b"".join(user.files().values())
    assert leaks(written) == []
    for part in login:
        assert (part if isinstance(part, bytes) else part.encode()) not in written
    names = {name for name in user.files() if name.startswith("data/keys")}
    assert names == {
        f"data/keys/{name}" for name in ("entries.json", "main.a.json", "main.api.json")
    }


@pytest.mark.parametrize("funder", [funders(ADDRESS)[0], funders(ADDRESS)[3]])
def test_the_signer_trades_with_what_was_set_up(
    user: User, exchange: Sandbox, funder: Funder
) -> None:
    user.adds()
    user.sets_up("--wallet", funder.address)

    balance, maker = asyncio.run(_ask_as_the_desk_does(user, exchange))

    assert balance == 1_234_500_000
    assert maker == funder.address


async def _ask_as_the_desk_does(user: User, exchange: Sandbox) -> tuple[int, str]:
    """Return the balance and the maker of an order, through a signer started by the profile."""
    profile, clock = user.profile, await venue_clock(exchange.hosts)
    kind = SignatureType(profile.signature_type)
    account = Account(kind, profile.wallet if kind else "")
    start = Start(str(user.keys), profile.key, account, CAPS, clock.offset_ns // 1_000_000)
    source, sink = os.pipe()
    os.write(sink, f"{PASSPHRASE}\n".encode())
    os.close(sink)
    signer = await _started(start, source)
    rest = TradingRest(
        exchange.hosts, clock, signer, OwnIdentity(signer.hello.api_key, frozenset())
    )
    try:
        assert not await rest.closed_only()
        counted = await rest.balance(COLLATERAL, None, profile.signature_type)
        wanted = order(timestamp_ms=clock.now_ns() // 1_000_000)
        signed = await signer.sign_order(wanted)
        return counted.balance, json.loads(signed.body)["order"]["maker"]
    finally:
        await rest.close()
        await signer.close()


async def _started(start: Start, passphrase_fd: int) -> SignerProcess:
    try:
        return await SignerProcess.start(start, passphrase_fd=passphrase_fd)
    finally:
        os.close(passphrase_fd)


def test_the_whole_way_as_a_process_of_its_own(user: User) -> None:
    given = f"{KEY_HEX}\n{PASSPHRASE}\n"
    done = subprocess.run(
        [sys.executable, "-c", ENTER, "setup", "--stdin", "--store", "file", "--wallet", ADDRESS],
        input=given, env=env(user.home), capture_output=True, text=True, timeout=TIMEOUT_S,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == [
        "key", "key", "wallet", "region", "credentials", "account", "balance",
        "allowance", "allowance", "allowance", "signature", "profile",
    ]  # fmt: skip
    assert done.stderr.count("\n") == 1
    assert leaks((done.stdout + done.stderr).encode()) == []
    assert leaks(b"".join(user.files().values())) == []
