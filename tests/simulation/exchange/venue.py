"""A small exchange on a hand-turned clock for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from polydesk.domain.events import BookSnapshotReceived, TradePrinted
from polydesk.domain.ids import ConditionId, EventId, TokenId
from polydesk.domain.instruments import FeeSchedule, Market, Outcome, Side
from polydesk.domain.intents import TimeInForce
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros
from polydesk.venues.simulation.exchange import ExchangeCore, NewOrder, Settings
from polydesk.venues.simulation.exchange.accounts import CASH
from polydesk.venues.simulation.exchange.matcher import Placement

YES, NO = TokenId("111"), TokenId("222")
CONDITION = ConditionId("0xc0")
SECOND = 1_000_000_000
START = 1_000 * SECOND
BUY, SELL = Side.BUY, Side.SELL
MARKET = Market(CONDITION, "Rain?", "rain", (Outcome(YES, "Yes", 0), Outcome(NO, "No", 1)))


def micros(number: float) -> int:
    return round(number * MICROS)


def levels(pairs: list[tuple[float, float]]) -> list[tuple[int, int]]:
    return [(micros(price), micros(size)) for price, size in pairs]


class Venue:
    """Three funded accounts and one market without fees unless asked for."""

    def __init__(self, *, fee_rate: int = 0, **settings: Any) -> None:
        self.core = ExchangeCore(Settings(**settings))
        self.now = START
        self.orders = 0
        self.core.list_market(replace(MARKET, fees=FeeSchedule(fee_rate)))
        for account in ("ann", "bob", "cid"):
            self.core.open_account(account)
            self.core.deposit(account, CASH, micros(1_000), self.now)
            for token in (YES, NO):
                self.core.deposit(account, token, micros(500), self.now)

    def order(self, side: Side, price: float, size: float, **extra: Any) -> NewOrder:
        self.orders += 1
        fields: dict[str, Any] = {
            "order_id": f"0x{self.orders:02x}",
            "token_id": YES,
            "side": side,
            "price": PriceMicros(micros(price)),
            "size": ShareMicros(micros(size)),
        }
        if "kind" in extra:
            extra["order_type"] = TimeInForce(extra.pop("kind"))
        return NewOrder(**{**fields, **extra})

    def place(self, account: str, side: Side, price: float, size: float, **extra: Any) -> Placement:
        return self.core.place(account, self.order(side, price, size, **extra), self.now)

    def refusal(self, account: str, side: Side, price: float, size: float, **extra: Any) -> str:
        placed = self.place(account, side, price, size, **extra)
        return "" if placed.refusal is None else placed.refusal.text

    def show(
        self,
        bids: list[tuple[float, float]],
        asks: list[tuple[float, float]],
        token: TokenId = YES,
    ) -> None:
        self.now += SECOND
        event = BookSnapshotReceived(
            token, CONDITION, self.now, self.now, levels(bids), levels(asks)
        )
        self.core.on_market_event(event, self.now)

    def print(self, side: Side, price: float, size: float, token: TokenId = YES) -> None:
        self.now += SECOND
        event = TradePrinted(
            token,
            CONDITION,
            self.now,
            self.now,
            PriceMicros(micros(price)),
            ShareMicros(micros(size)),
            side,
        )
        self.core.on_market_event(event, self.now)

    def wait(self, seconds: int) -> list[Any]:
        self.now += seconds * SECOND
        return self.core.advance(self.now)

    def cash(self, account: str) -> int:
        return self.core.state.accounts.balance(account, CASH)

    def held(self, account: str, token: TokenId = YES) -> int:
        return self.core.state.accounts.balance(account, token)

    def filled(self, order_id: str) -> int:
        return self.core.state.orders[order_id].filled

    def status(self, order_id: str) -> str:
        return self.core.state.orders[order_id].status


def neg_risk_market(number: int) -> Market:
    """One market of a negative-risk event."""
    outcomes = (Outcome(TokenId(f"{number}1"), "Yes", 0), Outcome(TokenId(f"{number}2"), "No", 1))
    return Market(
        ConditionId(f"0xe{number}"),
        "Who?",
        f"who-{number}",
        outcomes,
        neg_risk=True,
        event_id=EventId("e"),
    )
