"""Requests and replies as whole values, and the connection under them."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.auto import AutoHTTPProtocol

LINE: Final = "polydesk.line"
"""Key of the connection's transport in a scope's state."""
RESET: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Linger for no time: the system answers with a reset."""
JSON_TYPE: Final = (b"content-type", b"application/json")


class _Line(asyncio.Protocol):
    """Lets the application find the transport below a request or a socket."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.app_state = {**self.app_state, LINE: transport}
        super().connection_made(transport)


LineProtocol: Final[type[asyncio.Protocol]] = type("LineProtocol", (_Line, AutoHTTPProtocol), {})
"""uvicorn's HTTP protocol with the transport in each scope."""


def line_of(scope: Scope) -> asyncio.Transport:
    """Return the transport of a scope that came through ``LineProtocol``."""
    return cast(asyncio.Transport, scope["state"][LINE])


def hang_up(line: asyncio.Transport, how: Literal["reset", "close"]) -> None:
    """End a connection without another byte: by a TCP reset, or in order."""
    if how == "close":
        line.close()
        return
    line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    line.abort()


@dataclass(slots=True)
class Reply:
    """A whole answer."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def with_body(self, body: bytes) -> Reply:
        """Return the answer with another body of the right length."""
        length = (b"content-length", str(len(body)).encode())
        return Reply(self.status, [*without(self.headers, b"content-length"), length], body)

    def with_type(self, name: bytes) -> Reply:
        """Return the answer under another content type."""
        headers = [*without(self.headers, b"content-type"), (b"content-type", name)]
        return Reply(self.status, headers, self.body)


def without(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers but one."""
    return [(key, value) for key, value in headers if key.lower() != name]


def header(scope: Scope, name: bytes) -> str:
    """Return a request's header, empty when it has none of the name."""
    return next((v.decode("latin-1") for k, v in scope["headers"] if k.lower() == name), "")


async def read_body(receive: Receive) -> bytes | None:
    """Return a request's whole body, None when the client left before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def run(application: ASGIApp, scope: Scope, body: bytes) -> Reply:
    """Let an application handle a request that has arrived as a whole; return its answer."""
    reply = Reply()
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = list(message.get("headers", []))
        else:
            reply.body += message.get("body", b"")

    await application({**scope, "state": dict(scope["state"])}, receive, take)
    return reply


async def answer(send: Send, reply: Reply) -> None:
    """Send a whole answer."""
    await begin(send, reply)
    await send({"type": "http.response.body", "body": reply.body})


async def begin(send: Send, reply: Reply) -> None:
    """Send an answer's status and headers."""
    headers = reply.headers
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


async def gone(receive: Receive) -> None:
    """Wait until the client of a request that has been read has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
