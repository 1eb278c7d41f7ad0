"""Opening a WebSocket at exactly the address given."""

from __future__ import annotations

from websockets.asyncio.client import connect


class DirectConnect(connect):
    """``websockets.connect`` that takes a redirect for the refusal it is.

    The library would follow it, to another host too; only configured hosts are ever spoken to.
    """

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the refusal itself, never another address."""
        return exc
