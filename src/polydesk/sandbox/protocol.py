"""A uvicorn WebSocket protocol that also writes many ready frames at once.

One system call per frame would cap a replay at a few ten thousand frames a second. Server
frames are not masked, so one serialised frame serves every subscriber, and a burst leaves in
one write. Back-pressure stays the transport's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

BATCH_KEY: Final = "serialised"
"""Key of a ``websocket.send`` message that holds frames ready for the wire."""
CLOSE_GRACE_S: Final = 5.0
"""How long a reader that takes nothing may keep its connection after the close frame."""


def text_frame(text: bytes) -> bytes:
    """Return the bytes of one unmasked text frame."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


PONG: Final = text_frame(b"PONG")
"""The answer to a client's text ``PING``."""


def text_of(frame: bytes) -> bytes:
    """Return the text of one unmasked text frame."""
    start = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[start:]


def batch_message(frames: list[bytes]) -> dict[str, Any]:
    """Return the ASGI message that sends ready frames."""
    return {"type": "websocket.send", BATCH_KEY: frames}


class BatchingProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol with the batch message, and a close that a full buffer cannot block."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send one ASGI message; a batch is written whole once the transport has room."""
        fields: Any = message
        if BATCH_KEY in fields:
            await self._send_batch(fields[BATCH_KEY])
        elif fields["type"] == "websocket.close" and not self.writable.is_set():
            self._close_full(fields.get("code", 1000), fields.get("reason") or "")
        else:
            await super().send(message)

    async def _send_batch(self, frames: list[bytes]) -> None:
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(b"".join(frames))

    def _close_full(self, code: int, reason: str) -> None:
        """Queue the close frame behind what waits, and cut the line when nobody reads it."""
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.close_timer = self.loop.call_later(CLOSE_GRACE_S, self.transport.abort)
