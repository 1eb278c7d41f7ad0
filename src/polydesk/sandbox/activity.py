"""Public trades with wallets, as the real-time socket and the Data API write them.

Source: ``websockets.md`` section 5.3, ``rest-data.md`` section 5.2, 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

import msgspec

from polydesk.domain.ids import Wallet, wallet
from polydesk.domain.units import PriceMicros, ShareMicros, micros_from_json_number
from polydesk.errors import WireError
from polydesk.sandbox.books import Json
from polydesk.sandbox.catalogue import objects

ACTIVITY: Final = "activity"
TAKER_TYPE: Final = "orders_matched"
"""This type carries only the taker of each settlement."""
UNENRICHED_INDEX: Final = 999


@dataclass(frozen=True, slots=True)
class ActivityAudience:
    """Whom a real-time frame concerns."""

    topic: str
    kind: str


@dataclass(slots=True)
class WalletTrade:
    """One wallet's part of one settlement."""

    wallet: Wallet
    token: str
    condition: str
    side: str
    size: ShareMicros
    price: PriceMicros
    seconds: int
    """Block time, epoch seconds."""
    transaction: str
    fee: int
    """Micro-pUSD the taker paid; 0 for makers and where it was not recorded."""
    taker: bool
    """Whether the recording says that this wallet took."""
    texts: dict[str, str]
    """Display fields of the row: title, slug, name and so on."""
    outcome_index: int

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """The venue's identity of a trade: never the transaction alone."""
        return self.transaction, self.wallet, self.token, self.side, self.size, self.price


_TEXTS: Final = {
    "title": "title",
    "slug": "slug",
    "icon": "icon",
    "event_slug": "eventSlug",
    "outcome": "outcome",
    "name": "name",
    "pseudonym": "pseudonym",
    "bio": "bio",
    "profile_image": "profileImage",
    "profile_image_optimized": "profileImageOptimized",
}
"""Data API v2 name to the name used by the socket and by v1."""


class TradeLog:
    """Every trade seen, once, in the order it was seen."""

    def __init__(self) -> None:
        self.rows: list[WalletTrade] = []
        self._seen: dict[tuple[str, str, str, str, int, int], WalletTrade] = {}
        self._taken: set[str] = set()
        """Transactions whose taker is known."""
        self._by_wallet: dict[Wallet, list[WalletTrade]] = {}

    def add(self, trade: WalletTrade) -> None:
        """Take a trade; the second report of one only adds what it knows about the role."""
        if trade.taker:
            self._taken.add(trade.transaction)
        held = self._seen.get(trade.key)
        if held is not None:
            held.taker = held.taker or trade.taker
            held.fee = max(held.fee, trade.fee)
            return
        self._seen[trade.key] = trade
        self.rows.append(trade)
        self._by_wallet.setdefault(trade.wallet, []).append(trade)

    def take_answer(self, text: bytes) -> None:
        """Take a recorded answer of the trades or activity route, of either version."""
        for row in _answer_rows(text):
            if row.get("type", "TRADE") == "TRADE":
                self.add(trade_of(row, taker=False))

    def of_wallet(self, who: Wallet) -> list[WalletTrade]:
        """Return one wallet's trades, oldest first."""
        return self._by_wallet.get(who, [])

    def wallets(self) -> Iterator[tuple[Wallet, list[WalletTrade]]]:
        """Yield every wallet with its trades."""
        yield from self._by_wallet.items()

    def is_taker(self, trade: WalletTrade) -> bool:
        """Whether a row counts as the taker's: it is, or nobody else of its settlement is."""
        return trade.taker or trade.transaction not in self._taken


def decode_activity(text: bytes) -> tuple[ActivityAudience | None, WalletTrade | None]:
    """Decode a real-time frame.

    Returns:
        Whom it concerns and the trade it carries; None where it has neither.

    Raises:
        WireError: An activity frame has another form.
    """
    body = _json(text)
    if not isinstance(body, dict) or "topic" not in body:
        return None, None
    topic, kind = str(body["topic"]), str(body.get("type", ""))
    audience = ActivityAudience(intern(topic), intern(kind))
    payload = body.get("payload")
    if topic != ACTIVITY or not isinstance(payload, dict):
        return audience, None
    return audience, trade_of(payload, taker=kind == TAKER_TYPE or "fee" in payload)


def trade_of(row: Json, *, taker: bool) -> WalletTrade:
    """Read one trade row of the socket, of v1 or of v2.

    Raises:
        WireError: A field is missing or has another form.
    """
    try:
        return WalletTrade(
            wallet=Wallet(intern(wallet(str(_either(row, "proxy_wallet", "proxyWallet"))))),
            token=intern(str(_either(row, "token_id", "asset"))),
            condition=intern(str(_either(row, "condition_id", "conditionId"))),
            side=intern(str(row["side"]).upper()),
            size=ShareMicros(micros_from_json_number(row["size"])),
            price=PriceMicros(micros_from_json_number(row["price"])),
            seconds=int(row["timestamp"]),
            transaction=str(_either(row, "transaction_hash", "transactionHash")).lower(),
            fee=micros_from_json_number(row.get("fee") or 0),
            taker=taker,
            texts={ours: intern(str(_text(row, ours, wire))) for ours, wire in _TEXTS.items()},
            outcome_index=int(_either(row, "outcome_index", "outcomeIndex", UNENRICHED_INDEX)),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise WireError(f"not a trade row: {error!r}") from error


def _either(row: Json, v2: str, v1: str, default: Any = None) -> Any:
    value = row[v2] if v2 in row else row.get(v1, default)
    if value is None:
        raise KeyError(v2)
    return value


def _text(row: Json, v2: str, v1: str) -> str:
    return str(row.get(v2) or row.get(v1) or "")


def _answer_rows(text: bytes) -> list[Json]:
    body = _json(text)
    return objects(body.get("data") if isinstance(body, dict) else body)


def _json(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not JSON: {error}") from error
