"""Data API answers: trades, activity, positions and leaderboards.

Version 2 wraps snake-case rows; version 1 sends bare camel-case arrays and is kept for old
recordings.

Source: ``rest-data.md`` section 5, 2026-11.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from polydesk.domain.events import WalletTraded
from polydesk.domain.ids import ConditionId, TokenId, Wallet
from polydesk.domain.text import clean
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.data_schemas import (
    CamelLeaderRow,
    CamelPositionRow,
    LeaderRow,
    PositionRow,
)
from polydesk.venues.polymarket.wire.ids import CONDITIONS, TOKENS, is_combo, parse_wallet
from polydesk.venues.polymarket.wire.numbers import json_micros, json_price
from polydesk.venues.polymarket.wire.pages import REFUSALS, Page
from polydesk.venues.polymarket.wire.schemas import (
    CamelRowHead,
    CamelTradeRow,
    DataPage,
    Number,
    RowHead,
    TradeRow,
)
from polydesk.venues.polymarket.wire.times import seconds_to_ns
from polydesk.venues.polymarket.wire.trades import wallet_traded

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class WalletPosition:
    """What a wallet holds of one outcome, by the venue's books. Money in micros."""

    wallet: Wallet
    token_id: TokenId
    condition_id: ConditionId
    size: ShareMicros
    average_price: PriceMicros
    current_price: PriceMicros
    current_value: UsdMicros
    entry_cost: UsdMicros
    """Without fees."""
    realised: UsdMicros
    unrealised: UsdMicros
    title: str
    outcome: str
    status: str
    """``OPEN``, ``REDEEMABLE`` or ``CLOSED``; empty in version 1."""
    redeemable: bool


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One trader of a leaderboard. Money in micros."""

    rank: int
    """Ranks tie and skip; 0 means unranked."""
    wallet: Wallet
    name: str
    pnl: UsdMicros
    volume: ShareMicros
    """Shares in version 2, dollars in version 1."""


_PAGE = msgspec.json.Decoder(DataPage)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_HEADS = (msgspec.json.Decoder(CamelRowHead), msgspec.json.Decoder(RowHead))
_TRADES = (msgspec.json.Decoder(CamelTradeRow), msgspec.json.Decoder(TradeRow))
_POSITIONS = (msgspec.json.Decoder(CamelPositionRow), msgspec.json.Decoder(PositionRow))
_LEADERS = (msgspec.json.Decoder(CamelLeaderRow), msgspec.json.Decoder(LeaderRow))


@dataclass(slots=True)
class _Rows:
    raws: list[msgspec.Raw]
    version: int
    """0 for v1 rows, 1 for v2 rows: the index into the decoder pairs."""
    next_cursor: str | None


def read_trades(
    body: bytes, ts_init: int = 0, wallets: Container[str] | None = None
) -> Page[WalletTraded]:
    """Read trades or activity: trades of followed wallets only, combos left out.

    Args:
        body: The answer.
        ts_init: Receive time, nanoseconds UTC.
        wallets: Lower-case addresses wanted; None means all.
    """
    found = _open(body)
    page: Page[WalletTraded] = Page(next_cursor=found.next_cursor)
    for raw in found.raws:
        try:
            _add_trade(page, raw, found.version, ts_init, wallets)
        except REFUSALS:
            page.broken += 1
    return page


def _add_trade(
    page: Page[WalletTraded],
    raw: msgspec.Raw,
    version: int,
    ts_init: int,
    wallets: Container[str] | None,
) -> None:
    head: CamelRowHead | RowHead = _HEADS[version].decode(raw)
    if head.type != "TRADE":
        page.skipped[clean(head.type, 40)] += 1
    elif is_combo(head.condition_id, head.slug or "", bool(head.is_combo)):
        page.skipped["combo"] += 1
    elif wallets is not None and head.proxy_wallet.lower() not in wallets:
        page.skipped["other wallet"] += 1
    else:
        row: CamelTradeRow | TradeRow = _TRADES[version].decode(raw)
        ts_event = seconds_to_ns(row.timestamp)
        page.rows.append(wallet_traded(row, ts_event, ts_init, source="data"))


def parse_trades(body: bytes, ts_init: int = 0) -> tuple[list[WalletTraded], str | None]:
    """Read trades or activity of all wallets, with the next cursor.

    Raises:
        WireError: The body is not a list of rows.
    """
    page = read_trades(body, ts_init)
    return page.rows, page.next_cursor


def parse_positions(body: bytes) -> tuple[list[WalletPosition], str | None]:
    """Read positions, open or closed, with the next cursor; malformed rows are left out."""
    found = _open(body)
    rows: list[WalletPosition] = []
    for raw in found.raws:
        try:
            rows.append(_position(_POSITIONS[found.version].decode(raw)))
        except REFUSALS:
            continue
    return rows, found.next_cursor


def parse_leaderboard(body: bytes) -> tuple[list[LeaderboardRow], str | None]:
    """Read a leaderboard or one standing, with the next cursor; malformed rows are left out."""
    found = _open(body)
    rows: list[LeaderboardRow] = []
    for raw in found.raws:
        try:
            rows.append(_leader(_LEADERS[found.version].decode(raw)))
        except REFUSALS:
            continue
    return rows, found.next_cursor


def _open(body: bytes) -> _Rows:
    """Split an answer into rows; raise WireError when it is not a list of rows."""
    try:
        if body.lstrip()[:1] == b"[":
            return _Rows(_RAWS.decode(body), 0, None)
        page = _PAGE.decode(body)
        cursor = page.pagination.next_cursor if page.pagination else None
        data = bytes(page.data)
        if data.startswith(b"["):
            return _Rows(_RAWS.decode(data), 1, cursor)
        return _Rows([] if data == b"null" else [page.data], 1, cursor)
    except REFUSALS as error:
        raise WireError(f"not a Data API answer: {error}") from error


def _position(row: PositionRow | CamelPositionRow) -> WalletPosition:
    return WalletPosition(
        wallet=parse_wallet(row.proxy_wallet),
        token_id=TOKENS[row.token_id],
        condition_id=CONDITIONS[row.condition_id],
        size=ShareMicros(_micros(row.current_size)),
        average_price=PriceMicros(_micros(row.avg_price)),
        current_price=PriceMicros(json_price(row.current_price)),
        current_value=UsdMicros(_micros(row.current_value)),
        entry_cost=UsdMicros(_micros(row.entry_cost_usdc)),
        realised=UsdMicros(_micros(row.realized_pnl)),
        unrealised=UsdMicros(_micros(row.unrealized_pnl)),
        title=clean(row.title or ""),
        outcome=clean(row.outcome or "", 60),
        status=clean(row.status or "", 20),
        redeemable=bool(row.redeemable),
    )


def _leader(row: LeaderRow | CamelLeaderRow) -> LeaderboardRow:
    ranked = row.rank if row.rank is not None else row.rank_pnl
    return LeaderboardRow(
        rank=json_micros(ranked or 0) // 1_000_000,
        wallet=parse_wallet(row.user_id),
        name=clean(row.user_name or "", 40),
        pnl=UsdMicros(_micros(row.pnl)),
        volume=ShareMicros(_micros(row.volume)),
    )


def _micros(value: Number | None) -> int:
    return 0 if value is None else json_micros(value)
