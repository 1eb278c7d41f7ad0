"""API credentials of a key: derived when the venue has made them before, else created.

Source: ``trading.md`` sections 2.1 and 2.2, 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from polydesk.errors import OutcomeUnknown, VenueRejected, VenueUnavailable, WireError
from polydesk.ports import Clock, Signer
from polydesk.venues.polymarket.hosts_text import host_name
from polydesk.venues.polymarket.signing.auth import decode_secret, l1_headers, l2_headers
from polydesk.venues.polymarket.signing.keys import ApiCredentials
from polydesk.venues.polymarket.trading.replies import Reply
from polydesk.venues.polymarket.trading.transport import Call, Transport

DERIVE: Final = "/auth/derive-api-key"
CREATE: Final = "/auth/api-key"
_NONCE: Final = 0
"""The credentials that other clients make and derive, too."""
_NOT_NOW: Final = frozenset({408, 425, 429})
_NS: Final = 1_000_000_000


_Text = Annotated[str, msgspec.Meta(min_length=1)]


class _Answer(msgspec.Struct, rename="camel"):
    api_key: _Text
    secret: _Text
    passphrase: _Text


class OwnProof:
    """L1 headers, made by the key in this process."""

    def __init__(self, signer: Signer, clock: Clock) -> None:
        """Take the key and a clock on the venue's time."""
        self._signer = signer
        self._clock = clock

    async def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """Return the headers; they cover neither method nor path."""
        return l1_headers(self._signer, self._clock.now_ns() // _NS, nonce=_NONCE)


class OwnHeaders:
    """L2 headers, made in this process; a running desk lets its signer make them."""

    def __init__(self, address: str, credentials: ApiCredentials, clock: Clock) -> None:
        """Take the key's account, its credentials and a clock on the venue's time."""
        self._address = address
        self._credentials = credentials
        self._clock = clock

    async def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """Return the headers of one request."""
        now_s = self._clock.now_ns() // _NS
        return l2_headers(self._address, self._credentials, now_s, method, path, body)


async def obtain_credentials(transport: Transport, clob: str) -> tuple[ApiCredentials, bool]:
    """Return a key's credentials.

    Args:
        transport: Authenticates by ``OwnProof``.
        clob: Base address.

    Returns:
        The credentials, and whether they are new: these may be refused for up to two minutes.

    Raises:
        VenueUnavailable: No usable answer. Asked again, the venue gives the same credentials.
        VenueRejected: The venue does not give this key any.
        WireError: The answer cannot be read.
    """
    derived = await _ask(transport, Call("GET", clob, DERIVE))
    if derived.status == 200:
        return _read(derived, clob), False
    created = await _ask(transport, Call("POST", clob, CREATE))
    if created.status == 200:
        return _read(created, clob), True
    raise VenueRejected(f"{host_name(clob)} gives this key no API credentials ({created.words()})")


async def _ask(transport: Transport, call: Call) -> Reply:
    """Return an answer that is one: yes, or a final no."""
    try:
        reply = (await transport.exchange(call)).reply
    except OutcomeUnknown as error:
        # Whether credentials were made or not, the next attempt derives or makes them.
        raise VenueUnavailable(str(error)) from error
    if reply.status >= 500 or reply.status in _NOT_NOW or 300 <= reply.status < 400:
        raise VenueUnavailable(f"{call} answered {reply.words()}")
    return reply


def _read(reply: Reply, clob: str) -> ApiCredentials:
    try:
        answer = msgspec.json.decode(reply.body, type=_Answer)
    except msgspec.MsgspecError:
        # Without a cause: its frames hold the answer.
        raise WireError(f"{host_name(clob)} answered without complete API credentials") from None
    return ApiCredentials(answer.api_key, decode_secret(answer.secret), answer.passphrase)
