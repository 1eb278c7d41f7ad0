"""The trading profile: which stored key signs, and for which wallet. Nothing in it is secret.

`polydesk setup` writes it once everything was checked; trading live reads it.
"""

from __future__ import annotations

import contextlib
import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from polydesk.config.paths import private_folder
from polydesk.errors import ConfigError

VERSION: Final = 1
WALLET_TYPES: Final = {
    0: "the key's own account",
    1: "proxy wallet",
    2: "Safe",
    3: "deposit wallet",
}
"""Signature types as a person knows them. Source: ``trading.md`` section 3.4, 2026-11."""
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_AGAIN: Final = "run `polydesk setup` to write it anew."


@dataclass(frozen=True, slots=True)
class Profile:
    """Who trades."""

    key: str
    """Name of the stored key."""
    address: str
    """The key's account."""
    wallet: str
    """Wallet that holds the funds; the account itself for type 0."""
    signature_type: int
    """0 to 3."""

    @property
    def wallet_type(self) -> str:
        """What the wallet is called."""
        return WALLET_TYPES[self.signature_type]


def load_profile(path: Path) -> Profile:
    """Read the profile.

    Raises:
        ConfigError: There is none yet, or it is damaged.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            "there is no trading profile yet; `polydesk setup` checks a key and writes one."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read ({type(error).__name__}); {_AGAIN}") from error
    if data.pop("version", None) != VERSION or not _fits(data):
        raise ConfigError(f"{path} is damaged or of another version; {_AGAIN}")
    return Profile(**data)


def save_profile(path: Path, profile: Profile) -> None:
    """Write the profile so that a crash leaves the old one or the new one.

    Raises:
        ConfigError: It cannot be written; an earlier one is unharmed.
    """
    new = private_folder(path.parent) / f".{path.name}.new"
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(_text(profile))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise ConfigError(
            f"{path} cannot be written ({error.strerror}); free the folder and try again."
        ) from error


def _text(profile: Profile) -> str:
    # Names and addresses hold no character that TOML would want escaped.
    return (
        "# Written by `polydesk setup`; nothing in it is secret.\n"
        f"version = {VERSION}\n"
        f'key = "{profile.key}"\n'
        f'address = "{profile.address}"\n'
        f'wallet = "{profile.wallet}"\n'
        f"signature_type = {profile.signature_type}\n"
    )


def _fits(data: dict[str, Any]) -> bool:
    return (
        data.keys() == {field.name for field in fields(Profile)}
        and isinstance(data["key"], str)
        and _is_address(data["address"])
        and _is_address(data["wallet"])
        and type(data["signature_type"]) is int
        and data["signature_type"] in WALLET_TYPES
        and (data["signature_type"] != 0 or data["wallet"] == data["address"])
    )


def _is_address(value: object) -> bool:
    return (
        isinstance(value, str) and value[:2] == "0x" and len(value) == 42 and {*value[2:]} <= _HEX
    )
