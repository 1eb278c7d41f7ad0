"""A uvicorn WebSocket protocol that also writes many ready frames at once.

One system call per frame would cap a replay at a few ten thousand frames a second. Server
frames are not masked, so one serialised frame serves every subscriber, and a burst leaves in
one write. Back-pressure stays the transport's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

BATCH_KEY = "serialised"
"""Key of a ``websocket.send`` message that holds frames ready for the wire."""


def text_frame(text: bytes) -> bytes:
    """Return the bytes of one unmasked text frame."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


def batch_message(frames: list[bytes]) -> dict[str, Any]:
    """Return the ASGI message that sends ready frames."""
    return {"type": "websocket.send", BATCH_KEY: frames}


class BatchingProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol with the batch message added."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send one ASGI message; a batch is written whole once the transport has room."""
        fields: Any = message
        frames: list[bytes] | None = fields.get(BATCH_KEY)
        if frames is None:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(b"".join(frames))
