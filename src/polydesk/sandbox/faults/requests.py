"""What each fault does to a request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from polydesk.sandbox import wire
from polydesk.sandbox.faults.kinds import (
    AfterCommit,
    BeforeCommit,
    Corrupt,
    Delay,
    Drip,
    Duplicate,
    HalfReply,
    HangUp,
    HttpFault,
    LateCommit,
    Status,
    WrongTime,
)
from polydesk.sandbox.request_log import Entry
from polydesk.sandbox.wire import Reply

PIECES: Final = 10
"""Into how many a dripping reply is cut."""
PAGE: Final = b"<!DOCTYPE html><html><body><h1>Just a moment...</h1></body></html>"
TEXTS: Final = {
    400: "Invalid order payload",
    401: "Unauthorized/Invalid api key",
    403: "Trading restricted in your region",
    404: "Order not found",
    425: "the matching engine is restarting",
    429: "Too Many Requests",
    500: "could not run the execution",
    503: "Trading is currently disabled. Check polymarket.com for updates",
}
"""The usual text of a status. Source: ``trading.md`` sections 5.4 and 12."""


@dataclass(slots=True)
class Call:
    """A request in hand: handle it, answer it, or lose the line."""

    application: ASGIApp
    scope: Scope
    body: bytes
    receive: Receive
    send: Send
    entry: Entry

    async def commit(self) -> Reply:
        """Let the exchange handle the request."""
        self.entry.commits += 1
        reply = await wire.run(self.application, self.scope, self.body)
        self.entry.answers.append(reply.status)
        return reply

    async def answer(self, reply: Reply) -> None:
        """Send the client an answer."""
        self.entry.status = reply.status
        await wire.answer(self.send, reply)

    async def lose(self, how: HangUp) -> None:
        """Lose the line, or stay silent until the client gives up."""
        if how != "hang":
            wire.hang_up(wire.line_of(self.scope), how)
        await wire.gone(self.receive)


async def serve(call: Call, fault: HttpFault | None) -> None:
    """Handle and answer a request under a fault, or without one."""
    match fault:
        case None:
            await call.answer(await call.commit())
        case BeforeCommit():
            await call.lose(fault.how)
        case AfterCommit():
            await call.commit()
            await call.lose(fault.how)
        case HalfReply():
            await _half(call, fault)
        case LateCommit():
            await _commit_late(call, fault)
        case Drip():
            await _drip(call, fault)
        case _:
            await call.answer(await _answer_to(call, fault))


async def _answer_to(call: Call, fault: Delay | Duplicate | Status | Corrupt | WrongTime) -> Reply:
    """Return the answer of a fault that leaves the line whole."""
    match fault:
        case Delay():
            return await _delayed(call, fault)
        case Duplicate():
            first, last = await call.commit(), await call.commit()
            return first if fault.answer == "first" else last
        case Status():
            if fault.commit:
                await call.commit()
            return refusal(fault)
        case Corrupt():
            return _damaged(await call.commit() if fault.commit else Reply(200), fault)
        case WrongTime():
            return _shifted(await call.commit(), fault.seconds)


async def _delayed(call: Call, fault: Delay) -> Reply:
    if fault.when == "before_commit":
        await asyncio.sleep(fault.seconds)
        return await call.commit()
    reply = await call.commit()
    await asyncio.sleep(fault.seconds)
    return reply


async def _commit_late(call: Call, fault: LateCommit) -> None:
    if fault.how != "hang":
        await call.lose(fault.how)
    await asyncio.sleep(fault.seconds)
    await call.commit()
    await call.lose("hang")


async def _half(call: Call, fault: HalfReply) -> None:
    reply = await call.commit()
    kept = reply.body[: int(len(reply.body) * fault.keep)]
    # Nothing may stay in our buffer: a reset would throw it away.
    wire.line_of(call.scope).set_write_buffer_limits(0)
    await wire.begin(call.send, reply)
    for part in (kept, b""):
        await call.send({"type": "http.response.body", "body": part, "more_body": True})
    await call.lose(fault.how)


async def _drip(call: Call, fault: Drip) -> None:
    reply = await call.commit()
    call.entry.status = reply.status
    await wire.begin(call.send, reply)
    size = -(-len(reply.body) // PIECES)
    for piece in range(PIECES):
        await asyncio.sleep(fault.seconds / PIECES)
        part = reply.body[piece * size : (piece + 1) * size]
        await call.send({"type": "http.response.body", "body": part, "more_body": True})
    await call.send({"type": "http.response.body", "body": b""})


def refusal(fault: Status) -> Reply:
    """Return the answer of a scripted status."""
    body = fault.body
    if body is None:
        text = fault.error or TEXTS.get(fault.status, "Internal Server Error")
        body = {"error": text}
        body |= {"code": fault.code} if fault.code is not None else {}
        if fault.retry_after is not None:
            body["retry_after_seconds"] = fault.retry_after
    headers = [wire.JSON_TYPE]
    headers += [(key.lower().encode(), value.encode()) for key, value in fault.headers.items()]
    if fault.retry_after is not None:
        headers.append((b"retry-after", str(fault.retry_after).encode()))
    return Reply(fault.status, headers).with_body(msgspec.json.encode(body))


def _damaged(reply: Reply, fault: Corrupt) -> Reply:
    if fault.form == "html":
        page = Reply(200, reply.headers).with_body(PAGE)
        return page.with_type(b"text/html; charset=utf-8")
    if fault.form == "json":
        return reply.with_body(b'{"success": tru' + reply.body[: len(reply.body) // 2])
    return reply.with_type(b"image/png")


def _shifted(reply: Reply, seconds: int) -> Reply:
    """Return the answer with a whole number in it moved by seconds; others are left alone."""
    try:
        told: Any = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return reply
    return reply.with_body(str(told + seconds).encode()) if type(told) is int else reply
