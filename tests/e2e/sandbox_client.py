"""What the sandbox's end-to-end tests share: a started child, sockets, requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from polydesk.sandbox.urls import SandboxUrls

WAIT_S = 20.0


@asynccontextmanager
async def market_socket(
    urls: SandboxUrls, tokens: list[str], **fields: object
) -> AsyncIterator[ClientConnection]:
    async with connect(urls.market_ws, compression=None, max_queue=None) as socket:
        await socket.send(json.dumps({"type": "market", "assets_ids": tokens, **fields}))
        yield socket


@asynccontextmanager
async def activity_socket(
    urls: SandboxUrls, *topics: tuple[str, str]
) -> AsyncIterator[ClientConnection]:
    wanted = [{"topic": topic, "type": kind} for topic, kind in topics]
    async with connect(urls.rtds_ws, compression=None, max_queue=None) as socket:
        await socket.send(json.dumps({"action": "subscribe", "subscriptions": wanted}))
        yield socket


async def take(socket: ClientConnection, count: int) -> list[bytes]:
    """Return the next ``count`` frames as bytes."""
    async with asyncio.timeout(WAIT_S):
        return [bytes(await socket.recv(decode=False)) for _ in range(count)]


async def ping(socket: ClientConnection) -> list[bytes]:
    """Send PING and return what came before its answer."""
    await socket.send("PING")
    before: list[bytes] = []
    async with asyncio.timeout(WAIT_S):
        while (frame := bytes(await socket.recv(decode=False))) != b"PONG":
            before.append(frame)
    return before


async def state(urls: SandboxUrls) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        found: dict[str, Any] = (await client.get(f"{urls.control}/state")).json()
        return found


async def until(urls: SandboxUrls, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the control port reports something."""
    async with asyncio.timeout(WAIT_S):
        while not is_so(found := await state(urls)):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.01)
    return found


async def play_to_end(urls: SandboxUrls) -> None:
    """Start the playback without subscribers and wait for its end."""
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(f"{urls.control}/start")
    await until(urls, lambda found: bool(found["finished"]))
