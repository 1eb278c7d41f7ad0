"""What the desk has seen: ``history.db``, written in batches on a thread of its own.

History is not money: when the disk is slow or full, rows wait, then are dropped and counted,
and ``problem`` says so; trading goes on.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from polydesk.domain.candles import Candle
from polydesk.domain.events import TradePrinted, WalletTraded
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.instruments import Market, Side
from polydesk.errors import StoreError
from polydesk.store import history_rows as rows
from polydesk.store.directory import prepare_directory
from polydesk.store.history_reader import HistoryReader as HistoryReader  # noqa: PLC0414 - one door
from polydesk.store.migrations import migrate
from polydesk.store.retention import KEPT_DAYS, Retention, RetentionDays
from polydesk.store.schema import HISTORY
from polydesk.store.sqlite import connect_writer
from polydesk.store.writer import BatchWriter, Item, WriterSettings

HISTORY_NAME: Final = "history.db"
CAPACITY: Final = 200_000
_IDS_KEPT = 100_000
_MARKET, _PRINT, _LEADER_TRADE, _CANDLE, _PNL, _LEADER = range(6)


class HistoryWriter:
    """Takes what is worth keeping; no call blocks or raises for trouble with the disk."""

    def __init__(self, directory: Path, *, capacity: int = CAPACITY) -> None:
        """Open the file, creating or upgrading it; raise StoreError when that fails."""
        prepare_directory(directory)
        self.path = directory / HISTORY_NAME
        connection = connect_writer(self.path, synchronous="NORMAL")
        try:
            migrate(connection, self.path, HISTORY)
        except StoreError:
            connection.close()
            raise
        self._writer = BatchWriter(
            connection, _HistorySink(), WriterSettings("history", 100, 1.0, capacity)
        )
        self.retention: Retention | None = None
        """The newest retention run, with what it has removed."""

    @property
    def problem(self) -> str | None:
        """What is wrong, in one sentence; None when all is well."""
        return self._writer.problem

    @property
    def lost(self) -> int:
        """Rows dropped since the start."""
        return self._writer.lost

    @property
    def written(self) -> int:
        """Rows written since the start."""
        return self._writer.written

    @property
    def waiting(self) -> int:
        """Rows not yet written."""
        return self._writer.waiting

    def market(self, market: Market) -> None:
        """Keep a market's newest description."""
        self._writer.put(_MARKET, market)

    def trade(self, trade: TradePrinted) -> None:
        """Keep a platform trade."""
        self._writer.put(_PRINT, trade)

    def leader_trade(self, trade: WalletTraded) -> None:
        """Keep a followed wallet's trade; the same trade id is kept once."""
        self._writer.put(_LEADER_TRADE, trade)

    def candle(self, token_id: TokenId, interval_s: int, candle: Candle) -> None:
        """Keep a bar. The same bar again completes it: first open, extremes, last close, and the
        larger volume."""
        self._writer.put(_CANDLE, (token_id, interval_s, candle))

    def pnl(self, ts: int, equity: int, cash: int, realised: int, unrealised: int) -> None:
        """Keep the account at one moment, in micro-dollars."""
        self._writer.put(_PNL, (ts, equity, cash, realised, unrealised))

    def leader(self, wallet: Wallet, name: str, rule_json: str) -> None:
        """Keep a followed wallet with its rule."""
        self._writer.put(_LEADER, (wallet, name, rule_json))

    def apply_retention(self, now_ns: int, days: RetentionDays = KEPT_DAYS) -> None:
        """Begin to remove what is too old, in pieces between other rows."""
        self.retention = Retention(now_ns, days)
        self._writer.run_job(self.retention)

    def flush(self, timeout_s: float = 30.0) -> None:
        """Wait until everything given so far is written; raise StoreError when it cannot be."""
        self._writer.flush(timeout_s)

    def close(self) -> None:
        """Write what waits and close the file; raise StoreError when something was not written."""
        self._writer.close()


_INSERTS: Final = {
    _PRINT: "INSERT INTO prints (token, ts, price, size, is_buy, hash) VALUES (?, ?, ?, ?, ?, ?)",
    _LEADER_TRADE: f"INSERT INTO leader_trades ({', '.join(rows.LEADER_TRADE_COLUMNS)})"
    f" VALUES ({', '.join('?' * len(rows.LEADER_TRADE_COLUMNS))})"
    " ON CONFLICT (trade_id) DO NOTHING",
    _CANDLE: "INSERT INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (token, interval_s, ts) DO UPDATE SET high = max(high, excluded.high),"
    " low = min(low, excluded.low), close = excluded.close,"
    " volume = max(volume, excluded.volume)",
    _PNL: "INSERT INTO pnl VALUES (?, ?, ?, ?, ?) ON CONFLICT (ts) DO UPDATE SET"
    " equity = excluded.equity, cash = excluded.cash, realised = excluded.realised,"
    " unrealised = excluded.unrealised",
    _LEADER: "INSERT INTO leaders VALUES (?, ?, ?) ON CONFLICT (wallet) DO UPDATE SET"
    " name = excluded.name, rule = excluded.rule",
}
_UPSERT_MARKET: Final = (
    f"INSERT INTO markets ({', '.join(rows.MARKET_COLUMNS)})"
    f" VALUES ({', '.join('?' * len(rows.MARKET_COLUMNS))})"
    " ON CONFLICT (condition) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in rows.MARKET_COLUMNS[1:])
    + " RETURNING id"
)
_UPSERT_TOKEN: Final = (
    "INSERT INTO tokens (token, market, place) VALUES (?, ?, ?) ON CONFLICT (token)"
    " DO UPDATE SET market = excluded.market, place = excluded.place"
)


class _HistorySink:
    """Turns values into rows, one ``executemany`` per table and batch."""

    def __init__(self) -> None:
        self._tokens: dict[str, int] = {}
        self._wallets: dict[str, int] = {}

    def write(self, connection: sqlite3.Connection, items: list[Item]) -> None:
        """Write the items inside the transaction that is open."""
        lines: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for kind, content in items:
            if kind == _MARKET:
                self._market(connection, content)
            else:
                lines[kind].append(self._row(connection, kind, content))
        for kind, batch in lines.items():
            connection.executemany(_INSERTS[kind], batch)

    def committed(self) -> None:
        """Keep the remembered ids from growing without end."""
        for known in (self._tokens, self._wallets):
            if len(known) > _IDS_KEPT:
                known.clear()

    def rolled_back(self) -> None:
        """Forget ids whose rows may be gone."""
        self._tokens.clear()
        self._wallets.clear()

    def _row(self, connection: sqlite3.Connection, kind: int, content: Any) -> tuple[Any, ...]:
        if kind == _PRINT:
            return self._print(connection, content)
        if kind == _LEADER_TRADE:
            wallet = self._wallet(connection, content.wallet)
            token = self._token(connection, content.token_id)
            return rows.leader_trade_row(content, wallet, token)
        if kind == _CANDLE:
            token_id, interval, bar = content
            token = self._token(connection, token_id)
            return token, interval, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume
        if kind == _LEADER:
            address, name, rule = content
            return self._wallet(connection, address), name, rule
        return tuple(content)

    def _print(self, connection: sqlite3.Connection, trade: TradePrinted) -> tuple[Any, ...]:
        token = self._tokens.get(trade.token_id) or self._token(connection, trade.token_id)
        is_buy = int(trade.side is Side.BUY)
        transaction = rows.pack(trade.transaction_hash) or None
        return token, trade.ts_event, trade.price, trade.size, is_buy, transaction

    @staticmethod
    def _market(connection: sqlite3.Connection, market: Market) -> None:
        (number,) = connection.execute(_UPSERT_MARKET, rows.market_row(market)).fetchone()
        tokens = [(o.token_id, number, place) for place, o in enumerate(market.outcomes)]
        connection.executemany(_UPSERT_TOKEN, tokens)

    def _token(self, connection: sqlite3.Connection, token_id: str) -> int:
        number = self._tokens.get(token_id)
        if number is None:
            number = self._tokens[token_id] = _number(connection, "tokens", "token", token_id)
        return number

    def _wallet(self, connection: sqlite3.Connection, address: str) -> int:
        number = self._wallets.get(address)
        if number is None:
            packed = rows.pack(address)
            number = self._wallets[address] = _number(connection, "wallets", "wallet", packed)
        return number


def _number(connection: sqlite3.Connection, table: str, column: str, value: bytes | str) -> int:
    """Return the row of a long id, storing it at its first use."""
    found = connection.execute(f"SELECT id FROM {table} WHERE {column} = ?", (value,)).fetchone()
    if found is None:
        found = connection.execute(
            f"INSERT INTO {table} ({column}) VALUES (?) RETURNING id", (value,)
        ).fetchone()
    return int(found[0])
