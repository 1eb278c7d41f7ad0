"""What the desk may ask of the signer, and what comes back. Nothing here is secret."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from polydesk.domain.instruments import MarketVersion, Side
from polydesk.domain.intents import TimeInForce
from polydesk.signer.caps import Caps
from polydesk.venues.polymarket.signing.orders import SignatureType

LONGEST_ID: Final = 78
"""Digits of a 256-bit number."""

Text = Annotated[str, Meta(max_length=256)]
TokenText = Annotated[str, Meta(max_length=LONGEST_ID)]
FolderText = Annotated[str, Meta(max_length=4_096)]


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """For whom the key signs."""

    signature_type: SignatureType = SignatureType.EOA
    funder: Text = ""
    """Wallet that holds the funds; empty for the key's own account."""
    is_session_key: bool = False
    """Whether the deposit wallet has authorised the key as a session key."""
    builder: Text = ""
    """Builder code as 0x and 64 digits, empty for none."""


class Start(Struct, frozen=True, forbid_unknown_fields=True):
    """The first message: which key, for whom, within which caps."""

    folder: FolderText
    """Folder of the list of keys."""
    key: Text
    """The key's name."""
    account: Account
    caps: Caps
    clock_offset_ms: Annotated[int, Meta(ge=-(2**40), le=2**40)] = 0
    """Venue time less local time."""
    is_latched: bool = False
    """Whether the kill switch is on already."""
    may_authenticate: bool = False
    """Whether L1 headers may be asked for, with which credentials can be had: setup only."""


class Hello(Struct, frozen=True, tag="hello"):
    """The signer is ready."""

    pid: int
    address: str
    """The key's account."""
    maker: str
    """The wallet that holds the funds."""
    api_key: str
    """Id of the API key, empty when the key has no credentials yet."""
    caps: Caps
    confinement: tuple[str, ...]
    """What the system enforces: ``seccomp``, ``audit``, ``no-dumps``, ``locked-memory``."""


class Failed(Struct, frozen=True, tag="failed"):
    """The signer cannot start; it ends."""

    kind: str
    """``config``, ``unlock`` or ``bug``."""
    reason: str


class SignOrder(Struct, frozen=True, forbid_unknown_fields=True, tag="order"):
    """Sign one order and write its request."""

    token_id: TokenText
    side: Side
    price: int
    """Limit price, micros."""
    size: int
    """Shares in micros; zero when ``cash`` says how much."""
    tick: int
    """The market's present tick, micros."""
    version: MarketVersion
    neg_risk: bool
    time_in_force: TimeInForce
    salt: int
    """1 to 2**53 - 1, never used before."""
    timestamp_ms: int
    """By the venue's clock."""
    expiration_s: int = 0
    """With GTD only, Unix seconds."""
    post_only: bool = False
    cash: int = 0
    """Micro-pUSD that a FAK or FOK buy spends before fees, instead of ``size``."""


class Expect(Struct, frozen=True, forbid_unknown_fields=True, tag="expect"):
    """Work out what needs no key of an order that may be asked for; there is no answer."""

    order: SignOrder


class SignHeaders(Struct, frozen=True, forbid_unknown_fields=True, tag="headers"):
    """Make the headers of a private request."""

    method: Annotated[str, Meta(max_length=8)]
    path: Text
    """Without host and query."""
    body: bytes = b""


class SignAuth(Struct, frozen=True, forbid_unknown_fields=True, tag="auth"):
    """Make the headers with which credentials are created or derived."""

    nonce: Annotated[int, Meta(ge=0, le=2**32)] = 0


class SubscribeUser(Struct, frozen=True, forbid_unknown_fields=True, tag="user"):
    """Write the user socket's subscription to the line, not to the desk."""


class Tighten(Struct, frozen=True, forbid_unknown_fields=True, tag="tighten"):
    """Lower caps; none can be raised."""

    caps: Caps


class SetClock(Struct, frozen=True, forbid_unknown_fields=True, tag="clock"):
    """Take a new difference between the venue's clock and this computer's."""

    offset_ms: Annotated[int, Meta(ge=-(2**40), le=2**40)]


class Latch(Struct, frozen=True, forbid_unknown_fields=True, tag="latch"):
    """Sign nothing but cancels and reads until the process is started anew."""


Ask = SignOrder | Expect | SignHeaders | SignAuth | SubscribeUser | Tighten | SetClock | Latch


class Question(Struct, frozen=True, array_like=True):
    """One question, numbered by the desk, as the desk writes it."""

    id: int
    ask: Ask


class Request(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A question as the signer reads it: its number is known also when the rest is nonsense."""

    id: Annotated[int, Meta(ge=0, le=2**62)]
    ask: Raw


class SignedOrder(Struct, frozen=True, tag="signed"):
    """An order that may be sent as it is."""

    order_id: str
    """The digest under which the venue will know it."""
    body: bytes
    """The request of one order, ready to send."""
    maker_amount: int
    """Given, micros."""
    taker_amount: int
    """Wanted, micros."""


class Headers(Struct, frozen=True, tag="headers"):
    """Headers of one request."""

    headers: dict[str, str]


class Done(Struct, frozen=True, tag="done"):
    """It is done."""


class Refused(Struct, frozen=True, tag="refused"):
    """It was not done, and why."""

    reason: str


Answer = SignedOrder | Headers | Done | Refused


class Reply(Struct, frozen=True, array_like=True):
    """One answer; number 0 belongs to no readable question."""

    id: int
    answer: Answer


class Opening(Struct, frozen=True, array_like=True):
    """What the signer says first."""

    said: Hello | Failed


encode = msgspec.msgpack.Encoder().encode
decode_start = msgspec.msgpack.Decoder(Start).decode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_ask = msgspec.msgpack.Decoder(Ask).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
decode_opening = msgspec.msgpack.Decoder(Opening).decode
