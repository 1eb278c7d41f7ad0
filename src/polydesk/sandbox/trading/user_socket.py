"""The private socket: a key's own orders and trades.

Source: ``websockets.md`` section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocket

from polydesk.sandbox.sockets import serve_socket
from polydesk.sandbox.subscribers import Subscriber, UserSubscriber
from polydesk.sandbox.trading.auth import check_socket

if TYPE_CHECKING:
    from polydesk.sandbox.exchange import Exchange

WRONG_CREDENTIALS: Final = (1008, "invalid credentials")


class UserSocket:
    """Route handler of ``/ws/user``. Nothing is told twice: there is no snapshot, no replay."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection."""
        await websocket.accept()
        await serve_socket(websocket, self._exchange, UserSubscriber(), self._take)

    def _take(self, subscriber: Subscriber, body: dict[str, Any]) -> None:
        assert isinstance(subscriber, UserSubscriber)
        if not subscriber.owner:
            self._open(subscriber, body)
        elif body.get("operation") == "subscribe":
            subscriber.add_markets(_markets(body))
        elif body.get("operation") == "unsubscribe":
            subscriber.remove_markets(_markets(body))

    def _open(self, subscriber: UserSubscriber, body: dict[str, Any]) -> None:
        """Take the first message, which must show credentials."""
        key = check_socket(body.get("auth"), self._exchange.trading.keys)
        if key is None or body.get("type") != "user":
            subscriber.dismiss(WRONG_CREDENTIALS)
            return
        subscriber.owner = key.key
        subscriber.markets = set(_markets(body)) or None


def _markets(body: dict[str, Any]) -> list[str]:
    value = body.get("markets")
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
