from __future__ import annotations

import pytest

from polydesk.domain.approval import Approved
from polydesk.domain.book import L2Book
from polydesk.domain.events import (
    BookChanged,
    BookSnapshotReceived,
    OrderReport,
    TradePrinted,
)
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId
from polydesk.domain.instruments import FeeSchedule, Market, Outcome, Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.units import MICROS, PriceMicros, ShareMicros, UsdMicros
from polydesk.venues.paper import LatencyModel, PaperVenue

YES, NO = TokenId("111"), TokenId("222")
CONDITION = ConditionId("0xc0")
MS = 1_000_000
SECOND = 1_000 * MS


def micros(number: float) -> int:
    return round(number * MICROS)


def levels(pairs: list[tuple[float, float]]) -> list[tuple[int, int]]:
    return [(micros(price), micros(size)) for price, size in pairs]


class Rig:
    """One market, its two books, and a paper venue on a hand-turned clock."""

    def __init__(self, **venue_options: object) -> None:
        self.market = Market(
            condition_id=CONDITION,
            question="Will it rain?",
            slug="rain",
            outcomes=(Outcome(YES, "Yes", 0), Outcome(NO, "No", 1)),
            fees=FeeSchedule(rate=70_000),
        )
        self.books = {token: L2Book(token) for token in (YES, NO)}
        self.now = 1_000 * SECOND
        self.orders = 0
        self.reports: list[OrderReport] = []
        options = {"latency": LatencyModel(50 * MS, 0), **venue_options}
        self.venue = PaperVenue(
            book=self.books.get,
            market=lambda token: self.market if token in self.books else None,
            **options,  # type: ignore[arg-type]
        )

    def snapshot(
        self, bids: list[tuple[float, float]], asks: list[tuple[float, float]]
    ) -> list[OrderReport]:
        """Replace both books; the NO book mirrors the YES book."""
        self.now += MS
        yes = (levels(bids), levels(asks))
        no = tuple([(MICROS - price, size) for price, size in side] for side in reversed(yes))
        reports = []
        for token, (token_bids, token_asks) in ((YES, yes), (NO, no)):
            self.books[token].apply_snapshot(token_bids, token_asks, self.now, self.now)
            event = BookSnapshotReceived(
                token, CONDITION, self.now, self.now, token_bids, token_asks
            )
            reports += self.venue.on_event(event, self.now)
        return reports

    def change(
        self, is_bid: bool, price: float, size: float, token: TokenId = YES
    ) -> list[OrderReport]:
        self.now += MS
        level = (micros(price), micros(size))
        self.books[token].apply_change(is_bid, *level, self.now, self.now)
        row = (token, is_bid, *level, None, None, "")
        return self.venue.on_event(BookChanged(CONDITION, self.now, self.now, [row]), self.now)

    def trade(
        self,
        side: Side,
        price: float,
        size: float,
        *,
        token: TokenId = YES,
        ts_event: int | None = None,
        tx: str = "",
    ) -> list[OrderReport]:
        self.now += MS
        event = TradePrinted(
            token,
            CONDITION,
            self.now if ts_event is None else ts_event,
            self.now,
            PriceMicros(micros(price)),
            ShareMicros(micros(size)),
            side,
            tx,
        )
        return self.venue.on_event(event, self.now)

    def intent(
        self, side: Side, price: float, size: float, tif: str = "GTC", **extra: object
    ) -> OrderIntent:
        self.orders += 1
        fields = {
            "client_order_id": ClientOrderId(f"o{self.orders}"),
            "token_id": YES,
            "side": side,
            "price": PriceMicros(micros(price)),
            "size": ShareMicros(micros(size)),
            "time_in_force": TimeInForce(tif),
            "origin": Origin.MANUAL,
            "created_at": self.now,
        }
        return OrderIntent(**{**fields, **extra})  # type: ignore[arg-type]

    def send(self, intent: OrderIntent) -> list[OrderReport]:
        """Submit and let everything happen that is due within the latency."""
        self.venue.submit(Approved(intent, UsdMicros(0), None), self.now)
        return self.wait(50 * MS)

    def place(
        self, side: Side, price: float, size: float, tif: str = "GTC", **extra: object
    ) -> list[OrderReport]:
        return self.send(self.intent(side, price, size, tif, **extra))

    def cancel(self, name: str) -> list[OrderReport]:
        self.venue.cancel(ClientOrderId(name), self.now)
        return self.wait(50 * MS)

    def wait(self, duration: int) -> list[OrderReport]:
        self.now += duration
        return self.venue.run_due(self.now)


@pytest.fixture
def make_rig() -> type[Rig]:
    return Rig


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.snapshot(bids=[(0.48, 100), (0.47, 200)], asks=[(0.52, 40), (0.53, 60), (0.55, 500)])
    return rig
