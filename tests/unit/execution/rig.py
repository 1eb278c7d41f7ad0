"""An executor with a hand-turned clock, and the venue's words in plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from polydesk.domain import events as ev
from polydesk.domain.approval import Approved
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ClientOrderId, ConditionId, TokenId, TradeId, VenueOrderId
from polydesk.domain.instruments import FeeSchedule, Market, Outcome, Side
from polydesk.domain.intents import OrderIntent, Origin, TimeInForce
from polydesk.domain.units import PriceMicros, ShareMicros, UsdMicros
from polydesk.domain.venue import (
    CancelOutcome,
    OutcomeKind,
    PlaceOutcome,
    TradeStatus,
    VenueFill,
    VenueOrder,
    VenueOrderStatus,
)
from polydesk.execution import inputs as given
from polydesk.execution.actions import (
    Action,
    AskBalance,
    AskOpenOrders,
    AskOrder,
    AskTrades,
    Record,
    Send,
    SendCancels,
    Sign,
)
from polydesk.execution.executor import Executor
from polydesk.execution.pending import Pending
from polydesk.execution.restoring import Remembered

SECOND = 1_000_000_000
T0 = 1_780_000_000 * SECOND
YES, NO = TokenId("111"), TokenId("222")
CONDITION = ConditionId("0xc0")
SHARE = 1_000_000
O1, O2 = ClientOrderId("o1"), ClientOrderId("o2")
T = TypeVar("T")


def digest(name: str) -> VenueOrderId:
    """Return the digest the rig's signer gives an order."""
    return VenueOrderId(f"0x{name}")


def intent(name: str = "o1", **changes: object) -> OrderIntent:
    values: dict[str, object] = {
        "client_order_id": ClientOrderId(name),
        "token_id": YES,
        "side": Side.BUY,
        "price": PriceMicros(500_000),
        "size": ShareMicros(100 * SHARE),
        "time_in_force": TimeInForce.GTC,
        "origin": Origin.MANUAL,
        "created_at": T0,
    }
    return OrderIntent(**{**values, **changes})  # type: ignore[arg-type]


def venue_order(name: str, status: str = "LIVE", matched: int = 0, **changes: object) -> VenueOrder:
    """Return the venue's word about an order; sizes in whole shares."""
    values: dict[str, object] = {
        "venue_order_id": digest(name),
        "token_id": YES,
        "condition_id": CONDITION,
        "side": Side.BUY,
        "price": PriceMicros(500_000),
        "size": ShareMicros(100 * SHARE),
        "matched": ShareMicros(matched * SHARE),
        "status": VenueOrderStatus(status),
        "status_text": status,
    }
    return VenueOrder(**{**values, **changes})  # type: ignore[arg-type]


def leg(
    name: str, trade: str, shares: int, status: str = "MATCHED", *, at: int = T0, **changes: object
) -> VenueFill:
    """Return our leg of a trade."""
    values: dict[str, object] = {
        "trade_id": TradeId(trade),
        "venue_order_id": digest(name),
        "token_id": YES,
        "condition_id": CONDITION,
        "side": Side.BUY,
        "price": PriceMicros(500_000),
        "size": ShareMicros(shares * SHARE),
        "liquidity": Liquidity.MAKER,
        "status": TradeStatus(status),
        "ts_event": at,
    }
    return VenueFill(**{**values, **changes})  # type: ignore[arg-type]


class Rig:
    """An executor, its clock, all it has reported and the actions nobody took yet."""

    def __init__(
        self,
        remembered: Remembered | None = None,
        *,
        fees: FeeSchedule | None = None,
        is_looking: bool = False,
    ) -> None:
        self.now = T0
        market = Market(
            CONDITION,
            "Will it rain?",
            "rain",
            (Outcome(YES, "Yes", 0), Outcome(NO, "No", 1)),
            fees=fees or FeeSchedule(),
        )
        self.executor = Executor(market=lambda token: market if token in {YES, NO} else None)
        self.reports: list[ev.OrderReport] = []
        self.actions: list[Action] = []
        self._collect(self.executor.open(self.now, remembered))
        self.run_due()
        if not is_looking:
            self.answer_looks()

    def _collect(self, reports: Sequence[ev.OrderReport]) -> None:
        self.reports += reports
        self.actions += self.executor.take_actions()

    def run_due(self) -> None:
        self._collect(self.executor.run_due(self.now))

    def answer_looks(
        self, orders: Sequence[VenueOrder] = (), fills: Sequence[VenueFill] = ()
    ) -> None:
        """Answer the listings that are out with what the venue holds."""
        started = self.now
        for action in self.take(AskOpenOrders):
            del action
            self.tell(given.OpenOrdersListed(tuple(orders), started))
        for wanted in self.take(AskTrades):
            self.tell(given.TradesListed(tuple(fills), wanted.after_ns, started))
        for action in self.take(AskBalance):
            del action
            self.tell(given.BalanceRead(UsdMicros(0), UsdMicros(0), (), started))

    def tell(self, told: given.Input) -> None:
        self._collect(self.executor.on_input(told, self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass step by step, doing what falls due; nobody answers."""
        until = self.now + int(seconds * SECOND)
        for _ in range(10_000):
            due = self.executor.next_due()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            self._collect(self.executor.run_due(self.now))
        else:
            raise AssertionError("the executor is never done")
        self.now = until

    def take(self, kind: type[T]) -> list[T]:
        """Return the actions of one kind and forget them."""
        found = [action for action in self.actions if isinstance(action, kind)]
        self.actions = [action for action in self.actions if not isinstance(action, kind)]
        return found

    def told(self, kind: type[T]) -> list[T]:
        """Return the reports of one kind."""
        return [report for report in self.reports if isinstance(report, kind)]

    def kinds(self, name: str = "o1") -> list[str]:
        """Return the names of the reports that move one order or its money."""
        silent = (ev.OrderNoted, ev.CancelAsked)
        found = []
        for report in self.reports:
            key = getattr(report, "client_order_id", None)
            if isinstance(report, ev.OrderFilled):
                key = report.fill.client_order_id
            if key == name and not isinstance(report, silent):
                found.append(type(report).__name__)
        return found

    def pending(self, name: str = "o1") -> Pending:
        return self.executor.state.orders[ClientOrderId(name)]

    def is_live(self, name: str = "o1") -> bool:
        return ClientOrderId(name) in self.executor.state.live

    # The way of an order

    def submit(self, name: str = "o1", **changes: object) -> None:
        wanted = intent(name, created_at=self.now, **changes)
        self._collect(self.executor.submit(Approved(wanted, UsdMicros(0), None), self.now))

    def sign(self, name: str = "o1") -> None:
        self.take(Sign)
        self.tell(given.Signed(ClientOrderId(name), digest(name)))

    def record(self, name: str = "o1") -> None:
        self.take(Record)
        self.tell(given.Recorded(ClientOrderId(name)))

    def send(self, name: str = "o1", **changes: object) -> None:
        """Bring an order to the point at which its bytes leave."""
        self.submit(name, **changes)
        self.sign(name)
        self.record(name)
        assert [action.client_order_id for action in self.take(Send)] == [name]

    def placed(self, kind: str, name: str = "o1", **more: object) -> None:
        outcome = PlaceOutcome(OutcomeKind(kind), **more)  # type: ignore[arg-type]
        self.tell(given.Placed(ClientOrderId(name), outcome))

    def rest(self, name: str = "o1", **changes: object) -> None:
        """Bring an order into the venue's book."""
        self.send(name, **changes)
        self.placed("accepted", name, status="live")

    def cancel(self, name: str = "o1") -> None:
        self._collect(self.executor.cancel(ClientOrderId(name), self.now))

    def cancels(self) -> list[tuple[VenueOrderId, ...]]:
        """Return the requests to cancel that left, each as its ids."""
        return [action.venue_order_ids for action in self.take(SendCancels)]

    def canceled(self, *names: str) -> None:
        """Let the venue say yes to a cancel."""
        ids = tuple(digest(name) for name in names)
        outcome = CancelOutcome(OutcomeKind.ACCEPTED, ids)
        self.tell(given.CancelsAnswered(ids, outcome))

    def not_canceled(self, name: str, words: str, kind: str = "accepted") -> None:
        refused = ((digest(name), words),) if kind == "accepted" else ()
        outcome = CancelOutcome(OutcomeKind(kind), (), refused, "" if refused else words)
        self.tell(given.CancelsAnswered((digest(name),), outcome))

    def asked(self) -> list[VenueOrderId]:
        """Return the orders the executor asks about."""
        return [action.venue_order_id for action in self.take(AskOrder)]

    def answer(self, name: str, status: str | None, matched: int = 0, **changes: object) -> None:
        """Answer a question about an order; None for not found."""
        order = None if status is None else venue_order(name, status, matched, **changes)
        self.tell(given.OrderAnswered(digest(name), order, self.now))

    def see_order(self, name: str, status: str, matched: int = 0, **changes: object) -> None:
        self.tell(given.UserOrderSeen(venue_order(name, status, matched, **changes)))

    def see_fill(self, *args: object, **changes: object) -> None:
        self.tell(given.UserFillSeen(leg(*args, **changes)))  # type: ignore[arg-type]

    def find_nothing(self, name: str = "o1", seconds: float = 120) -> None:
        """Let the venue know nothing of an order for a while, in every look."""
        until = self.now + int(seconds * SECOND)
        while self.now < until and self.is_live(name):
            self.wait(0.5)
            for found in self.asked():
                self.answer(found.removeprefix("0x"), None)
            self.answer_looks()
