"""Loopback control of the exchange, outside the venue's protocol."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from polydesk.sandbox.books import Json
from polydesk.sandbox.control_faults import fault_routes
from polydesk.sandbox.control_trading import trading_control_routes
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.guard import Guard


def control_routes(exchange: Exchange, guard: Guard) -> list[Route]:
    """Return the routes below ``/control``."""

    async def start(_: Request) -> JSONResponse:
        exchange.playback.start()
        return JSONResponse(state_json(exchange))

    async def stop(_: Request) -> JSONResponse:
        exchange.playback.stop()
        return JSONResponse(state_json(exchange))

    async def state(_: Request) -> JSONResponse:
        return JSONResponse(state_json(exchange))

    return [
        Route("/start", start, methods=["POST"]),
        Route("/stop", stop, methods=["POST"]),
        Route("/state", state, methods=["GET"]),
        *trading_control_routes(exchange),
        *fault_routes(guard),
    ]


def state_json(exchange: Exchange) -> Json:
    """Return the playback's state as the control port reports it."""
    playback, hub = exchange.playback, exchange.hub
    return {
        "phase": playback.phase.value,
        "finished": playback.phase.value == "finished",
        "recording_time_ns": playback.now_ns,
        "frames_consumed": playback.consumed,
        "frames_sent": hub.sent,
        "frames_unread": exchange.world.unread,
        "subscribers": {"market": len(hub.market), "rtds": len(hub.activity)},
    }
