"""What every HTTP exchange with the venue needs: a client, a capped body, words for failures."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from polydesk.domain.text import clean
from polydesk.errors import RateLimited, VenueRejected, VenueUnavailable
from polydesk.venues.polymarket.hosts_text import USER_AGENT
from polydesk.venues.polymarket.limits import asked_pause_s

if TYPE_CHECKING:
    import httpx

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_SHOWN_BODY: Final = 120
_BUSY: Final = frozenset({408, 425})
"""4xx that mean *not now*: request time-out, and the matching engine restarting.
Source: ``trading.md``, 2026-11."""


def make_client(
    local: bool,
    connect_s: float,
    read_s: float,
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    keep_alive_s: float = 5.0,
) -> httpx.AsyncClient:
    """Return a client over HTTP/2 where offered, which follows no redirects.

    Args:
        local: Whether it talks to this machine.
        connect_s: Patience for connecting, seconds, as are the next.
        read_s: Patience for each part of an answer.
        transport: Replaces the network in tests.
        keep_alive_s: How long an idle connection is kept.
    """
    import httpx

    return httpx.AsyncClient(
        http2=True,
        # Loopback must never leave through a proxy set in the environment.
        trust_env=not local,
        transport=transport,
        timeout=httpx.Timeout(read_s, connect=connect_s),
        limits=httpx.Limits(
            max_connections=100, max_keepalive_connections=20, keepalive_expiry=keep_alive_s
        ),
        headers={
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            # The only encoding we inflate ourselves, under the cap.
            "Accept-Encoding": "gzip",
        },
    )


async def read_body(response: httpx.Response, name: str, cap: int = MAX_BODY_BYTES) -> bytes:
    """Return the inflated body; a bomb is abandoned before it is inflated.

    Args:
        response: Its body not read yet.
        name: The request in words.
        cap: Largest size taken, in bytes.

    Raises:
        VenueUnavailable: The body is too large, cut off or in a foreign encoding.
    """
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip", ""}:
        raise VenueUnavailable(f"{name} answered in an encoding we did not ask for")
    inflate = zlib.decompressobj(_GZIP_WINDOW) if encoding == "gzip" else None
    parts: list[bytes] = []
    size = 0
    async for raw in response.aiter_raw():
        part = raw if inflate is None else inflate.decompress(raw, cap + 1 - size)
        parts.append(part)
        size += len(part)
        if size > cap:
            raise VenueUnavailable(f"{name} answered with more than {cap} bytes")
    if inflate is not None and not inflate.eof:
        raise VenueUnavailable(f"{name} broke off in the middle of the answer")
    return b"".join(parts)


def check_answer(name: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Return when the answer to a read holds data.

    Args:
        name: The request in words.
        status: As answered.
        headers: Looked up in lower case.
        body: Inflated.

    Raises:
        VenueUnavailable: The venue cannot answer now, or something else answered.
        RateLimited: The venue asks to wait.
        VenueRejected: The venue refused; repeating is useless.
    """
    if status == 429:
        wait_s = asked_pause_s(headers.get("retry-after"))
        raise RateLimited(f"{name} asks for fewer requests", wait_s)
    if status >= 500 or status in _BUSY:
        raise VenueUnavailable(f"{name} answered {status}: {shown(body)}")
    if 300 <= status < 400:
        raise VenueUnavailable(f"{name} sends us elsewhere (a sign-in portal?)")
    if status >= 400:
        raise VenueRejected(f"{name} refused with {status}: {shown(body)}")
    if is_page(headers, body):
        raise VenueUnavailable(
            f"{name} answered with a web page instead of data (a sign-in portal or proxy?)"
        )


def is_page(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a web page came instead of data."""
    is_html = "html" in headers.get("content-type", "").lower()
    return is_html or body.lstrip()[:1] == b"<"


def unreachable(name: str, error: Exception) -> str:
    """Return in words why no connection came about."""
    reason = clean(str(error)) or type(error).__name__
    if "certificate" in reason.lower():
        return (
            f"{name} shows a certificate that cannot be trusted "
            "(a sign-in portal, or a wrong clock?)"
        )
    return f"{name} cannot be reached: {reason}"


def shown(body: bytes) -> str:
    """Return the beginning of a body, made inert."""
    return clean(body[: 8 * _SHOWN_BODY].decode("utf-8", "replace"), _SHOWN_BODY) or "no text"
