"""What the desk tells the user line at its start, and what comes back."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from polydesk.errors import ConfigError
from polydesk.signer.framing import LARGEST_TEXT
from polydesk.venues.polymarket.hosts_text import host_name, is_loopback

USER_PING_S: Final = 10.0
USER_SILENCE_S: Final = 30.0
"""Source: ``trading.md`` section 5.12, 2026-11."""
LARGEST_FRAME: Final = LARGEST_TEXT + 256
_VENUE: Final = ".polymarket.com"
Seconds = Annotated[float, Meta(gt=0, le=3_600)]


class LineStart(Struct, frozen=True, forbid_unknown_fields=True):
    """The first message to the line."""

    url: Annotated[str, Meta(max_length=512)]
    seed: int = 0
    """Spreads the waits between attempts."""
    ping_s: Seconds = USER_PING_S
    silence_s: Seconds = USER_SILENCE_S
    """Without an answer to a ping this long the connection is dead."""
    open_s: Seconds = 10.0
    first_wait_s: Seconds = 0.25
    """Ceiling of the first wait before another attempt; it doubles up to half a minute."""


class Heard(Struct, frozen=True, tag="heard"):
    """A text of the user socket."""

    ts_ns: int
    """Receive time, nanoseconds UTC by this computer's clock."""
    text: bytes


class LineChanged(Struct, frozen=True, tag="line"):
    """The user socket went up or down. Nothing is repeated after a gap: reconcile on up."""

    ts_ns: int
    up: bool
    detail: str


class Said(Struct, frozen=True, array_like=True):
    """One message of the line."""

    what: Heard | LineChanged


encode = msgspec.msgpack.Encoder().encode
decode_line_start = msgspec.msgpack.Decoder(LineStart).decode
decode_said = msgspec.msgpack.Decoder(Said).decode


def check_url(url: str) -> None:
    """Refuse to tell the credentials to anybody but the venue or this machine.

    Raises:
        ConfigError: With the host that is none of them.
    """
    parts = urlsplit(url)
    is_venue = parts.scheme == "wss" and f".{parts.hostname or ''}".endswith(_VENUE)
    if not is_venue and not (parts.scheme in {"ws", "wss"} and is_loopback(url)):
        raise ConfigError(
            f"the user socket's address must be wss and the venue's own, not {host_name(url)}"
        )
