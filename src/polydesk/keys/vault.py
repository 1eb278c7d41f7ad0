"""What a person does with keys: add, list, prove, replace, forget.

The list is written before the store when a key comes and after it when a key goes, so that a
crash at any moment leaves no key that the list does not name.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

import msgspec

from polydesk.config.paths import private_folder
from polydesk.errors import ConfigError, KeyStoreError
from polydesk.keys.address import address_of
from polydesk.keys.credentials import ApiLogin, credentials_slot, open_login, seal_login
from polydesk.keys.entries import (
    Entry,
    Half,
    KeyStore,
    StoreName,
    check_name,
    load_entries,
    save_entries,
    slot,
)
from polydesk.keys.keystore_file import FileStore
from polydesk.keys.keystore_v3 import STANDARD, Cost, seal, unseal
from polydesk.keys.secret import Secret

SHORTEST_PASSPHRASE: Final = 8
LOCK_S: Final = 5.0
OTHER: Final[dict[Half, Half]] = {"a": "b", "b": "a"}


class SealedKey(NamedTuple):
    """What a store keeps of one key; only the passphrase opens it."""

    entry: Entry
    keystore: bytes
    login: bytes | None
    """Sealed API credentials, or None before there are any."""
    place: str
    """For a person."""

    def open_key(self, passphrase: Secret) -> Secret:
        """Return the key, proved to be the one of its address; the caller wipes it.

        Raises:
            KeyStoreError: It is damaged, or the passphrase is wrong.
        """
        return _open(self.entry, self.keystore, passphrase, self.place)

    def open_credentials(self, passphrase: Secret) -> ApiLogin | None:
        """Return the API credentials, or None when there are none; the caller wipes them.

        Raises:
            KeyStoreError: They are damaged, of another key, or the passphrase is wrong.
        """
        if self.login is None:
            return None
        try:
            return open_login(self.login, self.entry.address, passphrase)
        except KeyStoreError as error:
            raise KeyStoreError(
                f"the API credentials of {self.entry.name} cannot be opened ({error}) "
                "Run `polydesk setup` again."
            ) from error


class Vault:
    """All keys of one desk."""

    def __init__(
        self,
        folder: Path,
        open_keyring: Callable[[StoreName | None], KeyStore],
        cost: Cost = STANDARD,
    ) -> None:
        """Take the folder of the list and of the keystore files.

        Args:
            folder: Made when it is missing.
            open_keyring: Opens the named system keyring, or the best one.
            cost: Work for each guess of a passphrase that is set from now on.
        """
        self._folder = folder
        self._open_keyring = open_keyring
        self._cost = cost

    def entries(self) -> tuple[Entry, ...]:
        """Return all keys in the order of their names."""
        return tuple(sorted(load_entries(self._folder), key=lambda entry: entry.name))

    def find(self, name: str) -> Entry:
        """Return one key's entry.

        Raises:
            ConfigError: There is no such key.
        """
        check_name(name)
        entries = {entry.name: entry for entry in self.entries()}
        if name in entries:
            return entries[name]
        near = difflib.get_close_matches(name, entries, n=1)
        hint = f"did you mean {near[0]}?" if near else "`polydesk keys list` shows what there is."
        raise ConfigError(f"there is no key {name}; {hint}")

    def check_free(self, name: str) -> None:
        """Refuse a name that is malformed or taken.

        Raises:
            ConfigError: It cannot be used for a new key.
        """
        check_name(name)
        if any(entry.name == name for entry in self.entries()):
            raise ConfigError(
                f"there is a key {name} already; `polydesk keys rotate {name}` replaces it."
            )

    def keyring(self) -> KeyStore:
        """Open the best system keyring."""
        return self._open_keyring(None)

    def file(self) -> KeyStore:
        """Open the store of encrypted files."""
        return FileStore(private_folder(self._folder))

    def store_of(self, entry: Entry) -> KeyStore:
        """Open the store that a key is in."""
        return self.file() if entry.store is StoreName.FILE else self._open_keyring(entry.store)

    def add(
        self, name: str, key: Secret, passphrase: Secret, store: KeyStore, added_ns: int
    ) -> Entry:
        """Keep a new key and prove that it can be read again.

        Raises:
            ConfigError: The name is taken or the passphrase too short.
            KeyStoreError: The store did not keep it; nothing was added.
        """
        check_passphrase(passphrase)
        with self._changing():
            self.check_free(name)
            entry = Entry(name, address_of(key), store.name, "a", added_ns)
            self._refuse_unlisted(entry, store)
            before = load_entries(self._folder)
            try:
                save_entries(self._folder, (*before, entry))
                # Of a key that had this name and was lost with its list.
                store.delete(credentials_slot(name))
                self._keep(entry, key, passphrase, store)
            except BaseException:
                with contextlib.suppress(KeyStoreError):
                    store.delete(entry.slot)
                save_entries(self._folder, before)
                raise
        return entry

    def read(self, entry: Entry, passphrase: Secret) -> Secret:
        """Return a key, proved to be the one of its address; the caller wipes it.

        Raises:
            KeyStoreError: It is not there, damaged, or the passphrase is wrong.
        """
        return self.fetch(entry, with_credentials=False).open_key(passphrase)

    def fetch(self, entry: Entry, *, with_credentials: bool = True) -> SealedKey:
        """Return what is kept of a key, still sealed.

        Raises:
            KeyStoreError: It is not there.
        """
        return _fetch(entry, self.store_of(entry), with_credentials=with_credentials)

    def add_credentials(self, name: str, login: ApiLogin, passphrase: Secret) -> None:
        """Keep a key's API credentials, in place of earlier ones, and prove them readable.

        Args:
            name: Of the key.
            login: As the venue gave it.
            passphrase: The key's own.

        Raises:
            ConfigError: There is no such key.
            KeyStoreError: The passphrase is wrong, or the store did not keep them.
        """
        with self._changing():
            entry = self.find(name)
            store = self.store_of(entry)
            _fetch(entry, store, with_credentials=False).open_key(passphrase).wipe()
            store.write(
                credentials_slot(name), seal_login(login, entry.address, passphrase, self._cost)
            )
            with _fetch(entry, store).open_credentials(passphrase) or _missing(entry) as again:
                kept = again.secret.matches(login.secret)
                if not kept or not again.passphrase.matches(login.passphrase):
                    raise KeyStoreError("the key's store does not keep what it is given.")

    def read_credentials(self, name: str, passphrase: Secret) -> ApiLogin | None:
        """Return a key's API credentials, or None; the caller wipes them.

        Raises:
            ConfigError: There is no such key.
            KeyStoreError: They cannot be read, or the passphrase is wrong.
        """
        return self.fetch(self.find(name)).open_credentials(passphrase)

    def rotate(self, name: str, key: Secret, passphrase: Secret, changed_ns: int) -> Entry:
        """Replace a key; the old one stays until the new one has been read back.

        Its API credentials go with the old one: they belong to it, or to its passphrase.

        Raises:
            ConfigError: There is no such key, or the passphrase is too short.
            KeyStoreError: The store did not keep the new one; the old one is unharmed.
        """
        check_passphrase(passphrase)
        with self._changing():
            old = self.find(name)
            store = self.store_of(old)
            new = msgspec.structs.replace(
                old, address=address_of(key), half=OTHER[old.half], added_ns=changed_ns
            )
            try:
                self._keep(new, key, passphrase, store)
            except BaseException:
                with contextlib.suppress(KeyStoreError):
                    store.delete(new.slot)
                raise
            # Should the list fail now, it may name either key: so both stay.
            self._list_instead(old, new)
            _drop_old(old, store)
        return new

    def forget(self, name: str) -> None:
        """Remove a key from its store, then from the list.

        Raises:
            ConfigError: There is no such key.
            KeyStoreError: The store did not remove it; it stays in the list.
        """
        with self._changing():
            entry = self.find(name)
            store = self.store_of(entry)
            store.delete(credentials_slot(name))
            for half in OTHER:
                store.delete(slot(name, half))
            self._list_instead(entry)

    def _keep(self, entry: Entry, key: Secret, passphrase: Secret, store: KeyStore) -> None:
        store.write(entry.slot, seal(key, passphrase, entry.address, self._cost))
        with _fetch(entry, store, with_credentials=False).open_key(passphrase) as again:
            if not again.matches(key):
                raise KeyStoreError(f"{store.place(entry.slot)} does not keep what it is given.")

    def _list_instead(self, old: Entry, *new: Entry) -> None:
        others = (entry for entry in load_entries(self._folder) if entry.name != old.name)
        save_entries(self._folder, (*others, *new))

    def _refuse_unlisted(self, entry: Entry, store: KeyStore) -> None:
        """Never write over a key that a lost list does not name any more."""
        for half in OTHER:
            place = slot(entry.name, half)
            if store.read(place) is not None:
                raise KeyStoreError(
                    f"{store.place(place)} holds a key that is not in the list; "
                    "choose another name, or remove that by hand."
                )

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Keep other processes from changing keys meanwhile."""
        from filelock import FileLock, Timeout

        lock = FileLock(private_folder(self._folder) / "lock", timeout=LOCK_S, mode=0o600)
        try:
            lock.acquire()
        except Timeout as error:
            raise KeyStoreError("another polydesk is changing keys now; try again.") from error
        try:
            yield
        finally:
            lock.release()


def check_passphrase(passphrase: Secret) -> None:
    """Refuse a passphrase that is quickly guessed.

    Raises:
        ConfigError: It is too short.
    """
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise ConfigError(f"a passphrase has at least {SHORTEST_PASSPHRASE} characters.")


def _drop_old(old: Entry, store: KeyStore) -> None:
    try:
        store.delete(old.slot)
        store.delete(credentials_slot(old.name))
    except KeyStoreError as error:
        raise KeyStoreError(
            f"the new key is in use, but the old one is still in {store.place(old.slot)}: {error}"
        ) from error


def _fetch(entry: Entry, store: KeyStore, *, with_credentials: bool = True) -> SealedKey:
    place = store.place(entry.slot)
    keystore = store.read(entry.slot)
    if keystore is None:
        raise KeyStoreError(
            f"the key {entry.name} is gone from {place}; forget it and add it again."
        )
    login = store.read(credentials_slot(entry.name)) if with_credentials else None
    return SealedKey(entry, keystore, login, place)


def _missing(entry: Entry) -> NoReturn:
    raise KeyStoreError(f"the API credentials of {entry.name} were not kept.")


def _open(entry: Entry, keystore: bytes, passphrase: Secret, place: str) -> Secret:
    try:
        key = unseal(keystore, passphrase)
    except KeyStoreError as error:
        raise KeyStoreError(f"{place}: {error}") from error
    if address_of(key) != entry.address:
        key.wipe()
        raise KeyStoreError(f"{place} holds the key of another address than {entry.address}.")
    return key
