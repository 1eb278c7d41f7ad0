"""Rate limits in front of the routes that place and cancel.

Source: ``trading.md`` section 8.2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from polydesk.sandbox import wire
from polydesk.sandbox.faults.endpoints import ORDER_RELATED, Endpoint, endpoint_of
from polydesk.sandbox.limits import NS, Bucket, Limits, SignerLimits
from polydesk.sandbox.wire import Reply

_COUNTED: Final = frozenset({"orders", "cancel-many"})
"""Routes that cost one token per entry of their list."""
_SWEEPS: Final = frozenset({"cancel-all", "cancel-market"})
"""Routes that cost one more token per order they canceled."""


class Limiter:
    """An ASGI application that spends tokens before it lets a request pass."""

    def __init__(
        self,
        application: ASGIApp,
        signers: SignerLimits,
        limits: Limits,
        *,
        monotonic_s: Callable[[], float],
        now_s: Callable[[], int],
    ) -> None:
        """Limit an application.

        Args:
            application: The exchange.
            signers: The buckets.
            limits: Whether to refuse or to warn.
            monotonic_s: The clock by which tokens flow; the recording's may stand still.
            now_s: The exchange's time in Unix seconds, in which resets are told.
        """
        self._application = application
        self._signers = signers
        self._limits = limits
        self._clock = monotonic_s
        self._now_s = now_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request if its signer can pay for it."""
        endpoint = None
        if scope["type"] == "http":
            endpoint = endpoint_of(scope["method"], scope["path"])
        signer = wire.header(scope, b"poly_address") if endpoint in ORDER_RELATED else ""
        if endpoint is None or not signer:
            await self._application(scope, receive, send)
            return
        body = await wire.read_body(receive)
        if body is not None:
            await wire.answer(send, await self._serve(scope, body, signer, endpoint))

    async def _serve(self, scope: Scope, body: bytes, signer: str, endpoint: Endpoint) -> Reply:
        cancels = endpoint not in {"order", "orders"}
        bucket = self._signers.bucket(signer, int(self._clock() * NS), cancels=cancels)
        cost = cost_of(endpoint, body)
        short = not bucket.covers(cost)
        if short and self._limits is Limits.ENFORCE:
            return self._refuse(bucket, cost)
        bucket.take(cost)
        reply = await wire.run(self._application, scope, body)
        if reply.status == 401:
            bucket.give_back(cost)
        elif endpoint in _SWEEPS:
            bucket.take(_canceled(reply.body))
        return self._marked(reply, bucket, self._now_s(), warning=short)

    def _refuse(self, bucket: Bucket, cost: int) -> Reply:
        reply = Reply(429, [wire.JSON_TYPE]).with_body(b'{"error":"Too Many Requests"}')
        wait = bucket.wait_ns(cost)
        if wait is None:
            return self._marked(reply, bucket, self._now_s())
        seconds = -(-wait // NS)
        reply.headers.append((b"retry-after", str(seconds).encode()))
        return self._marked(reply, bucket, self._now_s() + seconds)

    def _marked(self, reply: Reply, bucket: Bucket, reset: int, *, warning: bool = False) -> Reply:
        """Return the answer with what is left of the bucket."""
        fields = {"remaining": bucket.tokens, "reset": reset, "tier": self._signers.tier.value}
        fields |= {"warning": "true"} if warning else {}
        marks = [(f"poly-ratelimit-{key}".encode(), str(fields[key]).encode()) for key in fields]
        return Reply(reply.status, [*reply.headers, *marks], reply.body)


def cost_of(endpoint: Endpoint, body: bytes) -> int:
    """Return what a request costs before it is served; at least one token."""
    if endpoint not in _COUNTED:
        return 1
    entries = _decoded(body)
    return max(1, len(entries)) if isinstance(entries, list) else 1


def _canceled(body: bytes) -> int:
    answer = _decoded(body)
    canceled = answer.get("canceled") if isinstance(answer, dict) else None
    return len(canceled) if isinstance(canceled, list) else 0


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
