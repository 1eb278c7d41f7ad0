"""The two public sockets: market channel and real-time activity.

Source: ``websockets.md`` sections 2, 3 and 5.2, 2026-11.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected

from polydesk.sandbox.answers import Refusal, read_json
from polydesk.sandbox.catalogue import objects
from polydesk.sandbox.exchange import Exchange
from polydesk.sandbox.protocol import PONG, batch_message, text_frame
from polydesk.sandbox.subscribers import (
    ActivitySubscriber,
    MarketSubscriber,
    Subscriber,
)

PING: Final = "PING"


class _Dismissed(Exception):
    """The server ends this connection."""


class MarketSocket:
    """Route handler of ``/ws/market``."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection."""
        await websocket.accept()
        subscriber = MarketSubscriber()
        await serve_socket(websocket, self._exchange, subscriber, self._take)

    def _take(self, subscriber: Subscriber, body: dict[str, Any]) -> None:
        """Apply one message of the client; a wrong key is met with silence, as at the venue."""
        assert isinstance(subscriber, MarketSubscriber)
        if not subscriber.opened and body.get("type") == "market":
            self._subscribe(subscriber, body, dump=body.get("initial_dump", True) is not False)
            subscriber.opened = True
            self._exchange.hub.note_subscription()
        elif body.get("operation") == "subscribe":
            self._subscribe(subscriber, body, dump=True)
        elif body.get("operation") == "unsubscribe":
            subscriber.tokens.difference_update(_assets(body))

    def _subscribe(self, subscriber: MarketSubscriber, body: dict[str, Any], *, dump: bool) -> None:
        """Add assets; the flag is applied even when every asset is a duplicate."""
        custom = body.get("custom_feature_enabled")
        if isinstance(custom, bool):
            subscriber.custom = custom
        fresh = [token for token in _assets(body) if token not in subscriber.tokens]
        subscriber.tokens.update(fresh)
        books = [self._exchange.world.book(token) for token in fresh] if dump else []
        known = [book.socket_json() for book in books if book is not None]
        if known:
            subscriber.outbox.put(text_frame(msgspec.json.encode(known)))


class ActivitySocket:
    """Route handler of the real-time data service."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection."""
        await websocket.accept()
        await serve_socket(websocket, self._exchange, ActivitySubscriber(), self._take)

    def _take(self, subscriber: Subscriber, body: dict[str, Any]) -> None:
        assert isinstance(subscriber, ActivitySubscriber)
        wanted = {
            (str(item.get("topic", "")), str(item.get("type", "*")))
            for item in objects(body.get("subscriptions"))
        }
        if body.get("action") == "subscribe":
            subscriber.topics |= wanted
        elif body.get("action") == "unsubscribe":
            subscriber.topics -= wanted
        self._exchange.hub.note_subscription()


def _assets(body: dict[str, Any]) -> list[str]:
    """Return the assets a message names, each once, in order."""
    value = body.get("assets_ids")
    names = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    return list(dict.fromkeys(names))


async def serve_socket(
    websocket: WebSocket,
    exchange: Exchange,
    subscriber: Subscriber,
    take: Callable[[Subscriber, dict[str, Any]], None],
) -> None:
    """Read and write until one side ends the connection."""

    async def send(frames: list[bytes]) -> None:
        await websocket.send(batch_message(frames))

    exchange.hub.add(subscriber)
    dismissed = False
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_read(websocket, subscriber, take))
            tasks.create_task(subscriber.outbox.pump(send))
            tasks.create_task(_wait_for_dismissal(subscriber))
    except* _Dismissed:
        dismissed = True
    except* (WebSocketDisconnect, ClientDisconnected):
        pass
    finally:
        exchange.hub.remove(subscriber)
    if dismissed:
        await websocket.close(*subscriber.goodbye_reason)


async def _read(
    websocket: WebSocket,
    subscriber: Subscriber,
    take: Callable[[Subscriber, dict[str, Any]], None],
) -> None:
    while True:
        text = await _receive(websocket)
        if text == PING:
            subscriber.outbox.put(PONG)
            continue
        try:
            body = read_json(text)
        except Refusal:
            continue
        if isinstance(body, dict):
            take(subscriber, body)


async def _receive(websocket: WebSocket) -> str:
    """Return the next message as text; binary is not part of the protocol and reads as empty."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    return str(message.get("text") or "")


async def _wait_for_dismissal(subscriber: Subscriber) -> None:
    await subscriber.goodbye.wait()
    raise _Dismissed
