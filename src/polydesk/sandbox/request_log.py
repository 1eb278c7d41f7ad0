"""What arrived that places or cancels orders, in order: proof of what was sent how often."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

KEPT: Final = 100_000
"""Requests remembered; older ones are forgotten."""


@dataclass(slots=True)
class Entry:
    """One request."""

    sequence: int
    """From one, in order of arrival."""
    time_ns: int
    """The exchange's time."""
    method: str
    path: str
    sha256: str
    """Of the body as it arrived."""
    order_ids: list[str]
    """Digests of the orders it places, or ids it cancels."""
    fault: str | None = None
    """Kind of the fault that fired."""
    rule: str | None = None
    commits: int = 0
    """Times the exchange was given the request."""
    answers: list[int] = field(default_factory=list)
    """The exchange's status for each time."""
    status: int | None = None
    """What the client was sent; None for nothing, or not all of it."""

    def plain(self) -> dict[str, Any]:
        """Return the entry as JSON has it."""
        return {
            "sequence": self.sequence,
            "time_ns": self.time_ns,
            "method": self.method,
            "path": self.path,
            "sha256": self.sha256,
            "order_ids": self.order_ids,
            "fault": self.fault,
            "rule": self.rule,
            "commits": self.commits,
            "answers": self.answers,
            "status": self.status,
        }


class RequestLog:
    """The newest requests."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def note(
        self, time_ns: int, method: str, path: str, body: bytes, order_ids: list[str]
    ) -> Entry:
        """Remember a request; the entry is completed while it is handled."""
        self._count += 1
        entry = Entry(self._count, time_ns, method, path, sha256(body).hexdigest(), order_ids)
        self._entries.append(entry)
        return entry

    def after(self, sequence: int) -> list[dict[str, Any]]:
        """Return the entries later than a sequence number, oldest first."""
        return [entry.plain() for entry in self._entries if entry.sequence > sequence]

    @property
    def count(self) -> int:
        """Requests so far."""
        return self._count
