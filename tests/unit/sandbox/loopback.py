"""A tiny venue behind the gate, on a real loopback socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from polydesk.sandbox.faults.chance import Faults
from polydesk.sandbox.faults.gate import Gate
from polydesk.sandbox.faults.script import parse_script
from polydesk.sandbox.protocol import PONG, BatchingProtocol, batch_message, text_frame
from polydesk.sandbox.request_log import RequestLog
from polydesk.sandbox.wire import LineProtocol


@dataclass
class Venue:
    """Counts what it is given; its sockets send what the test asks for."""

    script: bytes = b'{"rules": []}'
    seed: int = 0
    orders: list[bytes] = field(default_factory=list)
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    faults: Faults = field(init=False)
    log: RequestLog = field(default_factory=RequestLog)

    def __post_init__(self) -> None:
        self.faults = Faults(self.seed, parse_script(self.script))

    async def order(self, request: Request) -> Response:
        self.orders.append(await request.body())
        self.taken.set()
        return JSONResponse({"success": True, "orderID": f"0x{len(self.orders):02}"})

    async def time(self, _: Request) -> Response:
        return JSONResponse(1_795_000_000)

    async def market(self, websocket: WebSocket) -> None:
        """Answer ``PING`` with ``PONG`` and each number with that many numbered frames."""
        await websocket.accept()
        try:
            while True:
                text = await websocket.receive_text()
                count = 0 if text == "PING" else int(text)
                frames = [text_frame(b'{"n":%d}' % n) for n in range(1, count + 1)]
                await websocket.send(batch_message(frames or [PONG]))
        except WebSocketDisconnect:
            return

    def application(self) -> Gate:
        routes = [
            Route("/clob/order", self.order, methods=["POST"]),
            Route("/clob/time", self.time),
            Route("/control/state", self.time),
            WebSocketRoute("/ws/market", self.market),
            WebSocketRoute("/ws/user", self.market),
        ]
        return Gate(Starlette(routes=routes), self.faults, self.log, lambda: 7, lambda *_: ["0xaa"])

    async def post(self, body: bytes = b"{}", timeout_s: float = 5.0) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=timeout_s) as client:
            return await client.post(f"{self.url}/clob/order", content=body)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def serving(venue: Venue) -> AsyncIterator[Venue]:
    """Serve a venue on a free port until the test is done."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            venue.application(),
            http=LineProtocol,
            ws=BatchingProtocol,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        venue.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve(sockets=[listener]))
            await server.ready.wait()
            try:
                yield venue
            finally:
                server.should_exit = True
