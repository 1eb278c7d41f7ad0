"""What history forgets, and when. Followed trades, markets, PnL and stored candles stay."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import Final

DAY_NS: Final = 86_400_000_000_000
CHUNK: Final = 20_000
"""Rows removed in one transaction, so that new rows never wait long."""
STORED_FROM_S: Final = 60
"""Candles of at least this interval stay for ever; finer ones count as ticks."""


@dataclass(frozen=True, slots=True)
class RetentionDays:
    """Days that rows are kept."""

    prints: int = 30
    """Platform trades."""
    resolved_prints: int = 7
    """Platform trades of a market, counted from when its resolution was first noticed."""
    ticks: int = 90
    """Candles finer than a minute."""


KEPT_DAYS: Final = RetentionDays()


class Retention:
    """One retention run, done in pieces."""

    def __init__(self, now_ns: int, days: RetentionDays = KEPT_DAYS) -> None:
        self.deleted: Counter[str] = Counter()
        """Rows removed so far, by table."""
        self.done = False
        self._now = now_ns
        self._days = days
        self._keep_from: int | None = None

    def __call__(self, connection: sqlite3.Connection) -> bool:
        """Do one piece inside an open transaction; return whether there is more."""
        if self._keep_from is None:
            self._note_resolved(connection)
            self._keep_from = self._first_kept(connection)
        removed = connection.execute(
            "DELETE FROM prints WHERE id IN"
            " (SELECT id FROM prints WHERE id < ? ORDER BY id LIMIT ?)",
            (self._keep_from, CHUNK),
        ).rowcount
        self.deleted["prints"] += removed
        if removed == CHUNK:
            return True
        self._drop_resolved(connection)
        self._drop_ticks(connection)
        self.done = True
        return False

    def _note_resolved(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE markets SET resolved_at = ? WHERE payouts IS NOT NULL AND resolved_at IS NULL",
            (self._now,),
        )

    def _first_kept(self, connection: sqlite3.Connection) -> int:
        """Return the first print to keep: rows come in about the order of time, so everything
        before the first young one goes and no index on time is needed."""
        cutoff = self._now - self._days.prints * DAY_NS
        young = connection.execute(
            "SELECT id FROM prints WHERE ts >= ? ORDER BY id LIMIT 1", (cutoff,)
        ).fetchone()
        if young is not None:
            return int(young[0])
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM prints").fetchone()
        return int(last) + 1

    def _drop_resolved(self, connection: sqlite3.Connection) -> None:
        cutoff = self._now - self._days.resolved_prints * DAY_NS
        self.deleted["prints"] += connection.execute(
            "DELETE FROM prints WHERE token IN (SELECT tokens.id FROM tokens"
            " JOIN markets ON markets.id = tokens.market WHERE markets.resolved_at <= ?)",
            (cutoff,),
        ).rowcount

    def _drop_ticks(self, connection: sqlite3.Connection) -> None:
        cutoff = self._now - self._days.ticks * DAY_NS
        self.deleted["candles"] += connection.execute(
            "DELETE FROM candles WHERE interval_s < ? AND ts < ?", (STORED_FROM_S, cutoff)
        ).rowcount
