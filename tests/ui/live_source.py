"""The desk in memory as it trades live: orders in many states, a venue, and a start to report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.ui.fake_source import MICROS, SECOND, START, FakeSource

from polydesk.domain.fills import Settlement
from polydesk.domain.ids import ClientOrderId, TokenId, TradeId
from polydesk.domain.instruments import Side
from polydesk.domain.intents import Origin
from polydesk.domain.orders import OrderState
from polydesk.domain.venue import VenueMode
from polydesk.views.models import (
    FillRow,
    HealthView,
    Mode,
    OrderDetail,
    OrderRow,
    PortfolioView,
    RecoveryRow,
    RecoveryView,
    TraceLine,
    VenueView,
)

MS = 1_000_000
WALLET = "0x1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b9f0e"
S = OrderState

CALM = VenueView(
    mode=VenueMode.NORMAL, reason="", until=0, is_ready=True, line_up=True, wallet=WALLET,
    order_budget=(38, 60), cancel_budget=(118, 120), unknown_orders=0, provisional_fills=0,
    clock_offset_ms=-12, drift=0, heartbeat="off",
)  # fmt: skip
"""A venue on a good day."""
TROUBLED = replace(
    CALM, mode=VenueMode.CANCEL_ONLY, reason="maintenance", until=START + 42 * SECOND,
    is_ready=False, line_up=False, order_budget=(0, 60), unknown_orders=1, provisional_fills=2,
    drift=-1_200_000, heartbeat="on",
)  # fmt: skip
"""A venue on a bad day."""


class LiveSource(FakeSource):
    """A fake desk that trades live."""

    def __init__(
        self,
        relabel: Callable[[str], str] = lambda text: text,
        venue: VenueView | None = CALM,
        mode: Mode = Mode.LIVE,
    ) -> None:
        self.venue = venue
        super().__init__(relabel=relabel, mode=mode)
        self.orders.clear()
        for row in self._live_orders():
            self.orders[row.client_order_id] = row
            self.details[row.client_order_id] = self._detail(row)

    # what there is

    def _row(self, number: int, state: OrderState, **changes: object) -> OrderRow:
        token = TokenId(("1001", "2001", "3001")[number % 3])
        book = self.books[token]
        venue_id = f"0x{number:02x}" + "7c" * 31 if state is not S.DENIED else ""
        row = OrderRow(
            client_order_id=ClientOrderId(f"live-{number}"), token_id=token, title=book.title,
            outcome=book.outcome, side=Side.BUY if number % 2 else Side.SELL,
            price=max(book.bids), size=50 * MICROS, filled=0, average_price=None, state=state,
            origin=Origin.MANUAL, created_at=START - (number + 1) * 40 * SECOND, queue_ahead=None,
            leader_name="", reason="", venue_order_id=venue_id,
            updated_at=START - (number + 1) * 20 * SECOND, evidence=self.relabel("sent"),
        )  # fmt: skip
        return replace(row, **changes)  # type: ignore[arg-type]

    def _live_orders(self) -> list[OrderRow]:
        says = self.relabel
        price = 612_000
        return [
            self._row(1, S.SENT),
            self._row(2, S.LIVE, queue_ahead=1_200 * MICROS, evidence=says("accepted: resting")),
            self._row(
                3, S.PARTIAL, filled=20 * MICROS, average_price=price, at_risk=20 * MICROS,
                evidence=says(f"filled: 20 @ {price}"), origin=Origin.COPY,
                leader_name=says("kestrel"),
            ),
            self._row(
                4, S.LIVE, cancel_asked_at=START - 2 * SECOND, updated_at=START - 2 * SECOND,
                evidence=says("cancel asked"),
            ),
            self._row(
                5, S.UNKNOWN, updated_at=START - 8 * SECOND,
                reason=says("the answer did not come in time"),
                evidence=says("looked up by its id: not found yet"),
            ),
            self._row(6, S.LIVE, origin=Origin.EXTERNAL, evidence=says("external: LIVE")),
            self._row(
                7, S.MATCHED, filled=50 * MICROS, average_price=price,
                evidence=says("settled: trade 0xaa"),
            ),
            self._row(8, S.REJECTED, reason=says("not enough balance / allowance")),
            self._row(9, S.DENIED, reason=says("MAX_ORDER_USD 30.00 max 25.00")),
            self._row(10, S.CANCELED, reason=says("canceled by us")),
        ]  # fmt: skip

    def _detail(self, row: OrderRow) -> OrderDetail:
        says, at = self.relabel, row.created_at
        trace = [
            TraceLine(at, "intent", says("manual")),
            TraceLine(at + 50_000, "approved", says("book proven 0.2 s ago")),
        ]
        if row.venue_order_id:
            trace += [
                TraceLine(at + 350_000, "signed", row.venue_order_id),
                TraceLine(at + 1 * MS, "sent", ""),
                TraceLine(at + 84 * MS, says("accepted"), says("resting")),
            ]
        fills: tuple[FillRow, ...] = ()
        if row.filled:
            trace.append(TraceLine(at + 2_100 * MS, "filled", says("20 @ 0.612 as maker")))
            fills = tuple(
                FillRow(at + 2_100 * MS + n, TradeId(says(f"0x{n}bcdef0123456789")), 612_000,
                        20 * MICROS, 31_200 * n, n % 2 == 0, settlement)
                for n, settlement in enumerate(Settlement)
            )  # fmt: skip
        return OrderDetail(
            row, "GTC", post_only=row.side is Side.SELL, trace=tuple(trace), fills=fills
        )

    def report(self, ready: bool = True) -> RecoveryView:
        """Return what a start found that found something of everything."""
        says = self.relabel
        unknown, filled, gone = (
            RecoveryRow(
                ClientOrderId(f"old-{n}"), self.books[token].title, self.books[token].outcome,
                Side.BUY, 612_000, 50 * MICROS, S.SENT, now, got * MICROS, says(words),
            )
            for n, (token, now, got, words) in enumerate((
                (TokenId("1001"), S.CANCELED, 0, "it is gone from the venue"),
                (TokenId("2001"), S.PARTIAL, 20, "part of it was filled, the rest is at the venue"),
                (TokenId("3001"), S.UNKNOWN, 0,
                 "nobody knows yet whether it arrived; it is being looked for and stays reserved"),
            ))
        )  # fmt: skip
        return RecoveryView(
            version=1, started_at=START - 3 * SECOND, ready_at=START - SECOND if ready else 0,
            words=says("3 orders of earlier sessions were looked up"), rows=(unknown, filled, gone),
            external=2, new_fills=3, drift=-1_200_000,
        )  # fmt: skip

    # the source

    def health(self) -> HealthView:
        return replace(
            super().health(), venue=self.venue, speed="live", progress=None,
            notice=self.relabel("Orders go to the venue and cost real money."),
        )  # fmt: skip

    def portfolio(self) -> PortfolioView:
        positions = tuple(
            replace(row, settled_size=row.size - n * 20 * MICROS, at_risk=n * 1_500_000)
            for n, row in enumerate(self.positions())
        )
        view = super().portfolio()
        total = view.realised + view.unrealised
        at_risk = sum(row.at_risk for row in positions)
        return replace(
            view, positions=positions, settled=total - at_risk, at_risk=at_risk,
            at_risk_value=12_240_000,
        )  # fmt: skip
