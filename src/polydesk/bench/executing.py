"""The executor: what one order's whole life costs, from approval to the settled fill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from polydesk.bench.live_desk import approvals
from polydesk.bench.measure import alternate, cpu_us
from polydesk.bench.plain import PlainOrders
from polydesk.bench.results import Result, Spec
from polydesk.domain.approval import Approved
from polydesk.domain.fills import Liquidity
from polydesk.domain.ids import ConditionId, TradeId, VenueOrderId
from polydesk.domain.units import decimal_from_micros
from polydesk.domain.venue import OutcomeKind, PlaceOutcome, TradeStatus, VenueFill
from polydesk.errors import InvariantError
from polydesk.execution import inputs as told
from polydesk.runtime.live_venue import LiveVenue

LIFE = Spec(
    "executor_order_life",
    "µs/order",
    "a word of state only, in a pydantic model copied at each step",
)
SPECS = (LIFE,)
STEPS = ("signed", "recorded", "sent", "accepted", "filled", "confirmed")


def run(*, quick: bool) -> Iterator[Result]:
    """Measure orders that are signed, recorded, sent, filled and settled."""
    rounds, count = (1, 20) if quick else (5, 1_000)
    approved = approvals(count)
    yield LIFE.result(*alternate(lambda: _ours(approved), lambda: _plain(approved), rounds))


def _ours(approved: Sequence[Approved]) -> float:
    venue = LiveVenue(lambda _: None)
    lives = [_life(one, number) for number, one in enumerate(approved)]
    now = max(one.intent.created_at for one in approved)

    def work() -> None:
        for one, life in zip(approved, lives, strict=True):
            venue.submit(one, now)
            for given in life:
                venue.on_input(given, now)

    taken = cpu_us(work, len(lives))
    state = venue.executor.state
    if state.live or state.unsettled or len(state.orders) != len(lives):
        raise InvariantError("an order's life has not ended")
    return taken


def _life(approved: Approved, number: int) -> tuple[told.Input, ...]:
    """Return what the rim tells of an order that is filled at once."""
    intent = approved.intent
    key, digest = intent.client_order_id, VenueOrderId(f"0x{number:064x}")
    fills = [
        VenueFill(
            trade_id=TradeId(f"trade-{number}"),
            venue_order_id=digest,
            token_id=intent.token_id,
            condition_id=ConditionId("0x0"),
            side=intent.side,
            price=intent.price,
            size=intent.size,
            liquidity=Liquidity.TAKER,
            status=status,
            ts_event=intent.created_at,
        )
        for status in (TradeStatus.MATCHED, TradeStatus.CONFIRMED)
    ]
    return (
        told.Signed(key, digest),
        told.Recorded(key),
        told.Placed(key, PlaceOutcome(OutcomeKind.ACCEPTED, digest, "matched")),
        *map(told.UserFillSeen, fills),
    )


def _plain(approved: Sequence[Approved]) -> float:
    desk = PlainOrders()
    sizes: list[tuple[str, Decimal]] = [
        (one.intent.client_order_id, decimal_from_micros(one.intent.size)) for one in approved
    ]

    def work() -> None:
        for key, size in sizes:
            desk.submit(key, size)
            for step in STEPS:
                desk.move(key, step, size if step == "filled" else Decimal(0))

    return cpu_us(work, len(sizes))
