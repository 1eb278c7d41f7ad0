"""The list of keys: names, addresses and where each is kept. Nothing in it is secret."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from polydesk.errors import ConfigError, KeyStoreError
from polydesk.keys.private_files import read_private, replace_private

FILE_NAME: Final = "entries.json"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
Half = Literal["a", "b"]
"""Each name has two places in its store, so that a new key never overwrites the old one."""


class StoreName(StrEnum):
    """Where a key may be kept."""

    FILE = "file"
    SECRET_SERVICE = "secret-service"
    KWALLET = "kwallet"
    MACOS_KEYCHAIN = "macos-keychain"
    WINDOWS_CREDENTIAL = "windows-credential"


class KeyStore(Protocol):
    """A place for keystores; every method raises ``KeyStoreError`` when it cannot be used."""

    @property
    def name(self) -> StoreName:
        """Which one it is."""

    def read(self, slot: str) -> bytes | None:
        """Return what is kept, or None."""

    def write(self, slot: str, keystore: bytes) -> None:
        """Keep a keystore, in place of an earlier one."""

    def delete(self, slot: str) -> None:
        """Remove what is kept, if anything is."""

    def place(self, slot: str) -> str:
        """Say for a person where that is."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key."""

    name: str
    address: str
    """With its checksum."""
    store: StoreName
    half: Half
    """Which of the name's two places holds the key."""
    added_ns: int
    """When the key came, or was last replaced; nanoseconds UTC."""

    @property
    def slot(self) -> str:
        """The key's place in its store."""
        return slot(self.name, self.half)


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    entries: tuple[Entry, ...]


def slot(name: str, half: Half) -> str:
    """Return the name of a place in a store."""
    return f"{name}.{half}"


def check_name(name: str) -> None:
    """Refuse a name that is not short and plain.

    Raises:
        ConfigError: The text is not repeated, for it may be a key in the wrong place.
    """
    if _NAME.fullmatch(name) is None:
        raise ConfigError(
            "a key's name has up to 32 of the characters a-z, 0-9, - and _, "
            "and begins with a letter or digit."
        )


def load_entries(folder: Path) -> tuple[Entry, ...]:
    """Read the list; none was written yet means none.

    Raises:
        KeyStoreError: It cannot be read or is damaged.
    """
    path = folder / FILE_NAME
    text = read_private(path)
    if text is None:
        return ()
    try:
        return msgspec.json.decode(text, type=_List).entries
    except msgspec.MsgspecError as error:
        raise KeyStoreError(
            f"{path} is damaged ({error}); the keys themselves are not in it: restore it from a "
            "backup, or move it away and add the keys under new names."
        ) from error


def save_entries(folder: Path, entries: tuple[Entry, ...]) -> None:
    """Replace the list."""
    text = msgspec.json.format(msgspec.json.encode(_List(1, entries)))
    replace_private(folder / FILE_NAME, text + b"\n")
