"""The baselines: the same work the way it is written first, exact as ours.

pydantic models with Decimal numbers, one dict a side, sorted when the best level is wanted.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter


class PlainLevel(BaseModel):
    """A level of a full book."""

    price: Decimal
    size: Decimal


class PlainBookMessage(BaseModel):
    """A ``book``."""

    market: str
    asset_id: str
    timestamp: int
    bids: list[PlainLevel]
    asks: list[PlainLevel]


class PlainChange(BaseModel):
    """One entry of a ``price_change``."""

    asset_id: str
    price: Decimal
    size: Decimal
    side: str
    best_bid: Decimal
    best_ask: Decimal


class PlainChanges(BaseModel):
    """A ``price_change``."""

    market: str
    timestamp: int
    price_changes: list[PlainChange]


class PlainTrade(BaseModel):
    """The payload of a platform trade."""

    proxy_wallet: str = Field(alias="proxyWallet")
    side: str
    asset: str
    condition_id: str = Field(alias="conditionId")
    size: Decimal
    price: Decimal
    timestamp: int
    transaction_hash: str = Field(alias="transactionHash")
    title: str = ""
    outcome: str = ""
    slug: str = ""
    name: str = ""


class PlainActivity(BaseModel):
    """A frame of the activity stream."""

    topic: str
    type: str
    timestamp: int
    payload: PlainTrade


class PlainBook:
    """Two dicts, sorted for the best level."""

    def __init__(self) -> None:
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}

    def load(self, message: PlainBookMessage) -> None:
        """Take a full book."""
        self.bids = {level.price: level.size for level in message.bids}
        self.asks = {level.price: level.size for level in message.asks}

    def apply(self, is_bid: bool, price: Decimal, size: Decimal) -> None:
        """Set one level."""
        levels = self.bids if is_bid else self.asks
        if size:
            levels[price] = size
        else:
            levels.pop(price, None)

    def touch(self) -> tuple[Decimal | None, Decimal | None]:
        """Return best bid and ask."""
        bids, asks = sorted(self.bids, reverse=True), sorted(self.asks)
        return (bids[0] if bids else None, asks[0] if asks else None)


class PlainDesk:
    """Books by token, fed with texts."""

    def __init__(self) -> None:
        self.books: dict[str, PlainBook] = {}
        self.agree = 0

    def feed(self, text: bytes) -> None:
        """Take one text of the market channel."""
        data: dict[str, Any] = json.loads(text)
        kind = data.get("event_type")
        if kind == "price_change":
            self._change(PlainChanges.model_validate(data))
        elif kind == "book":
            message = PlainBookMessage.model_validate(data)
            self.books.setdefault(message.asset_id, PlainBook()).load(message)

    def _change(self, message: PlainChanges) -> None:
        for change in message.price_changes:
            book = self.books.get(change.asset_id)
            if book is not None:
                book.apply(change.side == "BUY", change.price, change.size)
                self.agree += book.touch() == (change.best_bid, change.best_ask)


CHANGES = TypeAdapter(PlainChanges)


class PlainOrder(BaseModel):
    """One order and where it is."""

    key: str
    size: Decimal
    state: str = "approved"
    filled: Decimal = Decimal(0)
    history: tuple[str, ...] = ()


class PlainOrders:
    """All orders, each replaced by a new one when something becomes of it."""

    def __init__(self) -> None:
        self.orders: dict[str, PlainOrder] = {}

    def submit(self, key: str, size: Decimal) -> None:
        """Take an approved order."""
        self.orders[key] = PlainOrder(key=key, size=size)

    def move(self, key: str, state: str, filled: Decimal) -> None:
        """Take what became of an order."""
        order = self.orders[key]
        self.orders[key] = order.model_copy(
            update={
                "state": state,
                "filled": order.filled + filled,
                "history": (*order.history, state),
            }
        )
