"""What `polydesk keys …` does."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from polydesk.cli.output import print_json
from polydesk.config.paths import default_paths
from polydesk.errors import ConfigError
from polydesk.keys.address import address_of, parse_address
from polydesk.keys.entries import Entry, KeyStore
from polydesk.keys.key_text import parse_key
from polydesk.keys.keyring_store import open_keyring
from polydesk.keys.prompts import Asker, asker
from polydesk.keys.secret import Secret, forbid_core_dumps
from polydesk.keys.vault import Vault
from polydesk.runtime.clocks import LiveClock

StoreChoice = Literal["keyring", "file"]


def add(name: str, *, store: StoreChoice, address: str | None, stdin: bool) -> None:
    """Ask for a new key and keep it."""
    expected = None if address is None else parse_address(address)
    vault = open_vault()
    place = _place_for(vault, name, store)
    with asker(stdin=stdin) as answers, _added(vault, name, place, expected, answers) as (entry, _):
        _say(f"{name}: {entry.address} is kept in {place.place(entry.slot)}.")


@contextlib.contextmanager
def added(
    vault: Vault, name: str, store: StoreChoice, answers: Asker
) -> Iterator[tuple[Entry, Secret]]:
    """Ask for a new key, keep it, and give its entry and the passphrase that was typed."""
    place = _place_for(vault, name, store)
    with _added(vault, name, place, None, answers) as kept:
        yield kept


def show(*, as_json: bool) -> None:
    """Print the list."""
    entries = open_vault().entries()
    if as_json:
        print_json({"keys": [_row(entry) for entry in entries]})
        return
    if not entries:
        _say("no keys yet; `polydesk keys add NAME` keeps one.")
    for entry in entries:
        _say("  ".join((f"{entry.name:<16}", entry.address, f"{entry.store:<18}", _day(entry))))


def prove(name: str, *, stdin: bool) -> None:
    """Read a key and compare the address it controls."""
    vault = open_vault()
    entry = vault.find(name)
    with asker(stdin=stdin) as answers, answers.secret(f"Passphrase for {name}") as passphrase:
        vault.read(entry, passphrase).wipe()
    _say(f"{name}: read from {entry.store} and proved to control {entry.address}.")


def rotate(name: str, *, address: str | None, stdin: bool) -> None:
    """Ask for another key and put it in the place of an earlier one."""
    expected = None if address is None else parse_address(address)
    vault = open_vault()
    old = vault.find(name)
    vault.store_of(old)
    with (
        asker(stdin=stdin) as answers,
        _ask_key(answers, expected) as key,
        answers.secret_twice(f"New passphrase for {name}") as passphrase,
    ):
        new = vault.rotate(name, key, passphrase, LiveClock().now_ns())
    _say(
        f"{name}: the same key, {new.address}, has the new passphrase."
        if new.address == old.address
        else f"{name}: {new.address} replaces {old.address}, which keeps what it holds."
    )


def forget(name: str, *, stdin: bool) -> None:
    """Remove a key once its name was typed."""
    vault = open_vault()
    entry = vault.find(name)
    with asker(stdin=stdin) as answers:
        typed = answers.line(
            f"Without a copy elsewhere, {entry.address} is lost.\nType {name} to forget its key"
        )
    if typed != name:
        raise ConfigError(f"nothing was forgotten: that was not {name}.")
    vault.forget(name)
    _say(f"{name}: the key of {entry.address} is forgotten.")


def open_vault() -> Vault:
    """Return all keys of this user; from here on a crash writes no image of the memory."""
    forbid_core_dumps()
    return Vault(default_paths().keys, open_keyring)


def _place_for(vault: Vault, name: str, store: StoreChoice) -> KeyStore:
    """Open the store of a new key before anything is typed.

    A keyring that cannot be used should cost nobody a secret.
    """
    vault.check_free(name)
    return vault.file() if store == "file" else vault.keyring()


@contextlib.contextmanager
def _added(
    vault: Vault, name: str, place: KeyStore, expected: str | None, answers: Asker
) -> Iterator[tuple[Entry, Secret]]:
    with (
        _ask_key(answers, expected) as key,
        answers.secret_twice(f"Passphrase for {name}") as passphrase,
    ):
        entry = vault.add(name, key, passphrase, place, LiveClock().now_ns())
        key.wipe()
        yield entry, passphrase


def _ask_key(answers: Asker, expected: str | None) -> Secret:
    """Return the key that was typed, if it is the one of the expected address."""
    with answers.secret_twice("Private key") as typed:
        key = parse_key(typed)
    address = address_of(key)
    if expected not in {None, address}:
        key.wipe()
        raise ConfigError(f"this key controls {address}, not {expected}.")
    return key


def _row(entry: Entry) -> dict[str, str]:
    return {
        "name": entry.name,
        "address": entry.address,
        "store": entry.store,
        "added": datetime.fromtimestamp(entry.added_ns // 1_000_000_000, UTC).isoformat(),
    }


def _day(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.added_ns // 1_000_000_000, UTC).date().isoformat()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
