"""The write-ahead journal: from a signed order's record until it is known to be on disk."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from polydesk.bench.measure import alternate_series, p50_p99
from polydesk.bench.results import Result, Spec
from polydesk.domain.ids import ClientOrderId, VenueOrderId
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import ShareMicros, UsdMicros
from polydesk.store.journal import SqliteJournal
from polydesk.store.rows import signed_row

_COMMIT = "sqlite3 INSERT and COMMIT with FULL, no chain, blocking"
P50 = Spec("journal_signed_durable_p50", "µs", _COMMIT)
P99 = Spec("journal_signed_durable_p99", "µs", _COMMIT)
SPECS = (P50, P99)


def run(*, quick: bool) -> Iterator[Result]:
    """Measure what an order waits for before its first byte may leave."""
    rounds, count = (1, 10) if quick else (5, 200)
    ours, plain = alternate_series(
        lambda: p50_p99(asyncio.run(_journal_us(count))), lambda: p50_p99(_plain_us(count)), rounds
    )
    for spec, value, other in zip(SPECS, ours, plain, strict=True):
        yield spec.result(value, other, "hash chain and witness too; the loop stays free")


async def _journal_us(count: int) -> list[float]:
    taken = []
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SqliteJournal(Path(folder))) as journal,
    ):
        for number in range(count):
            record = _record(number)
            started = time.perf_counter_ns()
            journal.signed(record)
            await journal.durable()
            taken.append((time.perf_counter_ns() - started) / 1_000)
    return taken


def _plain_us(count: int) -> list[float]:
    taken = []
    with tempfile.TemporaryDirectory() as folder, closing(_base(Path(folder))) as base:
        for number in range(count):
            record = _record(number)
            started = time.perf_counter_ns()
            row = signed_row(record)
            base.execute(f"INSERT INTO signed VALUES ({', '.join('?' * len(row))})", row)
            base.commit()
            taken.append((time.perf_counter_ns() - started) / 1_000)
    return taken


def _base(folder: Path) -> sqlite3.Connection:
    base = sqlite3.connect(folder / "plain.db")
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    columns = ", ".join(f"c{place}" for place in range(len(signed_row(_record(0)))))
    base.execute(f"CREATE TABLE signed ({columns})")
    return base


def _record(number: int) -> SignedRecord:
    return SignedRecord(
        client_order_id=ClientOrderId(f"order-{number}"),
        venue_order_id=VenueOrderId(f"0x{number:064x}"),
        salt=number + 1,
        timestamp_ms=1_795_000_000_000 + number,
        maker_amount=UsdMicros(52_000_000),
        taker_amount=ShareMicros(100_000_000),
        body_sha256=f"{number:064x}",
        ts=number,
    )
