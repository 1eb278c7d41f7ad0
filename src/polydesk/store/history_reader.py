"""Ask history, over a read-only connection of its own."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final, NamedTuple

from polydesk.domain.candles import Candle
from polydesk.domain.events import WalletTraded
from polydesk.domain.ids import TokenId, Wallet
from polydesk.domain.instruments import Market
from polydesk.domain.text import clean
from polydesk.errors import StoreError
from polydesk.store import history_rows as rows
from polydesk.store.migrations import applied, check_known
from polydesk.store.schema import HISTORY
from polydesk.store.sqlite import connect_reader

_TABLES: Final = (
    "markets", "tokens", "wallets", "prints", "leader_trades", "candles", "pnl", "leaders",
)  # fmt: skip
_MARKETS: Final = f"SELECT {', '.join('m.' + name for name in rows.MARKET_COLUMNS)}, m.id"
_BEST_FIRST: Final = "ORDER BY m.closed, m.volume_24h DESC, m.id LIMIT ?"
_LEADER_TRADE: Final = ", ".join(
    {"wallet": "w.wallet", "token": "k.token"}.get(name, f"t.{name}")
    for name in rows.LEADER_TRADE_COLUMNS
)


class PnlPoint(NamedTuple):
    """The account at one moment, in micro-dollars."""

    ts: int
    equity: int
    cash: int
    realised: int
    unrealised: int


class StoredLeader(NamedTuple):
    """A followed wallet with its rule."""

    wallet: Wallet
    name: str
    rule_json: str


class HistoryReader:
    """Reads ``history.db`` while the writer goes on. Use it from one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open an existing file; raise StoreError when it is missing, foreign or newer."""
        self.path = path
        self._connection = connect_reader(path)
        try:
            check_known(path, applied(self._connection), HISTORY)
        except StoreError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def candles(self, token_id: TokenId, interval_s: int, limit: int) -> tuple[Candle, ...]:
        """Return the newest bars of a token, oldest first."""
        found = self._all(
            "SELECT c.ts, c.open, c.high, c.low, c.close, c.volume FROM candles AS c"
            " JOIN tokens AS k ON k.id = c.token WHERE k.token = ? AND c.interval_s = ?"
            " ORDER BY c.ts DESC LIMIT ?",
            (_storable(token_id), interval_s, max(0, limit)),
        )
        return tuple(Candle(*row) for row in reversed(found))

    def search_markets(self, text: str, limit: int) -> tuple[Market, ...]:
        """Return markets in which every word of ``text`` begins some word; open and busy first.

        Any text is allowed; one without letters or digits finds all markets.
        """
        query = match_query(text)
        if query:
            found = self._all(
                f"{_MARKETS} FROM market_search AS s JOIN markets AS m ON m.id = s.rowid"
                f" WHERE s.words MATCH ? {_BEST_FIRST}",
                (query, max(0, limit)),
            )
        else:
            found = self._all(f"{_MARKETS} FROM markets AS m {_BEST_FIRST}", (max(0, limit),))
        return tuple(self._market(row) for row in found)

    def _market(self, row: tuple[Any, ...]) -> Market:
        tokens = self._all("SELECT token FROM tokens WHERE market = ? ORDER BY place", (row[-1],))
        return rows.market_from(row, [token for (token,) in tokens])

    def leader_trades(self, wallet: Wallet | None, limit: int) -> tuple[WalletTraded, ...]:
        """Return the newest trades of a followed wallet (None: of all), newest first."""
        where, values = ("", ()) if wallet is None else ("WHERE w.wallet = ?", (_packed(wallet),))
        found = self._all(
            f"SELECT {_LEADER_TRADE} FROM leader_trades AS t JOIN wallets AS w ON w.id = t.wallet"
            f" JOIN tokens AS k ON k.id = t.token {where} ORDER BY t.ts DESC, t.id DESC LIMIT ?",
            (*values, max(0, limit)),
        )
        return tuple(rows.leader_trade_from(row) for row in found)

    def pnl(self, limit: int) -> tuple[PnlPoint, ...]:
        """Return the newest snapshots of the account, oldest first."""
        found = self._all("SELECT * FROM pnl ORDER BY ts DESC LIMIT ?", (max(0, limit),))
        return tuple(PnlPoint(*row) for row in reversed(found))

    def leaders(self) -> tuple[StoredLeader, ...]:
        """Return the followed wallets in the order they were first seen."""
        found = self._all(
            "SELECT w.wallet, l.name, l.rule FROM leaders AS l"
            " JOIN wallets AS w ON w.id = l.wallet ORDER BY l.wallet",
            (),
        )
        return tuple(
            StoredLeader(Wallet(rows.unpack(packed)), name, rule) for packed, name, rule in found
        )

    def counts(self) -> dict[str, int]:
        """Return the number of rows by table."""
        return {
            table: int(self._all(f"SELECT count(*) FROM {table}", ())[0][0]) for table in _TABLES
        }

    def _all(self, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error


def _storable(text: str) -> str:
    """Return a text SQLite can be asked for: lone surrogates are never stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _packed(wallet: Wallet) -> bytes | str:
    packed = rows.pack(wallet)
    return _storable(packed) if isinstance(packed, str) else packed


def match_query(text: str) -> str:
    """Turn a person's text into an FTS5 query: every word quoted and taken as a beginning."""
    words = clean(text).replace('"', " ").split()
    return " ".join(f'"{word}"*' for word in words if any(map(str.isalnum, word)))
