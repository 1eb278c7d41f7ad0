from __future__ import annotations

from tests.builders import MS, SECOND, T0, YES, levels, micros, ready_engine, snapshot
from tests.unit.engine.test_orders import fill, place

from polydesk.domain import events as ev
from polydesk.domain.ledger import Totals
from polydesk.engine.engine import Engine


def session(*, looks: bool) -> Engine:
    """Hold ten shares while the book moves and the stream is lost; a screen may look between."""
    engine = ready_engine()
    engine.process(fill(place(engine), "10", "5"))
    for n, bid in enumerate(("0.50", "0.55", "0.60", "0.40")):
        asks = levels((f"0.{int(bid[2:]) + 2}", "9"))
        engine.process(snapshot(levels((bid, "9")), asks, at=T0 + (n + 1) * 300 * MS))
        if looks:
            engine.account.totals()
    return engine


def after_the_loss(engine: Engine) -> Totals:
    engine.process(ev.StreamStatusChanged(T0 + 2 * SECOND, "market", False, "lost", (YES,)))
    return engine.account.totals()


def test_looking_at_the_account_changes_nothing() -> None:
    assert after_the_loss(session(looks=True)) == after_the_loss(session(looks=False))


def test_a_lost_book_keeps_its_last_mark() -> None:
    assert after_the_loss(session(looks=False)).positions_value == micros("4.1")


def test_a_book_that_lost_one_side_keeps_a_mark_at_most_a_second_old() -> None:
    engine = session(looks=False)

    engine.process(ev.TimePassed(T0 + 2 * SECOND))
    engine.process(snapshot(levels(("0.99", "9")), [], at=T0 + 3 * SECOND))

    assert engine.account.totals().positions_value == micros("4.1")
