"""What the core needs from the outside, as protocols."""

from __future__ import annotations

from typing import Protocol

from polydesk.domain.decisions import Decision
from polydesk.domain.fills import Fill, SettledFill
from polydesk.domain.frames import Frame
from polydesk.domain.ledger import Entry
from polydesk.domain.orders import Order
from polydesk.domain.signed import SignedRecord


class Clock(Protocol):
    """Time, injected everywhere."""

    def now_ns(self) -> int:
        """Return nanoseconds UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Return a steady time for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class FrameSink(Protocol):
    """Takes received texts: the runner's inbox, or a recorder."""

    def put(self, frame: Frame) -> None:
        """Take one frame; never blocks."""
        ...


class Recorder(Protocol):
    """Writes frames to a recording."""

    def write(self, channel: str, ts_init: int, text: bytes) -> None:
        """Append one frame; never blocks."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class Journal(Protocol):
    """Durable record of what the engine did, written in order by a thread of its own."""

    def decision(self, decision: Decision) -> None:
        """Record a copy decision."""
        ...

    def order(self, order: Order) -> None:
        """Record an order's present state."""
        ...

    def fill(self, fill: Fill, entry: Entry) -> None:
        """Record a fill with its ledger entry."""
        ...

    def settled(self, settled: SettledFill, entry: Entry | None) -> None:
        """Record what became of a fill, with the entry that takes a failed one out."""
        ...

    def signed(self, record: SignedRecord) -> None:
        """Record a signed order before it is sent; see the journal's own word for when it is
        durable."""
        ...

    def entry(self, *entries: Entry) -> None:
        """Record ledger entries that are not fills, all or none."""
        ...

    def audit(self, ts: int, kind: str, text: str) -> None:
        """Record who did what and why: user commands, kills, stream gaps."""
        ...


class Signer(Protocol):
    """Signs with a key that only it knows."""

    @property
    def address(self) -> str:
        """The key's account, an address with its checksum."""
        ...

    def sign(self, digest: bytes) -> bytes:
        """Sign 32 bytes; return r, s and 27 or 28: 65 bytes."""
        ...
