"""The two databases, as named migrations. Money columns are INTEGER in STRICT tables."""

from __future__ import annotations

from polydesk.store.migrations import Migration

_APPEND_ONLY = (
    "tokens",
    "accounts",
    "decisions",
    "orders",
    "fills",
    "entries",
    "postings",
    "audit",
)
_NUMBERED = ("decisions", "orders", "fills", "entries", "audit")
_ADDED_IN_2 = ("signatures", "settlements")


def _guards(table: str) -> tuple[str, ...]:
    """Return triggers that refuse to change or remove a row."""
    message = f"{table} is append-only"
    return tuple(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{message}'); END"
        for verb in ("UPDATE", "DELETE")
    )


def _no_replace(table: str) -> str:
    """Return a trigger against INSERT OR REPLACE, which would delete without asking."""
    return (
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"
        f" WHEN EXISTS (SELECT 1 FROM {table} WHERE n = NEW.n)"
        f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


_JOURNAL_TABLES = (
    "CREATE TABLE tokens (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE) STRICT",
    "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE decisions (
        n INTEGER PRIMARY KEY, hash BLOB NOT NULL,
        seq INTEGER NOT NULL, trade_id TEXT NOT NULL, leader TEXT NOT NULL,
        leader_name TEXT NOT NULL, token INTEGER NOT NULL REFERENCES tokens,
        side TEXT NOT NULL, leader_price INTEGER NOT NULL, leader_size INTEGER NOT NULL,
        verdict TEXT NOT NULL, skip TEXT, facts TEXT NOT NULL, traded_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL, decided_at INTEGER NOT NULL, copy_price INTEGER,
        copy_size INTEGER, client_order_id TEXT, title TEXT NOT NULL, outcome TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE orders (
        n INTEGER PRIMARY KEY, hash BLOB NOT NULL,
        client_order_id TEXT NOT NULL, token INTEGER NOT NULL REFERENCES tokens,
        side TEXT NOT NULL, price INTEGER NOT NULL, size INTEGER NOT NULL,
        time_in_force TEXT NOT NULL, origin TEXT NOT NULL, created_at INTEGER NOT NULL,
        leader TEXT, leader_trade TEXT, expires_at INTEGER, post_only INTEGER NOT NULL,
        confirmed INTEGER NOT NULL, state TEXT NOT NULL, filled INTEGER NOT NULL,
        filled_value INTEGER NOT NULL, fees INTEGER NOT NULL, venue_order_id TEXT,
        reason TEXT NOT NULL, updated_at INTEGER NOT NULL, queue_ahead INTEGER
    ) STRICT""",
    """CREATE TABLE fills (
        n INTEGER PRIMARY KEY, hash BLOB NOT NULL,
        trade_id TEXT NOT NULL, client_order_id TEXT NOT NULL,
        token INTEGER NOT NULL REFERENCES tokens, side TEXT NOT NULL, price INTEGER NOT NULL,
        size INTEGER NOT NULL, value INTEGER NOT NULL, fee INTEGER NOT NULL,
        liquidity TEXT NOT NULL, ts_event INTEGER NOT NULL, leader TEXT,
        UNIQUE (trade_id, client_order_id)
    ) STRICT""",
    """CREATE TABLE entries (
        n INTEGER PRIMARY KEY, hash BLOB NOT NULL,
        seq INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, ref TEXT NOT NULL, ts INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE postings (
        n INTEGER NOT NULL REFERENCES entries, position INTEGER NOT NULL,
        account INTEGER NOT NULL REFERENCES accounts, amount INTEGER NOT NULL,
        PRIMARY KEY (n, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE audit (
        n INTEGER PRIMARY KEY, hash BLOB NOT NULL,
        ts INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT""",
)

_JOURNAL_2 = (
    "ALTER TABLE orders ADD COLUMN cancel_asked_at INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE orders ADD COLUMN voided INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE orders ADD COLUMN matched INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE fills ADD COLUMN settlement TEXT NOT NULL DEFAULT 'CONFIRMED'",
    """CREATE TABLE signatures (
        n INTEGER PRIMARY KEY, hash BLOB NOT NULL,
        client_order_id TEXT NOT NULL UNIQUE, venue_order_id TEXT NOT NULL UNIQUE,
        salt INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL, maker_amount INTEGER NOT NULL,
        taker_amount INTEGER NOT NULL, body_sha256 TEXT NOT NULL, ts INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE settlements (
        n INTEGER PRIMARY KEY, hash BLOB NOT NULL,
        trade_id TEXT NOT NULL, client_order_id TEXT NOT NULL, settlement TEXT NOT NULL,
        ts INTEGER NOT NULL, reason TEXT NOT NULL, UNIQUE (trade_id, client_order_id)
    ) STRICT""",
)

JOURNAL = (
    Migration(
        "journal-1",
        (
            *_JOURNAL_TABLES,
            *(guard for table in _APPEND_ONLY for guard in _guards(table)),
            *(_no_replace(table) for table in _NUMBERED),
        ),
    ),
    Migration(
        "journal-2",
        (
            *_JOURNAL_2,
            *(guard for table in _ADDED_IN_2 for guard in _guards(table)),
            *(_no_replace(table) for table in _ADDED_IN_2),
        ),
    ),
)
"""``journal.db``: one row of ``orders`` per state an order was in; ``n`` counts over all tables."""

_HISTORY_TABLES = (
    """CREATE TABLE markets (
        id INTEGER PRIMARY KEY, condition ANY NOT NULL UNIQUE,
        question TEXT NOT NULL, slug TEXT NOT NULL, market_id TEXT NOT NULL,
        event_id TEXT NOT NULL, event_slug TEXT NOT NULL, event_title TEXT NOT NULL,
        group_title TEXT NOT NULL, category TEXT NOT NULL, version TEXT NOT NULL,
        tick INTEGER NOT NULL, min_size INTEGER NOT NULL, neg_risk INTEGER NOT NULL,
        fee_rate INTEGER NOT NULL, fee_exponent INTEGER NOT NULL,
        fee_taker_only INTEGER NOT NULL, end_ns INTEGER, active INTEGER NOT NULL,
        closed INTEGER NOT NULL, accepting INTEGER NOT NULL, volume INTEGER NOT NULL,
        volume_24h INTEGER NOT NULL, liquidity INTEGER NOT NULL, payouts TEXT,
        outcomes TEXT NOT NULL, words TEXT NOT NULL, resolved_at INTEGER
    ) STRICT""",
    """CREATE TABLE tokens (
        id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE,
        market INTEGER REFERENCES markets, place INTEGER
    ) STRICT""",
    "CREATE INDEX tokens_by_market ON tokens (market)",
    "CREATE TABLE wallets (id INTEGER PRIMARY KEY, wallet ANY NOT NULL UNIQUE) STRICT",
    """CREATE VIRTUAL TABLE market_search USING fts5 (
        words, content = 'markets', content_rowid = 'id',
        tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )""",
    """CREATE TRIGGER markets_search_new AFTER INSERT ON markets BEGIN
        INSERT INTO market_search (rowid, words) VALUES (NEW.id, NEW.words);
    END""",
    """CREATE TRIGGER markets_search_changed AFTER UPDATE OF words ON markets
    WHEN OLD.words IS NOT NEW.words BEGIN
        INSERT INTO market_search (market_search, rowid, words)
        VALUES ('delete', OLD.id, OLD.words);
        INSERT INTO market_search (rowid, words) VALUES (NEW.id, NEW.words);
    END""",
    """CREATE TABLE prints (
        id INTEGER PRIMARY KEY, token INTEGER NOT NULL REFERENCES tokens, ts INTEGER NOT NULL,
        price INTEGER NOT NULL, size INTEGER NOT NULL, is_buy INTEGER NOT NULL, hash ANY
    ) STRICT""",
    "CREATE INDEX prints_by_token ON prints (token, ts)",
    """CREATE TABLE leader_trades (
        id INTEGER PRIMARY KEY, trade_id ANY NOT NULL UNIQUE,
        wallet INTEGER NOT NULL REFERENCES wallets, token INTEGER NOT NULL REFERENCES tokens,
        condition ANY NOT NULL, ts INTEGER NOT NULL, seen_at INTEGER NOT NULL,
        is_buy INTEGER NOT NULL, price INTEGER NOT NULL, size INTEGER NOT NULL,
        hash ANY NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, outcome TEXT NOT NULL,
        slug TEXT NOT NULL, is_repair INTEGER NOT NULL, source TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX leader_trades_by_wallet ON leader_trades (wallet, ts)",
    """CREATE TABLE candles (
        token INTEGER NOT NULL REFERENCES tokens, interval_s INTEGER NOT NULL,
        ts INTEGER NOT NULL, open INTEGER NOT NULL, high INTEGER NOT NULL, low INTEGER NOT NULL,
        close INTEGER NOT NULL, volume INTEGER NOT NULL, PRIMARY KEY (token, interval_s, ts)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE pnl (
        ts INTEGER PRIMARY KEY, equity INTEGER NOT NULL, cash INTEGER NOT NULL,
        realised INTEGER NOT NULL, unrealised INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE leaders (
        wallet INTEGER PRIMARY KEY REFERENCES wallets, name TEXT NOT NULL, rule TEXT NOT NULL
    ) STRICT""",
)

HISTORY = (Migration("history-1", _HISTORY_TABLES),)
"""``history.db``: what was seen, with ids stored once and hashes as bytes."""
