"""Wanted state to socket texts.

Source: ``websockets.md`` sections 2 and 5.2, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

PING: Final = "PING"
"""Text the client must send: every 10 s on the market channel, every 5 s on RTDS."""
PONG: Final = "PONG"
MARKET_PING_S: Final = 10.0
RTDS_PING_S: Final = 5.0
MAX_TOKENS_PER_SOCKET: Final = 200
"""Size of a shard. The ceiling is not documented; third parties quote about 500."""


def _text(message: object) -> str:
    return msgspec.json.encode(message).decode()


def build_market_subscription(token_ids: Iterable[str], custom: bool = True) -> str:
    """Write the first message of a market socket.

    Args:
        token_ids: Outcome ids wanted; each gets a full book at once.
        custom: Whether to receive ``best_bid_ask``, ``new_market`` and ``market_resolved``.
    """
    return _text(
        {"type": "market", "assets_ids": list(token_ids), "custom_feature_enabled": custom}
    )


def build_market_update(
    operation: Literal["subscribe", "unsubscribe"], token_ids: Iterable[str], custom: bool = True
) -> str:
    """Write a later change of a market socket's subscription."""
    return _text(
        {
            "operation": operation,
            "assets_ids": list(token_ids),
            "custom_feature_enabled": custom,
        }
    )


def build_rtds_subscription() -> str:
    """Write the subscription to all platform trades: both types, so one may fail."""
    subscriptions = [{"topic": "activity", "type": kind} for kind in ("trades", "orders_matched")]
    return _text({"action": "subscribe", "subscriptions": subscriptions})
