"""The sandbox exchange as one ASGI application on one loopback port."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterable
from functools import partial
from ipaddress import ip_address
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute
from starlette.types import ASGIApp

from polydesk.domain.frames import Frame
from polydesk.errors import ConfigError
from polydesk.sandbox.control import control_routes
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.guard import Guard, GuardOptions
from polydesk.sandbox.order_ids import order_ids
from polydesk.sandbox.playback import Playback
from polydesk.sandbox.protocol import BatchingProtocol
from polydesk.sandbox.rest_clob import clob_routes
from polydesk.sandbox.rest_data import data_routes
from polydesk.sandbox.rest_gamma import gamma_routes
from polydesk.sandbox.sockets import ActivitySocket, MarketSocket
from polydesk.sandbox.subscribers import Hub
from polydesk.sandbox.trading.desk import TradingDesk
from polydesk.sandbox.trading.options import TradingOptions
from polydesk.sandbox.trading.routes import relayer_routes, site_routes, trading_routes
from polydesk.sandbox.trading.user_socket import UserSocket
from polydesk.sandbox.urls import SandboxUrls
from polydesk.sandbox.wire import LineProtocol

SEND_BUFFER: Final = 1 << 16
"""Bytes the system holds per connection, so that no reader gets far ahead of another stream."""


async def serve(
    tape: Iterable[Frame],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    speed: float | None = 1.0,
    wait_for_subscribers: bool = True,
    loop: bool = False,
    wall_ns: Callable[[], int],
    trading: TradingOptions | None = None,
    guard: GuardOptions | None = None,
    on_ready: Callable[[SandboxUrls], None] | None = None,
    ended: asyncio.Event | None = None,
) -> None:
    """Serve a recording until cancelled or told to end by a signal.

    Args:
        tape: The recording's frames in order.
        host: Loopback address to listen on.
        port: Port to listen on; 0 takes a free one.
        speed: Recorded seconds per real second; None means as fast as readers read.
        wait_for_subscribers: Hold the playback until both streams have a subscriber.
        loop: Play again after the end, from an empty world and with fresh connections.
        trading: Accounts, seed and other choices of the trading side.
        guard: Fault script and rate limits; the venue's limits and no faults when left out.
        wall_ns: This machine's time, nanoseconds UTC; official clients sign by it.
        on_ready: Told the URLs once connections are accepted.
        ended: Set by the caller to end the server in order.

    Raises:
        ConfigError: The address is in use, cannot be bound, or is not a loopback address.
    """
    bound = _bind(host, port)
    hub = Hub()
    playback = Playback(
        tape, hub, speed=speed, wait_for_subscribers=wait_for_subscribers, loop=loop
    )
    desk = TradingDesk(playback, hub, trading or TradingOptions(), wall_ns)
    exchange = Exchange(hub, playback, desk)
    server = _Server(_config(_guarded(exchange, Guard(guard or GuardOptions()))))
    if on_ready is not None:
        server.on_started = partial(on_ready, SandboxUrls.at(host, bound.getsockname()[1]))
    async with asyncio.TaskGroup() as tasks:
        others = [tasks.create_task(playback.run()), tasks.create_task(desk.run())]
        if ended is not None:
            others.append(tasks.create_task(_end_when(ended, server)))
        await server.serve(sockets=[bound])
        for task in others:
            task.cancel()


async def _end_when(ended: asyncio.Event, server: uvicorn.Server) -> None:
    await ended.wait()
    server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server, telling when it accepts connections."""

    on_started: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.on_started is not None:
            self.on_started()


def _guarded(exchange: Exchange, guard: Guard) -> ASGIApp:
    desk = exchange.trading
    return guard.around(
        _application(exchange, guard), lambda: desk.now_ns, partial(order_ids, desk)
    )


def _application(exchange: Exchange, guard: Guard) -> Starlette:
    return Starlette(
        routes=[
            WebSocketRoute("/ws/market", MarketSocket(exchange).serve),
            WebSocketRoute("/ws/user", UserSocket(exchange).serve),
            WebSocketRoute("/rtds", ActivitySocket(exchange).serve),
            Mount("/gamma", routes=gamma_routes(exchange)),
            Mount("/clob", routes=[*trading_routes(exchange), *clob_routes(exchange)]),
            Mount("/data", routes=data_routes(exchange)),
            Mount("/site", routes=site_routes(exchange)),
            Mount("/relayer", routes=relayer_routes(exchange)),
            Mount("/control", routes=control_routes(exchange, guard)),
        ]
    )


def _config(application: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        http=LineProtocol,
        ws=BatchingProtocol,
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )


def _bind(host: str, port: int) -> socket.socket:
    if not _is_loopback(host):
        raise ConfigError(f"The sandbox exchange listens on loopback only, not on {host}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} on {host} is in use; stop what runs there or choose another port."
            ) from error
        raise ConfigError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
