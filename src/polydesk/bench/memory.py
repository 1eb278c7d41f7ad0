"""Memory of 1,000 books of 200 levels and 5,000 leaders, each in a process of its own.

Run as ``python -m polydesk.bench.memory <ours|plain> <books>`` it prints its resident megabytes.
"""

from __future__ import annotations

import gc
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from polydesk.bench.measure import alternate
from polydesk.bench.results import Result, Spec

MEMORY = Spec("memory_1000_books_5000_leaders", "MB", "books and leaders in Decimal", budget=300)
SPECS = (MEMORY,)
BOOKS, LEVELS, LEADERS = 1_000, 200, 5_000


def run(*, quick: bool) -> Iterator[Result]:
    """Measure both ways of holding the state."""
    rounds, books = (1, 50) if quick else (2, BOOKS)
    note = f"{books} books of {LEVELS} levels, every level changed once; the whole process"
    yield MEMORY.result(
        *alternate(lambda: _child_mb("ours", books), lambda: _child_mb("plain", books), rounds),
        note,
    )


def _child_mb(kind: str, books: int) -> float:
    words = [sys.executable, "-m", "polydesk.bench.memory", kind, str(books)]
    done = subprocess.run(words, check=True, capture_output=True)
    return float(done.stdout)


def engine_state(books: int) -> Any:
    """Return an engine that holds the books and leaders."""
    from polydesk.domain.commands import CopyRule, FollowLeader
    from polydesk.domain.events import BookChanged, BookSnapshotReceived, LevelChange
    from polydesk.domain.ids import ConditionId, TokenId, Wallet
    from polydesk.domain.units import MICROS
    from polydesk.engine.engine import Engine

    engine, chance = Engine(), random.Random(1)
    for number in range(books):
        token, condition = TokenId(str(10**76 + number)), ConditionId(f"0x{number // 2:064x}")
        bids = [(2_000 * n, chance.randrange(1, 10**9)) for n in range(1, LEVELS + 1)]
        asks = [(MICROS - price, size) for price, size in bids]
        engine.process(BookSnapshotReceived(token, condition, 1, 1, bids, asks))
        changes: list[LevelChange] = [
            (token, is_bid, price, chance.randrange(1, 10**9), None, None, "")
            for is_bid, side in ((True, bids), (False, asks))
            for price, _ in side
        ]
        engine.process(BookChanged(condition, 2, 2, changes))
    for number in range(LEADERS):
        engine.copier.follow(
            FollowLeader(Wallet(f"0x{number:040x}"), f"leader {number}", CopyRule())
        )
    return engine


def plain_state(books: int) -> Any:
    """Return the same in dicts of Decimal."""
    chance = random.Random(1)
    held = {}
    for number in range(books):
        prices = [Decimal(2 * n) / 1_000 for n in range(1, LEVELS + 1)]
        held[str(10**76 + number)] = {
            "bids": {p: Decimal(chance.randrange(1, 10**9)) / 10**6 for p in prices},
            "asks": {1 - p: Decimal(chance.randrange(1, 10**9)) / 10**6 for p in prices},
            "bid_times": dict.fromkeys(prices, 2),
            "ask_times": {1 - p: 2 for p in prices},
        }
    leaders = {
        f"0x{number:040x}": {
            "name": f"leader {number}",
            "rule": {"cash": Decimal(25), "slippage": Decimal("0.02"), "age": 10_000},
            "lots": {},
            "holdings": {},
            "pending": {},
            "open": {},
        }
        for number in range(LEADERS)
    }
    return held, leaders


def resident_mb() -> float:
    """Return what this process holds, or its peak where only that is told."""
    from polydesk.runtime.desk_source import resident_megabytes

    return float(resident_megabytes() or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024)


if __name__ == "__main__":
    state = (engine_state if sys.argv[1] == "ours" else plain_state)(int(sys.argv[2]))
    gc.collect()
    sys.stdout.write(f"{resident_mb()}\n")
