"""The day's loss: what counts as today's, and that reaching the limit lasts."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import SECOND, T0, YES, market, micros, snapshot
from tests.unit.engine.test_orders import fill, place
from tests.unit.engine.test_restore import Kept, left_behind, ready_engine, reopened

from polydesk.domain import events as ev
from polydesk.domain.limits import RiskLimits
from polydesk.domain.orders import OrderState
from polydesk.domain.units import UsdMicros
from polydesk.engine.account import LOSS_LOOKS
from polydesk.engine.engine import LOSS_LATCHED, Engine

DAY = 86_400 * SECOND
NEXT_DAY = (T0 // DAY + 1) * DAY
LIMITS = RiskLimits(max_daily_loss_usd=UsdMicros(micros("40")))


class Told(Kept):
    """Keeps audit rows beside the records."""

    def __init__(self) -> None:
        super().__init__()
        self.audit: list[tuple[str, str]] = []

    def on_audit(self, ts: int, kind: str, text: str) -> None:
        self.audit.append((kind, text))


def price(engine: Engine, mid: str, at: int) -> None:
    """Move the book to a midpoint and let a second pass."""
    cents = micros(mid)
    sides = [(cents - 10_000, micros("900"))], [(cents + 10_000, micros("900"))]
    engine.process(snapshot(*sides, at=at))
    engine.process(ev.TimePassed(at + SECOND))


def holding() -> tuple[Engine, Told]:
    """Hold 200 shares bought at 0.50."""
    engine, kept = ready_engine()
    told = Told()
    told.entries = kept.entries
    engine.observer = told
    engine.limits = LIMITS
    engine.process(fill(place(engine, size="200"), "200", "100"))
    return engine, told


def may_buy(engine: Engine, ref: str) -> bool:
    return place(engine, ref=ref, price="0.05").state is not OrderState.DENIED


def test_a_loss_at_its_limit_stays_reached_until_midnight() -> None:
    engine, told = holding()
    for n in range(LOSS_LOOKS):
        price(engine, "0.30", T0 + (n + 1) * SECOND)
    price(engine, "0.50", T0 + 20 * SECOND)

    assert not may_buy(engine, "same day")
    assert [row for row in told.audit if row[0] == LOSS_LATCHED] == [
        (LOSS_LATCHED, f"{T0 // DAY} {micros('40')}")
    ]

    price(engine, "0.50", NEXT_DAY)
    assert may_buy(engine, "next day")


def test_a_book_that_is_thin_for_a_moment_does_not_end_the_day() -> None:
    engine, _ = holding()

    price(engine, "0.30", T0 + SECOND)
    assert not may_buy(engine, "thin")

    price(engine, "0.50", T0 + 3 * SECOND)
    assert may_buy(engine, "fine")


def test_a_loss_that_was_reached_survives_a_restart_on_the_same_day() -> None:
    engine, told = holding()
    earlier = replace(left_behind(engine, told), latched_loss=UsdMicros(micros("45")))

    same, other = reopened(earlier), reopened(earlier, NEXT_DAY)

    assert same.account.gate_loss() == micros("45")
    assert other.account.gate_loss() == 0


def reopened_at(engine: Engine, told: Told, at: int) -> Engine:
    later = reopened(left_behind(engine, told), at)
    later.limits = LIMITS
    later.process(ev.MarketsListed(at, [market()]))
    return later


def test_what_was_lost_on_earlier_days_is_not_lost_again_after_a_restart() -> None:
    engine, told = holding()
    price(engine, "0.20", T0 + SECOND)
    later = reopened_at(engine, told, NEXT_DAY)

    price(later, "0.20", NEXT_DAY + SECOND)

    assert later.account.totals().unrealised == -micros("60")
    assert later.account.day_loss() == 0
    assert may_buy(later, "new day")


def test_what_was_won_on_earlier_days_does_not_hide_todays_loss() -> None:
    engine, told = holding()
    later = reopened_at(engine, told, NEXT_DAY)
    price(later, "0.80", NEXT_DAY + SECOND)

    price(later, "0.55", NEXT_DAY + 3 * SECOND)

    assert later.account.day_loss() == micros("50")
    assert not may_buy(later, "new day")


def test_the_days_start_of_the_same_day_is_not_moved_by_the_first_marks() -> None:
    engine, told = holding()
    later = reopened_at(engine, told, T0 + 60 * SECOND)

    price(later, "0.40", T0 + 61 * SECOND)

    assert later.account.day_loss() == micros("20")


def test_a_restored_position_sold_before_its_first_mark_is_forgotten() -> None:
    engine, told = holding()
    later = reopened_at(engine, told, T0 + 60 * SECOND)
    assert later.account.unmarked == {YES: False}
    later.account.ledger.positions[YES].remove(later.account.ledger.position(YES).size)

    later.process(ev.TimePassed(T0 + 62 * SECOND))

    assert not later.account.unmarked
