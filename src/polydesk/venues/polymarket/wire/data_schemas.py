"""Typed shapes of Data API rows, in both case styles.

Source: ``rest-data.md`` sections 5.2 and 5.4 (field map of version 1), 2026-11.
"""

from __future__ import annotations

from typing import Final

import msgspec

from polydesk.venues.polymarket.wire.schemas import Number

_POSITION_V1: Final = {
    "proxy_wallet": "proxyWallet",
    "token_id": "asset",
    "condition_id": "conditionId",
    "current_size": "size",
    "avg_price": "avgPrice",
    "current_price": "curPrice",
    "current_value": "currentValue",
    "entry_cost_usdc": "initialValue",
    "realized_pnl": "realizedPnl",
    "unrealized_pnl": "cashPnl",
}
_LEADER_V1: Final = {"user_id": "proxyWallet", "user_name": "userName", "volume": "vol"}


class PositionRow(msgspec.Struct, gc=False):
    """A position of version 2."""

    proxy_wallet: str
    token_id: str
    condition_id: str
    avg_price: Number
    current_price: Number
    current_size: Number | None = None
    current_value: Number | None = None
    entry_cost_usdc: Number | None = None
    realized_pnl: Number | None = None
    unrealized_pnl: Number | None = None
    title: str | None = None
    outcome: str | None = None
    status: str | None = None
    redeemable: bool | None = None


class CamelPositionRow(msgspec.Struct, gc=False, rename=_POSITION_V1):
    """A position of version 1, open or closed (the closed ones have no size)."""

    proxy_wallet: str
    token_id: str
    condition_id: str
    avg_price: Number
    current_price: Number
    current_size: Number | None = None
    current_value: Number | None = None
    entry_cost_usdc: Number | None = None
    realized_pnl: Number | None = None
    unrealized_pnl: Number | None = None
    title: str | None = None
    outcome: str | None = None
    status: str | None = None
    redeemable: bool | None = None


class LeaderRow(msgspec.Struct, gc=False):
    """A leaderboard row, or one standing, of version 2."""

    user_id: str
    pnl: Number | None = None
    volume: Number | None = None
    rank: Number | None = None
    rank_pnl: Number | None = None
    user_name: str | None = None


class CamelLeaderRow(msgspec.Struct, gc=False, rename=_LEADER_V1):
    """A leaderboard row of version 1; its rank is a text."""

    user_id: str
    pnl: Number | None = None
    volume: Number | None = None
    rank: Number | None = None
    rank_pnl: Number | None = None
    user_name: str | None = None
