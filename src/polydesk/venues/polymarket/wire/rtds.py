"""RTDS activity frames: every platform trade with its wallet, read no further than needed.

Source: ``websockets.md`` section 5, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final

import msgspec

from polydesk.domain.events import WalletTraded
from polydesk.venues.polymarket.wire.pages import REFUSALS
from polydesk.venues.polymarket.wire.schemas import RtdsHead, RtdsPeek, RtdsTrade
from polydesk.venues.polymarket.wire.times import ms_to_ns
from polydesk.venues.polymarket.wire.trades import Once, wallet_traded

ACTIVITY_TYPES: Final = ("trades", "orders_matched")

_PEEK = msgspec.json.Decoder(RtdsPeek)
_TRADE = msgspec.json.Decoder(RtdsTrade)
_HEAD = msgspec.json.Decoder(RtdsHead)


class ActivityReader:
    """Reads activity frames; a taker's row comes twice (both types) and is taken once.

    Args:
        wallets: Lower-case addresses to read in full, looked up live; None means all.
    """

    def __init__(self, wallets: Container[str] | None) -> None:
        self.on_followed: Callable[[], None] | None = None
        """Told of a followed wallet's trade as soon as the wallet is read."""
        self._wallets = wallets
        self._events = Once()
        self._others = Once()
        self.trades_seen = 0
        """Platform trades, the taker's second copy not counted."""
        self.other_trades = 0
        """Those of wallets nobody follows."""

    def read(self, text: bytes, ts_init: int) -> WalletTraded | None:
        """Return the trade of a followed wallet, or None for any other or a repeated one.

        Raises:
            WireError: The row is malformed (also other errors of ``REFUSALS``).
        """
        peek = _PEEK.decode(text)
        wallet = peek.payload.proxy_wallet.lower()
        if self._wallets is not None and wallet not in self._wallets:
            self._count_other(peek, wallet)
            return None
        if self.on_followed is not None:
            self.on_followed()
        message = _TRADE.decode(text)
        event = wallet_traded(message.payload, ms_to_ns(message.timestamp), ts_init, source="rtds")
        if not self._events.is_new(event.trade_id):
            return None
        self.trades_seen += 1
        return event

    def is_new(self, event: WalletTraded) -> bool:
        """Return whether a trade found by REST was not delivered before."""
        return self._events.is_new(event.trade_id)

    def _count_other(self, peek: RtdsPeek, wallet: str) -> None:
        """Count a row unless it is the other type's copy of one already counted."""
        first = self._others.first_tag(peek.payload.transaction_hash + wallet, peek.type)
        if first is None or first == peek.type:
            self.trades_seen += 1
            self.other_trades += 1


def kind_of(text: bytes) -> str | None:
    """Return the kind of a frame that is no activity trade; None for activity trades."""
    try:
        head = _HEAD.decode(text)
    except REFUSALS:
        return None
    if head.topic is None:
        return f"status {head.status_code}" if head.status_code is not None else "(none)"
    if head.topic == "activity" and head.type in ACTIVITY_TYPES:
        return None
    return f"{head.topic}/{head.type}"
