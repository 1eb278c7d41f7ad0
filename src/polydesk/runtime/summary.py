"""The one JSON object that a headless session prints at its end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from polydesk.domain.ledger import Totals
from polydesk.domain.units import format_micros
from polydesk.engine.account import Account
from polydesk.runtime.latency import Latency, LoopLag
from polydesk.runtime.pipeline import Pipeline


def summarise(pipeline: Pipeline, lag: LoopLag | None = None) -> dict[str, Any]:
    """Return what happened, as plain JSON values; money as decimal strings."""
    engine, decoder = pipeline.engine, pipeline.decoder
    books, leaders, account = engine.books, engine.leaders, engine.account
    return {
        "frames": pipeline.frames,
        "decode_errors": decoder.decode_errors + pipeline.control_errors,
        "unknown_kinds": sum(decoder.unknown_kinds.values()),
        "books": len(books),
        "book_changes": books.changes,
        "touch_checks": {
            "agree": books.touch_agree,
            "disagree": books.touch_disagree,
            "skipped": books.touch_skipped,
        },
        "hash_checks": {
            "match": books.hash_match,
            "mismatch": books.hash_mismatch,
            "not_applicable": books.hash_not_applicable,
        },
        "trades_seen": books.trades + decoder.trades_seen,
        "leader_trades": leaders.trades,
        "decisions": {
            "copied": leaders.copied,
            "aggregating": leaders.aggregating,
            "skipped": {str(code): n for code, n in sorted(leaders.skipped.items())},
        },
        "orders": _orders_by_state(account),
        "fills": len(account.fills),
        "ledger": ledger_json(account.totals()),
        "state_hash": pipeline.state_hash(),
        "latency_us": {
            "seen_to_decided": Latency.summary(pipeline.latency.decided_us),
            "seen_to_order": Latency.summary(pipeline.latency.ordered_us),
        },
        "loop_lag_ms": (lag or LoopLag()).summary(),
    }


def _orders_by_state(account: Account) -> dict[str, int]:
    counts = account.forgotten + Counter(order.state for order in account.orders.values())
    return {str(state): count for state, count in sorted(counts.items())}


def ledger_json(totals: Totals) -> dict[str, str]:
    """Return the account as decimal strings; equity is deposits + realised + unrealised."""
    return {
        "cash": format_micros(totals.cash),
        "positions_value": format_micros(totals.positions_value),
        "realised_pnl": format_micros(totals.realised),
        "unrealised_pnl": format_micros(totals.unrealised),
        "fees": format_micros(totals.fees),
        "equity": format_micros(totals.equity),
        "net_deposits": format_micros(totals.net_deposits),
    }
