"""What `polydesk setup` does: from a stored key to a checked account and a profile."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from polydesk.cli import keys
from polydesk.cli.output import print_json, warn
from polydesk.config.load import load_settings
from polydesk.config.paths import default_paths
from polydesk.config.profile import WALLET_TYPES, Profile, save_profile
from polydesk.domain.units import UsdMicros, format_micros
from polydesk.errors import ConfigError
from polydesk.keys.address import parse_address
from polydesk.keys.credentials import ApiLogin
from polydesk.keys.entries import Entry
from polydesk.keys.prompts import Asker, asker
from polydesk.keys.secret import Secret
from polydesk.keys.vault import Vault
from polydesk.runtime import setup as checks
from polydesk.runtime.setup import Account, NotReady, Place
from polydesk.runtime.venue import hosts_of
from polydesk.venues.polymarket.signing.keys import ApiCredentials, PrivateKey
from polydesk.venues.polymarket.signing.wallets import Funder
from polydesk.venues.polymarket.urls import Hosts

FIRST_KEY: Final = "main"
"""Name of a key that is added on the way, when none was given."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    key: str | None
    wallet: str | None
    store: keys.StoreChoice
    as_json: bool


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was found, once all of it is good."""

    entry: Entry
    place: Place
    funder: Funder
    account: Account
    warnings: list[str]
    profile: Path


def run(
    *,
    key: str | None,
    wallet: str | None,
    config: Path | None,
    store: keys.StoreChoice,
    stdin: bool,
    as_json: bool,
) -> None:
    """Check an account from end to end, keep its credentials, write the profile."""
    paths = default_paths()
    settings = load_settings(config or paths.config_file, required=config is not None)
    wish = Wish(key, None if wallet is None else parse_address(wallet, "--wallet"), store, as_json)
    vault = keys.open_vault()
    chosen = _choose(vault, wish)
    with asker(stdin=stdin) as answers:
        result = _set_up(vault, wish, chosen, answers, hosts_of(settings), paths.profile_file,
                         UsdMicros(settings.risk.max_total_usd))  # fmt: skip
    _tell(result, as_json=as_json)


def _set_up(
    vault: Vault,
    wish: Wish,
    chosen: Entry | None,
    answers: Asker,
    hosts: Hosts,
    path: Path,
    most: UsdMicros,
) -> Result:
    # Before anything is typed: a venue that is out of reach should cost nobody a secret.
    place = asyncio.run(checks.reach(hosts))
    with _opened(vault, wish, chosen, answers) as (entry, passphrase):
        wanted = None if wish.wallet is None else _controlled(entry, wish.wallet)
        clock = place.clock
        funder = asyncio.run(checks.find_wallet(hosts, clock, entry.address, wanted))
        with passphrase or answers.secret(f"Passphrase for {entry.name}") as words:
            private = _private_key(vault, entry, words)
            account = asyncio.run(checks.examine(hosts, clock, funder, private, warn))
            del private
            with _login(account.credentials) as login:
                vault.add_credentials(entry.name, login, words)
    kind = int(funder.signature_type)
    save_profile(path, Profile(entry.name, entry.address, funder.address, kind))
    found = checks.warnings(place, funder, account, most)
    return Result(entry, place, funder, account, found, path)


def _choose(vault: Vault, wish: Wish) -> Entry | None:
    """Return the stored key that is meant; None when there is none at all yet.

    Raises:
        ConfigError: It is not clear which.
        NotReady: None of them controls the wallet.
    """
    entries = vault.entries()
    if not entries:
        return None
    if wish.key is not None:
        return vault.find(wish.key)
    if wish.wallet is not None:
        entries = tuple(e for e in entries if checks.funder_of(e.address, wish.wallet))
        if not entries:
            raise NotReady(
                f"none of the stored keys controls {wish.wallet}: `polydesk keys add NAME` keeps "
                "the key that does, which your wallet program exports."
            )
    if len(entries) > 1:
        names = ", ".join(entry.name for entry in entries)
        raise ConfigError(f"there are {len(entries)} keys ({names}): say which with --key.")
    return entries[0]


@contextlib.contextmanager
def _opened(
    vault: Vault, wish: Wish, chosen: Entry | None, answers: Asker
) -> Iterator[tuple[Entry, Secret | None]]:
    """Give the key's entry, and its passphrase when it was typed to add the key just now."""
    if chosen is not None:
        yield chosen, None
        return
    name = wish.key or FIRST_KEY
    with keys.added(vault, name, wish.store, answers) as (entry, passphrase):
        if not wish.as_json:
            _line("key", f"{entry.name} was added")
        yield entry, passphrase


def _controlled(entry: Entry, wallet: str) -> Funder:
    funder = checks.funder_of(entry.address, wallet)
    if funder is None:
        raise NotReady(
            f"the key {entry.name} ({entry.address}) does not control {wallet}: name the key that "
            "does with --key, or leave --wallet out to find the wallet of this key."
        )
    return funder


def _private_key(vault: Vault, entry: Entry, passphrase: Secret) -> PrivateKey:
    with vault.read(entry, passphrase) as secret:
        raw = bytearray(secret.view)
        try:
            return PrivateKey(raw)
        finally:
            raw[:] = bytes(len(raw))


def _login(credentials: ApiCredentials) -> ApiLogin:
    secret, passphrase = credentials.reveal()
    text = bytearray(base64.urlsafe_b64encode(secret))
    return ApiLogin(
        credentials.key, Secret.copy_of(text), Secret.copy_of(passphrase.encode("ascii", "replace"))
    )


def _tell(result: Result, *, as_json: bool) -> None:
    if as_json:
        print_json(_row(result))
        return
    account = result.account
    way = "created" if account.is_new else "derived"
    _line("key", f"{result.entry.name}: {result.entry.address}")
    _line("wallet", checks.describe(result.funder))
    _line("region", f"orders are taken from here ({result.place.region.country or 'unnamed'})")
    _line("credentials", f"{way}, kept encrypted beside the key")
    _line("account", "may only reduce positions" if account.closed_only else "may trade")
    _line("balance", f"{format_micros(account.balance, min_decimals=2)} pUSD")
    for name, amount in account.allowances.items():
        _line("allowance", f"{checks.allowance_text(amount)} to the {name} exchange")
    _line("signature", "an order for each exchange was signed and proved; none was sent")
    _line("profile", str(result.profile))
    for sentence in result.warnings:
        warn(sentence)


def _row(result: Result) -> dict[str, Any]:
    account, region = result.account, result.place.region
    return {
        "key": result.entry.name,
        "address": result.entry.address,
        "wallet": result.funder.address,
        "wallet_type": WALLET_TYPES[result.funder.signature_type],
        "signature_type": int(result.funder.signature_type),
        "region": {"blocked": region.blocked, "country": region.country, "region": region.region},
        "clock_offset_ns": result.place.clock.offset_ns,
        "credentials": "created" if account.is_new else "derived",
        "closed_only": account.closed_only,
        "balance": format_micros(account.balance),
        "allowances": {
            name: checks.allowance_text(amount) for name, amount in account.allowances.items()
        },
        "signed_for": list(account.signed_for),
        "profile": str(result.profile),
        "warnings": result.warnings,
    }


def _line(name: str, text: str) -> None:
    sys.stdout.write(f"{name:<12} {text}\n")
