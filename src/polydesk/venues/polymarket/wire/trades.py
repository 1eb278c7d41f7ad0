"""Trade rows with wallets to events, and the memory that keeps each to one event.

Source: ``websockets.md`` section 5.3, ``rest-data.md`` section 5.2, 2026-11.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from polydesk.domain.events import WalletTraded
from polydesk.domain.ids import TradeId, Wallet
from polydesk.domain.instruments import Side
from polydesk.domain.text import clean
from polydesk.domain.units import PriceMicros, ShareMicros
from polydesk.errors import WireError
from polydesk.venues.polymarket.wire.ids import (
    CONDITIONS,
    TOKENS,
    parse_transaction,
    parse_wallet,
    trade_id,
)
from polydesk.venues.polymarket.wire.numbers import Memo, json_price, json_size
from polydesk.venues.polymarket.wire.schemas import CamelTradeRow, TradeRow

REMEMBERED: Final = 20_000
_SIDES: Final = {side.value: side for side in Side}
_WALLETS: Memo[Wallet] = Memo(parse_wallet, 20_000)
_NAMES: Memo[str] = Memo(lambda text: clean(text, 40), 20_000)
_OUTCOMES: Memo[str] = Memo(lambda text: clean(text, 60), 20_000)
_TITLES: Memo[str] = Memo(clean, 20_000)
"""Texts made inert once: the trades of a busy market repeat them."""


def wallet_traded(
    row: TradeRow | CamelTradeRow, ts_event: int, ts_init: int, *, source: str
) -> WalletTraded:
    """Turn a row into an event; rows of either source get the same identity.

    A row whose transaction is not known yet has no identity: taken now, it would be another
    trade when gap repair finds it with its transaction, and be copied twice.

    Raises:
        WireError: An id, price or size is malformed, or the transaction is missing.
    """
    wallet = _WALLETS[row.proxy_wallet]
    transaction = parse_transaction(row.transaction_hash)
    if not transaction:
        raise WireError("a trade without its transaction")
    token = TOKENS[row.token_id]
    size, price = json_size(row.size), json_price(row.price)
    return WalletTraded(
        trade_id=trade_id(transaction, wallet, token, row.side, size=size, price=price),
        wallet=wallet,
        name=_NAMES[row.name or row.pseudonym or ""],
        token_id=token,
        condition_id=CONDITIONS[row.condition_id],
        side=_SIDES[row.side],
        price=PriceMicros(price),
        size=ShareMicros(size),
        ts_event=ts_event,
        ts_init=ts_init,
        transaction_hash=transaction,
        title=_TITLES[row.title or ""],
        outcome=_OUTCOMES[row.outcome or ""],
        slug=_TITLES[row.slug or ""],
        is_repair=source != "rtds",
        source=source,
    )


class Once:
    """Remembers the last names it was shown."""

    __slots__ = ("_order", "_seen")

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._order: deque[str] = deque(maxlen=limit)
        self._seen: dict[str, str] = {}

    def is_new(self, name: TradeId | str) -> bool:
        """Return True the first time a name is shown."""
        return self.first_tag(name, "") is None

    def first_tag(self, name: str, tag: str) -> str | None:
        """Return the tag the name first came with, or None (and remember it) when new."""
        first = self._seen.get(name)
        if first is not None:
            return first
        if len(self._order) == self._order.maxlen:
            del self._seen[self._order[0]]
        self._order.append(name)
        self._seen[name] = tag
        return None
