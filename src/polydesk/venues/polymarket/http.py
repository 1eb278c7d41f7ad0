"""HTTP reads with a size cap, one sentence per failure, and bounded retries."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from polydesk.domain.text import clean
from polydesk.errors import RateLimited, VenueUnavailable
from polydesk.ports import Clock
from polydesk.venues.polymarket.hosts_text import host_name, is_loopback
from polydesk.venues.polymarket.http_parts import (
    MAX_BODY_BYTES,
    check_answer,
    make_client,
    read_body,
    unreachable,
)
from polydesk.venues.polymarket.limits import RateLimits, whole_seconds

if TYPE_CHECKING:
    import httpx
    import stamina


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
        async for attempt in attempts(self._rules):
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
            raise VenueUnavailable(unreachable(str(request), error)) from error
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
            body = await read_body(response, str(request), self._rules.max_body_bytes)
            self._check(request, response, body)
            self.cache_age_s[request.route] = whole_seconds(response.headers.get("Age")) or 0
            return body

    def _check(self, request: Request, response: httpx.Response, body: bytes) -> None:
        try:
            check_answer(str(request), response.status_code, response.headers, body)
        except RateLimited as error:
            if error.retry_after_s:
                self._limits.pause(request.route, error.retry_after_s)
            raise

    def _client(self, base: str) -> httpx.AsyncClient:
        local = is_loopback(base)
        if local not in self._clients:
            self._clients[local] = make_client(
                local, self._rules.connect_s, self._rules.read_s, self._transport
            )
        return self._clients[local]


def attempts(rules: HttpRules) -> AsyncIterator[stamina.Attempt]:
    """Return the tries of a safe read, with a wait before each but the first."""
    import stamina

    return stamina.retry_context(
        on=lambda error: _retry_wait(error, rules),
        attempts=rules.attempts,
        timeout=None,
        wait_initial=rules.wait_initial_s,
        wait_max=rules.wait_max_s,
        wait_jitter=rules.wait_jitter_s,
    )


def _retry_wait(error: Exception, rules: HttpRules) -> bool | float:
    if isinstance(error, RateLimited):
        wait_s = error.retry_after_s
        if wait_s is None:
            return True
        return wait_s if wait_s <= rules.longest_asked_wait_s else False
    return isinstance(error, VenueUnavailable)
