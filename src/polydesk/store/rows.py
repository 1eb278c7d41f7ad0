"""How the journal's records look as table rows, and back.

The values of a row are integers, texts and None in the order of the table's columns, with the
token as text: that is also what the hash chain covers. Only the writer and the reader know
that tokens are stored once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from polydesk.domain.decisions import Decision, Verdict
from polydesk.domain.fills import Fill, Liquidity, SettledFill, Settlement
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId, VenueOrderId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.ledger import Entry
from polydesk.domain.orders import Order, OrderState
from polydesk.domain.reasons import SkipCode
from polydesk.domain.signed import SignedRecord
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A journal table: its name and columns besides ``n`` and ``hash``."""

    name: str
    columns: tuple[str, ...]
    added: tuple[tuple[str, int | str], ...] = ()
    """Columns that came later, at the end, with what they were before: (name, default)."""
    since: int = 1
    """Number of the schema that has the table."""
    added_in: int = 1
    """Number of the schema that has the added columns."""

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Names of all columns besides ``n`` and ``hash``."""
        return (*self.columns, *(name for name, _ in self.added))

    def covered(self, row: Row) -> Row:
        """Return the part of a row that the chain covers.

        Added columns at the end that hold their default are left out: a row looks the same
        whether it was written before they came or after.
        """
        end = len(row)
        for _, default in reversed(self.added):
            if row[end - 1] != default:
                break
            end -= 1
        return row[:end]

    @property
    def token_index(self) -> int | None:
        """Place of the token among the columns."""
        return self.columns.index("token") if "token" in self.columns else None

    @property
    def insert(self) -> str:
        """SQL that adds a row."""
        names = ", ".join(("n", "hash", *self.all_columns))
        marks = ", ".join("?" * (len(self.all_columns) + 2))
        return f"INSERT INTO {self.name} ({names}) VALUES ({marks})"

    def select(self, schema: int) -> str:
        """Return SQL that reads all rows of a schema's table in order, the token as text."""
        columns = ["tokens.token" if c == "token" else f"t.{c}" for c in self.columns]
        is_there = schema >= self.added_in
        columns += [f"t.{name}" if is_there else repr(default) for name, default in self.added]
        names = ", ".join(columns)
        join = "" if self.token_index is None else " LEFT JOIN tokens ON tokens.id = t.token"
        return f"SELECT t.n, t.hash, {names} FROM {self.name} AS t{join} ORDER BY t.n"


DECISIONS = Table(
    "decisions",
    (
        "seq", "trade_id", "leader", "leader_name", "token", "side", "leader_price",
        "leader_size", "verdict", "skip", "facts", "traded_at", "seen_at", "decided_at",
        "copy_price", "copy_size", "client_order_id", "title", "outcome",
    ),
)  # fmt: skip
ORDERS = Table(
    "orders",
    (
        "client_order_id", "token", "side", "price", "size", "time_in_force", "origin",
        "created_at", "leader", "leader_trade", "expires_at", "post_only", "confirmed",
        "state", "filled", "filled_value", "fees", "venue_order_id", "reason", "updated_at",
        "queue_ahead",
    ),
    added=(("cancel_asked_at", 0), ("voided", 0), ("matched", 0)),
    added_in=2,
)  # fmt: skip
FILLS = Table(
    "fills",
    (
        "trade_id", "client_order_id", "token", "side", "price", "size", "value", "fee",
        "liquidity", "ts_event", "leader",
    ),
    added=(("settlement", "CONFIRMED"),),
    added_in=2,
)  # fmt: skip
ENTRIES = Table("entries", ("seq", "kind", "ref", "ts"))
AUDIT = Table("audit", ("ts", "kind", "text"))
SIGNATURES = Table(
    "signatures",
    (
        "client_order_id", "venue_order_id", "salt", "timestamp_ms", "maker_amount",
        "taker_amount", "body_sha256", "ts",
    ),
    since=2,
)  # fmt: skip
SETTLEMENTS = Table(
    "settlements", ("trade_id", "client_order_id", "settlement", "ts", "reason"), since=2
)
TABLES = (DECISIONS, ORDERS, FILLS, ENTRIES, AUDIT, SIGNATURES, SETTLEMENTS)


def tables_of(schema: int) -> tuple[Table, ...]:
    """Return the tables that a schema has."""
    return tuple(table for table in TABLES if schema >= table.since)


def decision_row(decision: Decision) -> Row:
    """Return a decision as a row of ``decisions``."""
    skip = decision.skip
    return (
        decision.seq, decision.trade_id, decision.leader, decision.leader_name,
        decision.token_id, decision.side.value, decision.leader_price, decision.leader_size,
        decision.verdict.value, None if skip is None else skip.value,
        json.dumps(decision.facts), decision.traded_at, decision.seen_at, decision.decided_at,
        decision.copy_price, decision.copy_size, decision.client_order_id, decision.title,
        decision.outcome,
    )  # fmt: skip


def decision_from(row: Sequence[Any]) -> Decision:
    """Return the decision of a row."""
    skip, facts = row[9], json.loads(row[10])
    return Decision(
        seq=row[0],
        trade_id=TradeId(row[1]),
        leader=Wallet(row[2]),
        leader_name=row[3],
        token_id=TokenId(row[4]),
        side=Side(row[5]),
        leader_price=PriceMicros(row[6]),
        leader_size=ShareMicros(row[7]),
        verdict=Verdict(row[8]),
        skip=None if skip is None else SkipCode(skip),
        facts=tuple((name, value) for name, value in facts),
        traded_at=row[11],
        seen_at=row[12],
        decided_at=row[13],
        copy_price=row[14],
        copy_size=row[15],
        client_order_id=row[16],
        title=row[17],
        outcome=row[18],
    )


def order_row(order: Order) -> Row:
    """Return an order's present state as a row of ``orders``."""
    intent = order.intent
    return (
        intent.client_order_id, intent.token_id, intent.side.value, intent.price, intent.size,
        intent.time_in_force.value, intent.origin.value, intent.created_at, intent.leader,
        intent.leader_trade, intent.expires_at, int(intent.post_only), int(intent.confirmed),
        order.state.value, order.filled, order.filled_value, order.fees, order.venue_order_id,
        order.reason, order.updated_at, order.queue_ahead, order.cancel_asked_at, order.voided,
        order.matched,
    )  # fmt: skip


def order_from(row: Sequence[Any]) -> Order:
    """Return the order of a row."""
    return Order(
        intent=_intent_from(row),
        state=OrderState(row[13]),
        filled=ShareMicros(row[14]),
        filled_value=UsdMicros(row[15]),
        fees=UsdMicros(row[16]),
        venue_order_id=None if row[17] is None else VenueOrderId(row[17]),
        reason=row[18],
        updated_at=row[19],
        queue_ahead=row[20],
        cancel_asked_at=row[21],
        voided=ShareMicros(row[22]),
        matched=ShareMicros(row[23]),
    )


def _intent_from(row: Sequence[Any]) -> OrderIntent:
    return OrderIntent(
        client_order_id=ClientOrderId(row[0]),
        token_id=TokenId(row[1]),
        side=Side(row[2]),
        price=PriceMicros(row[3]),
        size=ShareMicros(row[4]),
        time_in_force=TimeInForce(row[5]),
        origin=Origin(row[6]),
        created_at=row[7],
        leader=row[8],
        leader_trade=row[9],
        expires_at=row[10],
        post_only=bool(row[11]),
        confirmed=bool(row[12]),
    )


def fill_row(fill: Fill) -> Row:
    """Return a fill as a row of ``fills``."""
    return (
        fill.trade_id, fill.client_order_id, fill.token_id, fill.side.value, fill.price,
        fill.size, fill.value, fill.fee, fill.liquidity.value, fill.ts_event, fill.leader,
        fill.settlement.value,
    )  # fmt: skip


def fill_from(row: Sequence[Any]) -> Fill:
    """Return the fill of a row."""
    return Fill(
        trade_id=TradeId(row[0]),
        client_order_id=ClientOrderId(row[1]),
        token_id=TokenId(row[2]),
        side=Side(row[3]),
        price=PriceMicros(row[4]),
        size=ShareMicros(row[5]),
        value=UsdMicros(row[6]),
        fee=UsdMicros(row[7]),
        liquidity=Liquidity(row[8]),
        ts_event=row[9],
        leader=row[10],
        settlement=Settlement(row[11]),
    )


def signed_row(record: SignedRecord) -> Row:
    """Return a signed order as a row of ``signatures``."""
    return (
        record.client_order_id, record.venue_order_id, record.salt, record.timestamp_ms,
        record.maker_amount, record.taker_amount, record.body_sha256, record.ts,
    )  # fmt: skip


def signed_from(row: Sequence[Any]) -> SignedRecord:
    """Return the signed order of a row."""
    return SignedRecord(ClientOrderId(row[0]), VenueOrderId(row[1]), *row[2:])


def settled_row(settled: SettledFill) -> Row:
    """Return what became of a fill as a row of ``settlements``."""
    return (
        settled.trade_id, settled.client_order_id, settled.settlement.value, settled.ts,
        settled.reason,
    )  # fmt: skip


def settled_from(row: Sequence[Any]) -> SettledFill:
    """Return what became of a fill."""
    return SettledFill(TradeId(row[0]), ClientOrderId(row[1]), Settlement(row[2]), row[3], row[4])


def entry_row(entry: Entry) -> Row:
    """Return a ledger entry as a row of ``entries``; its postings are rows of their own."""
    return (entry.seq, entry.kind, entry.ref, entry.ts)


def entry_from(row: Sequence[Any], postings: Sequence[tuple[str, int]]) -> Entry:
    """Return the entry of a row with its postings."""
    return Entry(row[0], row[1], row[2], row[3], tuple(postings))
