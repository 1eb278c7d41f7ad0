"""Identifiers of the wire: checked once, then the same string object for ever.

Handing out one object per id keeps a book's key small and its hash computed.
"""

from __future__ import annotations

import re

from polydesk.domain.ids import ConditionId, TokenId, TradeId, Wallet
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.numbers import Memo

_TOKEN = re.compile(r"[0-9]{1,80}")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}")
COMBO_DIGITS = 64
"""Length of ``0x`` and 62 hex digits: a condition id of Protocol V2."""


def parse_token(text: str) -> TokenId:
    """Read an outcome id: decimal digits only."""
    if _TOKEN.fullmatch(text) is None:
        raise WireError(f"not a token id: {text[:40]!r}")
    return TokenId(text)


def parse_condition(text: str) -> ConditionId:
    """Read a condition id: ``0x`` and up to 64 hex digits."""
    if _HEX.fullmatch(text) is None:
        raise WireError(f"not a condition id: {text[:40]!r}")
    return ConditionId(text)


def parse_wallet(text: str) -> Wallet:
    """Read an address in any letter case; the result is lower case."""
    if _HEX.fullmatch(text) is None:
        raise WireError(f"not an address: {text[:60]!r}")
    return Wallet(text.lower())


def parse_transaction(text: str) -> str:
    """Read a transaction hash; an empty text stays empty (settlement still pending)."""
    if text and _HEX.fullmatch(text) is None:
        raise WireError(f"not a transaction hash: {text[:60]!r}")
    return text.lower()


def is_combo(condition: str, slug: str, flagged: bool) -> bool:
    """Return whether a trade row belongs to a combo, which no market route knows.

    Source: ``rest-data.md`` section 5.2: 62 hex digits, first byte 03 or an empty slug.
    """
    short = len(condition) == COMBO_DIGITS
    return flagged or (short and (condition.startswith("0x03") or not slug))


def trade_id(tx: str, wallet: str, token: str, side: str, *, size: int, price: int) -> TradeId:
    """Name one wallet's part of one settlement; the same for RTDS and Data API rows.

    A transaction carries several rows, so its hash alone names none of them. Two equal partial
    fills of one wallet in one transaction share a name: neither source tells them apart.
    """
    return TradeId(f"{tx}:{wallet}:{token[-12:]}:{side}:{size}:{price}")


TOKENS: Memo[TokenId] = Memo(parse_token, 50_000)
CONDITIONS: Memo[ConditionId] = Memo(parse_condition, 50_000)
