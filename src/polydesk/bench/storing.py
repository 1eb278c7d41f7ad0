"""The history writer: 10,000 rows a second beside the event loop, and flat out."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

from polydesk.bench.measure import alternate, p50_p99
from polydesk.bench.recorded import busiest_token
from polydesk.bench.results import Result, Spec
from polydesk.domain.events import TradePrinted
from polydesk.domain.ids import ConditionId
from polydesk.domain.instruments import Side
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.store.history import HistoryWriter

_THREADS = "executemany of 100 rows in asyncio.to_thread"
LAG = Spec("history_writer_loop_lag_p99", "ms", _THREADS, budget=2)
ROWS = Spec("history_writer_rows", "rows/s", _THREADS, higher_is_better=True, budget=10_000)
SPECS = (LAG, ROWS)

RATE, STEP_S, LAG_STEP_S, BATCH = 10_000, 0.01, 0.002, 100
_TABLE = "CREATE TABLE prints (token TEXT, ts INTEGER, price INTEGER, size INTEGER, hash BLOB)"
_INSERT = "INSERT INTO prints VALUES (?, ?, ?, ?, ?)"
Put = Callable[[list[TradePrinted]], Awaitable[None]]


def run(*, quick: bool) -> Iterator[Result]:
    """Measure writing."""
    rounds, seconds, count = (1, 0.3, 2_000) if quick else (3, 1.0, 20_000)
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        yield LAG.result(
            *alternate(
                lambda: asyncio.run(_ours(at, lambda put: _lag_p99(put, seconds))),
                lambda: asyncio.run(_plain(at, lambda put: _lag_p99(put, seconds))),
                rounds,
            ),
            f"{RATE:,} rows/s",
        )
        yield ROWS.result(
            *alternate(lambda: _rate(at, count, _ours), lambda: _rate(at, count, _plain), rounds),
            "ours stores each long id once, the baseline in every row",
        )


def prints(count: int) -> list[TradePrinted]:
    """Return made-up trades."""
    token, condition = busiest_token(), ConditionId("0x0")
    return [
        TradePrinted(
            token, condition, number, number,
            PriceMicros(500_000), ShareMicros(number + 1), Side.BUY, f"0x{number:064x}",
        )
        for number in range(count)
    ]  # fmt: skip


Use = Callable[[Put], Awaitable[float]]


async def _ours(folder: Path, use: Use) -> float:
    """Use the desk's own writer; done when every row is committed."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as own,
        closing(HistoryWriter(Path(own))) as writer,
    ):

        async def put(rows: list[TradePrinted]) -> None:
            for row in rows:
                writer.trade(row)

        value = await use(put)
        writer.flush()
        return value


async def _plain(folder: Path, use: Use) -> float:
    """Use a thread of the pool for each batch."""
    with tempfile.TemporaryDirectory(dir=folder) as own, closing(_plain_base(own)) as base:

        def write(rows: list[TradePrinted]) -> None:
            base.executemany(_INSERT, [_row(trade) for trade in rows])
            base.commit()

        async def put(rows: list[TradePrinted]) -> None:
            for first in range(0, len(rows), BATCH):
                await asyncio.to_thread(write, rows[first : first + BATCH])

        return await use(put)


def _plain_base(folder: str) -> sqlite3.Connection:
    base = sqlite3.connect(Path(folder) / "rows.db", check_same_thread=False)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=NORMAL")
    base.execute(_TABLE)
    return base


def _row(trade: TradePrinted) -> tuple[object, ...]:
    packed = bytes.fromhex(trade.transaction_hash[2:])
    return trade.token_id, trade.ts_event, trade.price, trade.size, packed


def _rate(folder: Path, count: int, way: Callable[[Path, Use], Awaitable[float]]) -> float:
    """Return rows a second from the first row until all are committed."""
    rows = prints(count)

    async def measured() -> float:
        began = time.monotonic()

        async def use(put: Put) -> float:
            nonlocal began
            began = time.monotonic()
            await put(rows)
            return 0.0

        await way(folder, use)
        return count / (time.monotonic() - began)

    return asyncio.run(measured())


async def _lag_p99(put: Put, seconds: float) -> float:
    """Return how late the loop wakes, in milliseconds, while rows are put at the rate."""
    rows = prints(int(RATE * seconds))
    lags: list[float] = []
    generator = asyncio.create_task(_generate(put, rows))
    while not generator.done():
        before = time.monotonic()
        await asyncio.sleep(LAG_STEP_S)
        lags.append((time.monotonic() - before - LAG_STEP_S) * 1_000)
    await generator
    return max(0.001, p50_p99(lags)[1])


async def _generate(put: Put, rows: list[TradePrinted]) -> None:
    began, sent = time.monotonic(), 0
    while sent < len(rows):
        due = int((time.monotonic() - began) * RATE)
        await put(rows[sent:due])
        sent = max(sent, due)
        await asyncio.sleep(STEP_S)
