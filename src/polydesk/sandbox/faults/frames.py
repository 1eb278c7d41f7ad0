"""What each fault does to the frames of a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.types import Message, Scope, Send
from uvicorn.protocols.utils import ClientDisconnected

from polydesk.sandbox import wire
from polydesk.sandbox.faults.chance import Faults
from polydesk.sandbox.faults.kinds import Drop, Freeze, Garble, Hold, Reorder, Repeat
from polydesk.sandbox.faults.script import Script
from polydesk.sandbox.protocol import BATCH_KEY, PONG, batch_message, text_frame, text_of

SOCKETS: Final = {"/ws/market": "market", "/ws/user": "user", "/rtds": "rtds"}
"""Name of each socket in a script, by path."""


@dataclass(slots=True)
class FaultySocket:
    """The sending side of one connection, between the exchange and the wire."""

    faults: Faults
    socket: str
    connection: int
    scope: Scope
    wire_send: Send
    clock: Callable[[], float]
    """Monotonic, seconds."""
    _ready: list[bytes] = field(default_factory=list)
    _held: bytes = b""
    """A frame that waits for the next one."""
    _frozen_until: float = 0.0
    _frozen_by: Script | None = None
    """The script that froze the line; another one thaws it."""

    async def send(self, message: Message) -> None:
        """Pass a message on, with whatever happens to its frames."""
        if message["type"] != "websocket.send" or not self._is_at_work:
            await self.wire_send(message)
            return
        for frame in _frames_of(message):
            await self._pass(frame)
        await self._flush()

    @property
    def _is_at_work(self) -> bool:
        return bool(self.faults.on_frames(self.socket) or self._held or self._frozen_by)

    async def _pass(self, frame: bytes) -> None:
        if frame == PONG:
            self._put_held()
            self._ready.append(frame)
        elif not self._is_frozen():
            rule = self.faults.at_frame(self.socket, self.connection)
            await self._apply(rule.fault if rule is not None else None, frame)

    async def _apply(self, fault: Any, frame: bytes) -> None:
        match fault:
            case Drop():
                await self._drop(fault)
            case Freeze():
                duration = float("inf") if fault.seconds is None else fault.seconds
                self._frozen_until = self.clock() + duration
                self._frozen_by = self.faults.script
                self._held = b""
            case Reorder():
                self._put_held()
                self._held = frame
            case _:
                await self._deliver(fault, frame)
                self._put_held()

    async def _deliver(self, fault: Any, frame: bytes) -> None:
        """Send a frame on: as it is, repeated, damaged or late."""
        match fault:
            case Repeat():
                self._ready += [frame] * fault.times
            case Garble():
                self._ready.append(text_frame(_damaged(text_of(frame), fault)))
            case Hold():
                await self._flush()
                await asyncio.sleep(fault.seconds)
                self._ready.append(frame)
            case _:
                self._ready.append(frame)

    def _is_frozen(self) -> bool:
        if self._frozen_by is not self.faults.script or self.clock() >= self._frozen_until:
            self._frozen_by = None
        return self._frozen_by is not None

    def _put_held(self) -> None:
        if self._held:
            self._ready.append(self._held)
            self._held = b""

    async def _flush(self) -> None:
        if self._ready:
            frames, self._ready = self._ready, []
            await self.wire_send(batch_message(frames))

    async def _drop(self, fault: Drop) -> None:
        """End the connection after the frames before this one.

        Raises:
            ClientDisconnected: Always, as when the client itself had left.
        """
        await self._flush()
        if fault.code is None:
            wire.hang_up(wire.line_of(self.scope), fault.how)
        else:
            await self.wire_send({"type": "websocket.close", "code": fault.code})
        raise ClientDisconnected


def _frames_of(message: Message) -> list[bytes]:
    """Return a message's frames ready for the wire; the venue's sockets carry text only."""
    if BATCH_KEY in message:
        frames: list[bytes] = message[BATCH_KEY]
        return frames
    return [text_frame(str(message["text"]).encode())]


def _damaged(text: bytes, fault: Garble) -> bytes:
    whole = text.decode()
    return (whole[: len(whole) // 2] if fault.form == "cut" else whole[::-1]).encode()
