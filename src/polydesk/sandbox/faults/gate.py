"""The door of the exchange: every request is logged here and every fault happens here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, cast

from starlette.types import ASGIApp, Receive, Scope, Send

from polydesk.sandbox import wire
from polydesk.sandbox.faults.chance import Faults
from polydesk.sandbox.faults.endpoints import ORDER_RELATED, endpoint_of
from polydesk.sandbox.faults.frames import SOCKETS, FaultySocket
from polydesk.sandbox.faults.kinds import HttpFault
from polydesk.sandbox.faults.requests import Call, serve
from polydesk.sandbox.request_log import Entry, RequestLog

CONTROL: Final = "/control"
"""Nothing here is the venue's, so nothing here goes wrong."""

OrderIds = Callable[[str, str, bytes], list[str]]
"""From method, path and body of a request to the orders it is about."""


class Gate:
    """An ASGI application around the exchange's."""

    def __init__(
        self,
        application: ASGIApp,
        faults: Faults,
        log: RequestLog,
        now_ns: Callable[[], int],
        order_ids: OrderIds,
    ) -> None:
        """Guard an application.

        Args:
            application: The exchange.
            faults: The script in force, which may change at any time.
            log: Where requests that place or cancel are noted.
            now_ns: The exchange's time.
            order_ids: Reads what a request is about.
        """
        self._application = application
        self._faults = faults
        self._log = log
        self._now_ns = now_ns
        self._order_ids = order_ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] == "websocket" and scope["path"] in SOCKETS:
            await self._serve_socket(scope, receive, send)
        elif scope["type"] == "http" and self._concerns(scope):
            await self._serve_request(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def _concerns(self, scope: Scope) -> bool:
        """Return whether a request is logged, or may meet a fault."""
        path = scope["path"]
        if self._faults.on_requests and not path.startswith(CONTROL):
            return True
        return endpoint_of(scope["method"], path) in ORDER_RELATED

    async def _serve_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await wire.read_body(receive)
        if body is None:
            return
        method, path = scope["method"], scope["path"]
        entry = self._entry(method, path, body)
        rule = self._faults.at_request(method, path, wire.header(scope, b"poly_address"))
        call = Call(self._application, scope, body, receive, send, entry)
        if rule is None:
            await serve(call, None)
            return
        fault = cast(HttpFault, rule.fault)
        entry.fault, entry.rule = fault.name, rule.name or None
        await serve(call, fault)

    def _entry(self, method: str, path: str, body: bytes) -> Entry:
        now = self._now_ns()
        if endpoint_of(method, path) in ORDER_RELATED:
            return self._log.note(now, method, path, body, self._order_ids(method, path, body))
        return Entry(0, now, method, path, "", [])

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = SOCKETS[scope["path"]]
        number, refusal = self._faults.at_connection(socket)
        if refusal is not None:
            await receive()
            await send({"type": "websocket.close"})
            return
        clock = asyncio.get_running_loop().time
        line = FaultySocket(self._faults, socket, number, scope, send, clock)
        await self._application(scope, receive, line.send)
