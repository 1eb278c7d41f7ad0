"""Where the venue lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hosts:
    """Base addresses of the venue, without a trailing slash; tests point them at loopback.

    Source: ``rest-data.md`` section 1, ``websockets.md`` section 1 and ``trading.md`` section 1,
    2026-11.
    """

    gamma: str = "https://gamma-api.polymarket.com"
    """Catalogue and search."""
    clob: str = "https://clob.polymarket.com"
    """Books and trading."""
    data: str = "https://data-api.polymarket.com"
    """Trades, activity, positions and leaderboards."""
    market_ws: str = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    """Books and anonymous trades."""
    rtds_ws: str = "wss://ws-live-data.polymarket.com"
    """Public trades with wallets."""
    user_ws: str = "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    """Own orders and trades."""
    relayer: str = "https://relayer-v2.polymarket.com"
    """Which wallets are deployed."""
    geoblock: str = "https://polymarket.com/api/geoblock"
    """Whether orders from here are taken: the whole address, not a base."""
