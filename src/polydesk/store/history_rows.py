"""How history's values look as table rows, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from polydesk.domain.events import WalletTraded
from polydesk.domain.ids import ConditionId, EventId, TokenId, TradeId, Wallet
from polydesk.domain.instruments import FeeSchedule, Market, MarketVersion, Outcome, Side
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros

Packed = bytes | str


def pack(text: str) -> Packed:
    """Return a ``0x`` text as its bytes, which take half the room; any other text as it is."""
    if text.startswith("0x"):
        try:
            packed = bytes.fromhex(text[2:])
        except ValueError:
            return text
        if "0x" + packed.hex() == text:
            return packed
    return text


def unpack(packed: Packed) -> str:
    """Return the text that was packed."""
    return packed if isinstance(packed, str) else "0x" + packed.hex()


MARKET_COLUMNS = (
    "condition", "question", "slug", "market_id", "event_id", "event_slug", "event_title",
    "group_title", "category", "version", "tick", "min_size", "neg_risk", "fee_rate",
    "fee_exponent", "fee_taker_only", "end_ns", "active", "closed", "accepting", "volume",
    "volume_24h", "liquidity", "payouts", "outcomes", "words",
)  # fmt: skip


def market_row(market: Market) -> tuple[Any, ...]:
    """Return a market in the order of ``MARKET_COLUMNS``; its tokens are rows of their own."""
    fees = market.fees
    return (
        pack(market.condition_id), market.question, market.slug, market.market_id,
        market.event_id, market.event_slug, market.event_title, market.group_title,
        market.category, market.version.value, market.tick, market.min_size,
        int(market.neg_risk), fees.rate, fees.exponent, int(fees.taker_only), market.end_ns,
        int(market.active), int(market.closed), int(market.accepting_orders), market.volume,
        market.volume_24h, market.liquidity,
        None if market.payouts is None else json.dumps(market.payouts),
        json.dumps([(outcome.label, outcome.index) for outcome in market.outcomes]),
        search_words(market),
    )  # fmt: skip


def search_words(market: Market) -> str:
    """Return the text a market is found by."""
    labels = [outcome.label for outcome in market.outcomes]
    parts = (
        market.question, market.event_title, market.group_title, market.category, market.slug,
        *labels,
    )  # fmt: skip
    return " ".join(dict.fromkeys(part for part in parts if part))


def market_from(row: Sequence[Any], tokens: Sequence[str]) -> Market:
    """Return the market of a row, with its tokens in the order of the outcomes."""
    payouts, labels = row[23], json.loads(row[24])
    return Market(
        condition_id=ConditionId(unpack(row[0])),
        question=row[1],
        slug=row[2],
        market_id=row[3],
        event_id=EventId(row[4]),
        event_slug=row[5],
        event_title=row[6],
        group_title=row[7],
        category=row[8],
        version=MarketVersion(row[9]),
        tick=PriceMicros(row[10]),
        min_size=ShareMicros(row[11]),
        neg_risk=bool(row[12]),
        fees=FeeSchedule(row[13], row[14], bool(row[15])),
        end_ns=row[16],
        active=bool(row[17]),
        closed=bool(row[18]),
        accepting_orders=bool(row[19]),
        volume=UsdMicros(row[20]),
        volume_24h=UsdMicros(row[21]),
        liquidity=UsdMicros(row[22]),
        payouts=None if payouts is None else tuple(json.loads(payouts)),
        outcomes=tuple(
            Outcome(TokenId(token), label, index) for token, (label, index) in zip(tokens, labels)
        ),
    )


LEADER_TRADE_COLUMNS = (
    "trade_id", "wallet", "token", "condition", "ts", "seen_at", "is_buy", "price", "size",
    "hash", "name", "title", "outcome", "slug", "is_repair", "source",
)  # fmt: skip


def leader_trade_row(trade: WalletTraded, wallet: int, token: int) -> tuple[Any, ...]:
    """Return a followed wallet's trade in the order of ``LEADER_TRADE_COLUMNS``.

    Args:
        trade: The trade.
        wallet: Row of its wallet.
        token: Row of its token.
    """
    return (
        pack(trade.trade_id), wallet, token, pack(trade.condition_id), trade.ts_event,
        trade.ts_init, int(trade.side is Side.BUY), trade.price, trade.size,
        pack(trade.transaction_hash), trade.name, trade.title, trade.outcome, trade.slug,
        int(trade.is_repair), trade.source,
    )  # fmt: skip


def leader_trade_from(row: Sequence[Any]) -> WalletTraded:
    """Return the trade of a row whose wallet and token are already their own values."""
    return WalletTraded(
        trade_id=TradeId(unpack(row[0])),
        wallet=Wallet(unpack(row[1])),
        token_id=TokenId(row[2]),
        condition_id=ConditionId(unpack(row[3])),
        ts_event=row[4],
        ts_init=row[5],
        side=Side.BUY if row[6] else Side.SELL,
        price=PriceMicros(row[7]),
        size=ShareMicros(row[8]),
        transaction_hash=unpack(row[9]),
        name=row[10],
        title=row[11],
        outcome=row[12],
        slug=row[13],
        is_repair=bool(row[14]),
        source=row[15],
    )
