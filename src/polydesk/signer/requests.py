"""Which private requests the signer makes headers for.

Orders only with bodies it has signed itself, and only while they are fresh; cancels always; reads
by name. Everything else, such as making or deleting API keys, is refused.

Source: ``trading.md`` sections 2.2 and 5, 2026-11.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from typing import Final

import msgspec

from polydesk.errors import SignerRefused
from polydesk.ports import Clock

SEND_WITHIN_NS: Final = 60 * 1_000_000_000
"""How long after signing an order may be sent, and sent again."""
MOST_IN_BATCH: Final = 15
MOST_KEPT: Final = 20_000
"""Signed bodies that are remembered."""
PLACING: Final = frozenset({("POST", "/order"), ("POST", "/orders")})
CANCELS: Final = frozenset(
    {
        ("DELETE", "/order"),
        ("DELETE", "/orders"),
        ("DELETE", "/cancel-all"),
        ("DELETE", "/cancel-market-orders"),
    }
)
HEARTBEATS: Final = frozenset({("POST", "/v1/heartbeats")})
_READS: Final = frozenset(
    {
        "/data/orders",
        "/data/trades",
        "/balance-allowance",
        "/balance-allowance/update",
        "/auth/api-keys",
        "/auth/ban-status/closed-only",
        "/order-scoring",
    }
)
_ONE_ORDER: Final = re.compile(r"/data/order/0x[0-9a-fA-F]{64}")
_decode_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode


class RequestGate:
    """Decides about one request after the other."""

    def __init__(self, clock: Clock, *, is_latched: bool) -> None:
        """Take a steady clock, and whether the kill switch is on."""
        self._clock = clock
        self._signed: OrderedDict[bytes, int] = OrderedDict()
        self.is_latched = is_latched
        """Whether only cancels and reads pass."""

    def remember(self, body: bytes) -> None:
        """Let a body that was just signed be sent."""
        self._signed[hashlib.sha256(body).digest()] = self._clock.monotonic_ns()
        if len(self._signed) > MOST_KEPT:
            self._signed.popitem(last=False)

    def check(self, method: str, path: str, body: bytes) -> None:
        """Refuse a request that must not be sent.

        Raises:
            SignerRefused: With the reason.
        """
        request = (method, path)
        if request in CANCELS or _is_read(method, path, body):
            return
        if self.is_latched:
            raise latched()
        if request in PLACING:
            self._check_placing(path, body)
        elif request not in HEARTBEATS:
            raise SignerRefused("the signer makes no headers for such a request")

    def _check_placing(self, path: str, body: bytes) -> None:
        bodies = [body] if path == "/order" else _entries(body)
        if not all(map(self._is_fresh, bodies)):
            raise SignerRefused(
                "the request holds an order that was not signed here in the last minute"
            )

    def _is_fresh(self, body: bytes) -> bool:
        signed_at = self._signed.get(hashlib.sha256(body).digest())
        return signed_at is not None and self._clock.monotonic_ns() - signed_at < SEND_WITHIN_NS


def latched() -> SignerRefused:
    """Return the refusal of a signer whose kill switch is on."""
    return SignerRefused("the kill switch is on; only cancels and reads pass")


def _is_read(method: str, path: str, body: bytes) -> bool:
    return (
        method == "GET" and not body and (path in _READS or _ONE_ORDER.fullmatch(path) is not None)
    )


def _entries(body: bytes) -> list[bytes]:
    """Return the orders of a batch, byte for byte."""
    try:
        entries = [bytes(entry) for entry in _decode_batch(body)]
    except msgspec.MsgspecError:
        entries = []
    if not 0 < len(entries) <= MOST_IN_BATCH or body != b"[" + b",".join(entries) + b"]":
        raise SignerRefused(f"a batch is a plain list of 1 to {MOST_IN_BATCH} orders")
    return entries
