"""HTTP reads with a size cap, one sentence per failure, and bounded retries."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from polydesk.domain.text import clean
from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable
from polydesk.ports import Clock
from polydesk.venues.polymarket.hosts_text import USER_AGENT, host_name, is_loopback
from polydesk.venues.polymarket.limits import RateLimits, asked_pause_s, whole_seconds

if TYPE_CHECKING:
    import httpx

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_SHOWN_BODY: Final = 120
_BUSY = frozenset({408, 425})
"""4xx that mean *not now*: request time-out, and the matching engine restarting.
Source: ``trading.md``, 2026-11."""

Params = Sequence[tuple[str, str]]
"""Query parameters; lists are repeated keys. Source: ``rest-data.md`` section 3, 2026-11."""


@dataclass(frozen=True, slots=True)
class HttpRules:
    """How patient a read is. Seconds."""

    connect_s: float = 5.0
    read_s: float = 10.0
    attempts: int = 3
    wait_initial_s: float = 0.2
    wait_max_s: float = 2.0
    wait_jitter_s: float = 0.3
    longest_asked_wait_s: float = 5.0
    """A longer Retry-After is handed to the caller. Source: ``rest-data.md`` section 6."""
    max_body_bytes: int = MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Request:
    """One safe read."""

    method: str
    base: str
    path: str
    route: str
    """Name of the rate limit, as ``clob/books``."""
    params: Params = ()
    json: object = None

    def __str__(self) -> str:
        return f"{host_name(self.base)} ({self.method} {self.path})"


class HttpReader:
    """Reads bodies. One client, made at the first request, over HTTP/2 where offered."""

    def __init__(
        self,
        clock: Clock,
        *,
        rules: HttpRules | None = None,
        limits: RateLimits | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._rules = rules or HttpRules()
        self._limits = limits or RateLimits(clock)
        self._transport = transport
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self.cache_age_s: dict[str, int] = {}
        """Age of the last answer of each route in a cache on the way; 0 means fresh.
        Source: ``rest-data.md`` section 5.3, 2026-11."""

    async def read(self, request: Request) -> bytes:
        """Return the body of a successful answer, retrying what may pass by itself.

        Raises:
            VenueUnavailable: No usable answer; nothing happened.
            RateLimited: The venue asks for a longer wait than we spend here.
            VenueRejected: The venue refused the request; repeating is useless.
        """
        import stamina

        rules = self._rules
        async for attempt in stamina.retry_context(
            on=self._retry_wait,
            attempts=rules.attempts,
            timeout=None,
            wait_initial=rules.wait_initial_s,
            wait_max=rules.wait_max_s,
            wait_jitter=rules.wait_jitter_s,
        ):
            with attempt:
                return await self.read_once(request)
        raise VenueUnavailable(f"{request} was not tried")

    async def read_once(self, request: Request) -> bytes:
        """Return the body of a successful answer, trying once.

        Raises:
            VenueUnavailable: No usable answer.
            RateLimited: The venue asks to wait.
            VenueRejected: The venue refused.
        """
        import httpx

        await self._limits.acquire(request.route)
        try:
            return await self._exchange(request)
        except httpx.TimeoutException as error:
            raise VenueUnavailable(f"{request} did not answer in time") from error
        except httpx.ConnectError as error:
            raise _unreachable(request, error) from error
        except (httpx.TransportError, httpx.InvalidURL, zlib.error) as error:
            reason = clean(str(error)) or type(error).__name__
            raise VenueUnavailable(f"{request} broke off: {reason}") from error

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _exchange(self, request: Request) -> bytes:
        try:
            client = self._client(request.base)
        except (ImportError, ValueError) as error:
            raise VenueUnavailable(
                f"{request} cannot be reached through the proxy set in the environment: "
                f"{clean(str(error))}"
            ) from error
        async with client.stream(
            request.method,
            request.base.rstrip("/") + request.path,
            params=list(request.params) or None,
            json=request.json,
        ) as response:
            body = await _read_body(response, request, self._rules.max_body_bytes)
            self._check(request, response, body)
            self.cache_age_s[request.route] = whole_seconds(response.headers.get("Age")) or 0
            return body

    def _check(self, request: Request, response: httpx.Response, body: bytes) -> None:
        status = response.status_code
        if status == 429:
            wait_s = asked_pause_s(response.headers.get("Retry-After"))
            if wait_s:
                self._limits.pause(request.route, wait_s)
            raise RateLimited(f"{request} asks for fewer requests", wait_s)
        if status >= 500 or status in _BUSY:
            raise VenueUnavailable(f"{request} answered {status}: {_shown(body)}")
        if 300 <= status < 400:
            raise VenueUnavailable(f"{request} sends us elsewhere (a sign-in portal?)")
        if status >= 400:
            raise VenueRejected(f"{request} refused with {status}: {_shown(body)}")
        if _is_page(response, body):
            raise VenueUnavailable(
                f"{request} answered with a web page instead of data (a sign-in portal or proxy?)"
            )

    def _client(self, base: str) -> httpx.AsyncClient:
        import httpx

        local = is_loopback(base)
        if local not in self._clients:
            rules = self._rules
            self._clients[local] = httpx.AsyncClient(
                http2=True,
                # Loopback must never leave through a proxy set in the environment.
                trust_env=not local,
                transport=self._transport,
                timeout=httpx.Timeout(rules.read_s, connect=rules.connect_s),
                headers={
                    "User-Agent": USER_AGENT,
                    "Accept": "application/json",
                    # The only encoding we inflate ourselves, under the cap.
                    "Accept-Encoding": "gzip",
                },
            )
        return self._clients[local]

    def _retry_wait(self, error: Exception) -> bool | float:
        if isinstance(error, RateLimited):
            wait_s = error.retry_after_s
            if wait_s is None:
                return True
            return wait_s if wait_s <= self._rules.longest_asked_wait_s else False
        return isinstance(error, VenueUnavailable)


async def _read_body(response: httpx.Response, request: Request, cap: int) -> bytes:
    """Return the inflated body; a bomb is abandoned before it is inflated."""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip", ""}:
        raise VenueUnavailable(f"{request} answered in an encoding we did not ask for")
    inflate = zlib.decompressobj(_GZIP_WINDOW) if encoding == "gzip" else None
    parts: list[bytes] = []
    size = 0
    async for raw in response.aiter_raw():
        part = raw if inflate is None else inflate.decompress(raw, cap + 1 - size)
        parts.append(part)
        size += len(part)
        if size > cap:
            raise VenueUnavailable(f"{request} answered with more than {cap} bytes")
    if inflate is not None and not inflate.eof:
        raise VenueUnavailable(f"{request} broke off in the middle of the answer")
    return b"".join(parts)


def _is_page(response: httpx.Response, body: bytes) -> bool:
    is_html: bool = "html" in response.headers.get("Content-Type", "").lower()
    return is_html or body.lstrip()[:1] == b"<"


def _unreachable(request: Request, error: Exception) -> VenueUnavailable:
    reason = clean(str(error)) or type(error).__name__
    if "certificate" in reason.lower():
        return VenueUnavailable(
            f"{request} shows a certificate that cannot be trusted "
            "(a sign-in portal, or a wrong clock?)"
        )
    return VenueUnavailable(f"{request} cannot be reached: {reason}")


def _shown(body: bytes) -> str:
    return clean(body[: 8 * _SHOWN_BODY].decode("utf-8", "replace"), _SHOWN_BODY) or "no text"
