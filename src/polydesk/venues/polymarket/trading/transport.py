"""One exchange with the venue, tried once, and what is certain when it fails.

A request that failed before its first byte is ``VenueUnavailable``: nothing happened. From the
first byte on any failure is ``OutcomeUnknown``. The proof is twofold: the error is one of
connecting, and the library never announced that it began to write.

The library below repeats a request by itself in one case: an HTTP/2 server that goes away names
the last request it has looked at, and later ones are sent anew. Reads may be; what changes
something is stopped before its second first byte, and is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from polydesk.domain.text import clean
from polydesk.errors import OutcomeUnknown, PolydeskError, VenueUnavailable
from polydesk.ports import Clock
from polydesk.venues.polymarket.hosts_text import host_name, is_loopback
from polydesk.venues.polymarket.http import HttpRules, Params
from polydesk.venues.polymarket.http_parts import make_client, read_body, unreachable
from polydesk.venues.polymarket.trading.replies import Reply

if TYPE_CHECKING:
    import httpx

KEEP_ALIVE_S: Final = 30.0
"""An order should not pay for a new connection because the last one was some seconds ago."""
LONGEST_S: Final = 30.0
"""However slowly an answer drips, an exchange ends after this."""
_BEGAN_TO_WRITE: Final = "send_request_headers.started"


class Authenticate(Protocol):
    """Makes the headers that prove who asks; the signer's process does it."""

    async def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """Return the L2 headers of one request, fresh.

        Args:
            method: Upper case.
            path: From the first slash, without host and query.
            body: The exact bytes that will be sent.
        """
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request to be sent."""

    method: str
    base: str
    path: str
    body: bytes = b""
    params: Params = ()
    private: bool = True
    hold: Callable[[], str] = str
    """Asked right before the first byte: why it must not leave after all, empty when it may."""

    def __str__(self) -> str:
        return f"{host_name(self.base)} ({self.method} {self.path})"


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer and between which two moments it came, nanoseconds UTC by our clock."""

    reply: Reply
    sent_ns: int
    received_ns: int


class Transport:
    """Sends requests; repeats none."""

    def __init__(
        self,
        clock: Clock,
        authenticate: Authenticate,
        *,
        rules: HttpRules | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        longest_s: float = LONGEST_S,
    ) -> None:
        self.rules = rules or HttpRules()
        self._clock = clock
        self._authenticate = authenticate
        self._transport = transport
        self._longest_s = longest_s
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def exchange(self, call: Call) -> Timed:
        """Send a request once and return the answer, whatever its status.

        Raises:
            VenueUnavailable: Not one byte of it was sent.
            OutcomeUnknown: It may have arrived.
            PolydeskError: The headers could not be made; nothing was sent.
        """
        headers = await self._headers(call)
        client = self._client(call)
        watch = _Watch(call)
        try:
            async with asyncio.timeout(self._longest_s):
                return await self._send(client, call, headers, watch)
        except OutcomeUnknown:
            raise
        except Exception as error:
            failure = _failure(call, error, watch)
            if failure is None:
                raise
            raise failure from error

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _headers(self, call: Call) -> dict[str, str]:
        headers = {"Content-Type": "application/json"} if call.body else {}
        if call.private:
            made = await self._authenticate.headers(call.method, call.path, call.body)
            # What is ours must come from us, not from a cache on the way.
            headers |= {**made, "Cache-Control": "no-cache"}
        return headers

    async def _send(
        self, client: httpx.AsyncClient, call: Call, headers: dict[str, str], watch: _Watch
    ) -> Timed:
        sent_ns = self._clock.now_ns()
        async with client.stream(
            call.method,
            call.base.rstrip("/") + call.path,
            params=list(call.params) or None,
            content=call.body or None,
            headers=headers,
            extensions={"trace": watch.note},
        ) as response:
            received_ns = self._clock.now_ns()
            body = await read_body(response, str(call), self.rules.max_body_bytes)
            found = {name.lower(): value for name, value in response.headers.items()}
            return Timed(Reply(response.status_code, found, body), sent_ns, received_ns)

    def _client(self, call: Call) -> httpx.AsyncClient:
        local, rules = is_loopback(call.base), self.rules
        if local not in self._clients:
            try:
                self._clients[local] = make_client(
                    local, rules.connect_s, rules.read_s, self._transport, keep_alive_s=KEEP_ALIVE_S
                )
            except (ImportError, ValueError) as error:
                reason = "cannot be reached through the proxy set in the environment"
                raise VenueUnavailable(f"{call} {reason}: {clean(str(error))}") from error
        return self._clients[local]


class _Watch:
    """Listens to the library for the moment at which it begins to write a request."""

    def __init__(self, call: Call) -> None:
        self.began = False
        self._call = call

    async def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Take an event of the library; stop what changes something from being sent twice."""
        if not event.endswith(_BEGAN_TO_WRITE) or _is_tunnel(info):
            return
        if self.began and self._call.method != "GET":
            raise OutcomeUnknown(f"{self._call} was sent and the venue went away without an answer")
        if not self.began and (reason := self._call.hold()):
            raise VenueUnavailable(f"not sent: {reason}")
        self.began = True


def _is_tunnel(info: Mapping[str, Any]) -> bool:
    """Return whether it is a proxy that is written to, not the venue."""
    return getattr(info.get("request"), "method", b"") == b"CONNECT"


def _failure(call: Call, error: Exception, watch: _Watch) -> PolydeskError | None:
    """Return what the failure of a request proves; None for a bug before the first byte."""
    import httpx

    unsent = httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return VenueUnavailable(f"{call} has no usable address: {clean(str(error))}")
    if isinstance(error, unsent | TimeoutError) and not watch.began:
        return VenueUnavailable(unreachable(str(call), error))
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return OutcomeUnknown(f"{call} was sent and did not answer in time")
    if watch.began or isinstance(error, httpx.TransportError):
        reason = clean(str(error)) or type(error).__name__
        return OutcomeUnknown(f"{call} was sent and broke off: {reason}")
    return None
