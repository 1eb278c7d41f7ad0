"""The newest decisions in memory; all of them in one digest."""

from __future__ import annotations

import hashlib

from polydesk.domain.decisions import Decision

DECISIONS_KEPT = 5_000
"""At least this many of the newest stay in memory; the journal holds all."""


class DecisionLog(list[Decision]):
    """A list of the newest decisions, oldest first, that forgets and still counts all."""

    def __init__(self) -> None:
        super().__init__()
        self._digest = hashlib.sha256()
        self._uncounted: list[Decision] = []
        """Decisions that the digest lacks: counting takes longer than a trade should wait."""

    @property
    def newest(self) -> int:
        """Number of the newest decision, 0 before the first one."""
        return self[-1].seq if self else 0

    def append(self, decision: Decision) -> None:
        """Take up a decision; now and then the older half goes."""
        super().append(decision)
        self._uncounted.append(decision)
        if len(self) >= 2 * DECISIONS_KEPT:
            del self[:-DECISIONS_KEPT]

    def catch_up(self) -> None:
        """Take what is new into the digest; the engine does so from time to time."""
        for decision in self._uncounted:
            self._digest.update(repr(decision).encode("utf-8", "surrogatepass"))
        self._uncounted.clear()

    def digest(self) -> str:
        """Return the SHA-256 over every decision ever taken up, as hex."""
        self.catch_up()
        return self._digest.hexdigest()
